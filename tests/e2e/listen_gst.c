/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plays the channel with GStreamer's own elements, keys from the key log (docs/lab.md), into a WAV
 * file, until standard input ends. It has no code of PTTKey.
 *
 *   udpsrc ! srtpdec ! rtpjitterbuffer ! depayloader ! decoder ! wavenc ! filesink
 *
 * srtpdec asks for the keys of each new SSRC (signal request-key) and gets all known keys, each
 * with its MKI. When the key log grows in the middle of a burst, the action remove-key makes
 * srtpdec ask again.
 * usage: listen_gst GROUP INTERFACE PORT AMR|PCMU KEY-LOG WAV
 */
#include <gio/gio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct listener {
	const char *key_log;
	GstElement *pipeline, *srtpdec;
	GMainLoop *loop;
	guint32 ssrc;
	off_t size; /* size of the key log when srtpdec last got its keys */
	int keys, failed;
};

static GstBuffer *unhex(const char *a, const char *b)
{
	gsize len = (strlen(a) + strlen(b)) / 2;
	guint8 *bytes = g_malloc(len + 1);
	char *hex = g_strconcat(a, b, NULL);

	for (gsize i = 0; i < len; i++)
		sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
	g_free(hex);
	return gst_buffer_new_wrapped(bytes, len);
}

static void field(GstCaps *caps, const char *name, int n, GstBuffer *value)
{
	char *numbered = n < 2 ? g_strdup(name) : g_strdup_printf("%s%d", name, n);

	gst_caps_set_simple(caps, numbered, GST_TYPE_BUFFER, value, NULL);
	gst_buffer_unref(value);
	g_free(numbered);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* One caps object for all keys of a stream. */
static void suite_set(GstCaps *caps, const char *suite)
{
	int cm = strcmp(suite, "AES_CM_128_HMAC_SHA1_80") == 0;
	const char *auth = cm ? "hmac-sha1-80" : "null";
	const char *cipher = cm                                       ? "aes-128-icm"
			     : strcmp(suite, "AEAD_AES_256_GCM") == 0 ? "aes-256-gcm"
								      : "aes-128-gcm";

	gst_caps_set_simple(caps, "srtp-auth", G_TYPE_STRING, auth, "srtcp-auth", G_TYPE_STRING,
		auth, "srtp-cipher", G_TYPE_STRING, cipher, "srtcp-cipher", G_TYPE_STRING, cipher,
		NULL);
}

/* All keys of the log: "MTK <MKI> <suite> <key> <salt> <time> <group>". */
static GstCaps *on_request_key(GstElement *dec, guint ssrc, gpointer ctx)
{
	struct listener *self = ctx;
	GstCaps *caps = gst_caps_new_simple("application/x-srtp", "ssrc", G_TYPE_UINT, ssrc, NULL);
	char line[1024], mki[13], suite[32], key[65], salt[29];
	FILE *log = fopen(self->key_log, "r");

	(void)dec;
	self->size = size_of(self->key_log);
	self->ssrc = ssrc;
	self->keys = 0;
	while (log && fgets(line, sizeof(line), log)) {
		if (sscanf(line, "MTK %12s %31s %64s %28s", mki, suite, key, salt) != 4)
			continue;
		self->keys++;
		suite_set(caps, suite);
		field(caps, "srtp-key", self->keys, unhex(key, salt));
		field(caps, "mki", self->keys, unhex(mki, ""));
	}
	if (log)
		fclose(log);
	return caps;
}

static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer ctx)
{
	struct listener *self = ctx;

	(void)pad;
	(void)info;
	if (self->keys > 0 && size_of(self->key_log) != self->size)
		g_signal_emit_by_name(self->srtpdec, "remove-key", self->ssrc);
	return GST_PAD_PROBE_OK;
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer ctx)
{
	struct listener *self = ctx;

	(void)bus;
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
		GError *error = NULL;

		gst_message_parse_error(message, &error, NULL);
		fprintf(stderr, "%s: %s\n", GST_OBJECT_NAME(message->src), error->message);
		g_error_free(error);
		self->failed = 1;
	}
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR ||
		GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
		g_main_loop_quit(self->loop);
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_STATE_CHANGED &&
		message->src == GST_OBJECT(self->pipeline) &&
		self->pipeline->current_state >= GST_STATE_PAUSED && !self->size) {
		self->size = 1;
		puts("{\"event\":\"ready\"}");
		fflush(stdout);
	}
	return TRUE;
}

/* At the end of input the pipeline drains into the file; wavenc writes the header last. */
static gboolean on_input(GIOChannel *in, GIOCondition what, gpointer ctx)
{
	(void)in;
	(void)what;
	gst_element_send_event(((struct listener *)ctx)->pipeline, gst_event_new_eos());
	return FALSE;
}

static char *describe(char **argv)
{
	int amr = strcmp(argv[4], "AMR") == 0;

	return g_strdup_printf(
		"udpsrc address=%s multicast-iface=%s port=%s buffer-size=1048576 name=in "
		"caps=\"application/x-srtp,media=audio,clock-rate=8000,"
		"encoding-name=%s,payload=%d%s\" "
		"! srtpdec name=dec ! rtpjitterbuffer latency=100 ! %s ! audioconvert "
		"! audio/x-raw,format=S16LE,rate=8000,channels=1 ! wavenc ! filesink location=%s",
		argv[1], argv[2], argv[3], argv[4], amr ? 97 : 0,
		amr ? ",octet-align=(string)1,encoding-params=(string)1" : "",
		amr ? "rtpamrdepay ! amrnbdec" : "rtppcmudepay ! mulawdec", argv[6]);
}

int main(int argc, char **argv)
{
	struct listener self = {.loop = g_main_loop_new(NULL, FALSE)};
	GIOChannel *in = g_io_channel_unix_new(0);
	GError *error = NULL;
	GstBus *bus;
	GstPad *pad;
	char *text;

	gst_init(&argc, &argv);
	if (argc != 7)
		return 2;
	self.key_log = argv[5];
	text = describe(argv);
	self.pipeline = gst_parse_launch(text, &error);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	self.srtpdec = gst_bin_get_by_name(GST_BIN(self.pipeline), "dec");
	g_signal_connect(self.srtpdec, "request-key", G_CALLBACK(on_request_key), &self);
	pad = gst_element_get_static_pad(self.srtpdec, "rtp_sink");
	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, &self, NULL);
	bus = gst_element_get_bus(self.pipeline);
	gst_bus_add_watch(bus, on_message, &self);
	g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_input, &self);
	gst_element_set_state(self.pipeline, GST_STATE_PLAYING);
	g_main_loop_run(self.loop);
	gst_element_set_state(self.pipeline, GST_STATE_NULL);
	gst_bus_remove_watch(bus);
	gst_object_unref(bus);
	gst_object_unref(pad);
	gst_object_unref(self.srtpdec);
	gst_object_unref(self.pipeline);
	g_main_loop_unref(self.loop);
	g_io_channel_unref(in);
	g_free(text);
	gst_deinit();
	return self.failed;
}
