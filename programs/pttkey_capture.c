/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "module/lab/capture_open.h"
#include "module/lab/pcapng.h"
#include "module/config/config.h"
#include "module/lab/key_log.h"
#include "programs/pttkey_args.h"

#define FILTER_SIZE 8192

static const char capture_help[] =
	"usage: pttkey lab capture --config FILE --out FILE [--interface IF] [--for SECONDS]\n"
	"Captures the server's SIP, Ub, channels and unicast media with dumpcap (wireshark-common), as pcapng, until it\n"
	"is interrupted or the time has passed. The key log (lab.key_log) stands beside it then, as FILE.keys.\n"
	"  --interface  default: any\n";
static const char decrypt_help[] =
	"usage: pttkey lab decrypt --in FILE --keys FILE --out FILE [--json]\n"
	"Copies a pcapng capture; SRTP and SRTCP under a key of the key log become RTP and RTCP, all else stays as it is.\n"
	"Exit status 1 if no packet could be opened.\n";

extern char **environ;

static int complain(const char *command, int status, const char *what, const char *detail)
{
	fprintf(stderr, "pttkey lab %s: %s%s%s\n", command, what, *detail ? ": " : "", detail);
	return status;
}

/* --- capture --- */

static void add(char *filter, const char *format, const char *text, unsigned a, unsigned b)
{
	size_t len = strlen(filter);

	if (len > 0)
		len += (size_t)snprintf(filter + len, FILTER_SIZE - len, " or ");
	if (len < FILTER_SIZE && text)
		snprintf(filter + len, FILTER_SIZE - len, format, text);
	else if (len < FILTER_SIZE)
		snprintf(filter + len, FILTER_SIZE - len, format, a, b);
}

/* The port of "sip:host:port;..." or "host:port"; 0: none is said. */
static unsigned port_in(const char *text, unsigned otherwise)
{
	const char *end = text + strcspn(text, ";"), *colon = end;
	unsigned port;

	while (colon > text && colon[-1] >= '0' && colon[-1] <= '9')
		colon--;
	if (colon > text + 4 && colon[-1] == ':' && sscanf(colon, "%5u", &port) == 1)
		return port;
	return otherwise;
}

static bool filter_make(char filter[FILTER_SIZE], const struct ptt_config *config)
{
	filter[0] = '\0';
	for (size_t i = 0; i < config->listen_count; i++)
		add(filter, "port %u", NULL,
			port_in(config->listen[i], strstr(config->listen[i], "tls") ? 5061 : 5060),
			0);
	if (config->bsf.listen)
		add(filter, "tcp port %u", NULL, port_in(config->bsf.listen, 8080), 0);
	add(filter, "udp portrange %u-%u", NULL, config->media.port_min, config->media.port_max);
	for (size_t i = 0; i < config->group_count; i++)
		add(filter, "host %s", config->groups[i].channel.address, 0, 0);
	return strlen(filter) < FILTER_SIZE - 1;
}

/* In a group of its own, so that an interrupt from the keyboard comes to us alone. */
static int spawn(pid_t *pid, char *const argv[])
{
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&attr, &none);
	err = posix_spawnp(pid, argv[0], NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return err;
}

/* dumpcap drops what the kernel has not handed over yet, which it does every 250 ms: first that. */
static void end_well(pid_t pid)
{
	struct timespec lag = {.tv_nsec = 600000000};
	sigset_t ended;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	if (sigtimedwait(&ended, NULL, &lag) < 0)
		kill(pid, SIGINT);
}

static int run_dumpcap(char *const argv[])
{
	sigset_t set;
	pid_t pid;
	int status, err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	err = spawn(&pid, argv);
	if (err != 0)
		return complain("capture", 1, "dumpcap (Debian: wireshark-common)", strerror(err));
	if (sigwaitinfo(&set, NULL) != SIGCHLD)
		end_well(pid);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return complain("capture", 1, "dumpcap failed", "");
	return 0;
}

static int keys_copy(const char *from, const char *capture)
{
	char to[4200], line[PTT_KEY_LOG_LINE_MAX];
	FILE *in = fopen(from, "re"), *out = NULL;
	int fd;

	if (!in)
		return complain("capture", 1, from, strerror(errno));
	snprintf(to, sizeof(to), "%s.keys", capture);
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && fchmod(fd, 0600) == 0)
		out = fdopen(fd, "w");
	while (out && fgets(line, sizeof(line), in))
		fputs(line, out);
	ptt_wipe(line, sizeof(line));
	fclose(in);
	if (!out || fclose(out) != 0)
		return complain("capture", 1, to, strerror(errno));
	return 0;
}

static int capture(
	const struct ptt_config *config, const char *out, const char *interface, unsigned for_s)
{
	static char filter[FILTER_SIZE];
	char duration[32];
	char *argv[] = {"dumpcap", "-q", "-i", (char *)(uintptr_t)interface, "-f", filter, "-w",
		(char *)(uintptr_t)out, for_s ? "-a" : NULL, duration, NULL};
	int status;

	if (!config->lab.key_log)
		return complain("capture", PTT_EXIT_USAGE, config->file,
			"no lab.key_log: without the keys a capture says little; see docs/lab.md");
	if (!filter_make(filter, config))
		return complain(
			"capture", PTT_EXIT_USAGE, config->file, "too many groups for one filter");
	snprintf(duration, sizeof(duration), "duration:%u", for_s);
	status = run_dumpcap(argv);
	return status == 0 ? keys_copy(config->lab.key_log, out) : status;
}

int ptt_cmd_lab_capture(int argc, char **argv)
{
	struct ptt_bytes file, out, interface = ptt_bytes_of_str("any");
	uint32_t for_s = 0;
	struct ptt_arg args[] = {
		{"config", PTT_ARG_TEXT, true, 4096, &file, false},
		{"out", PTT_ARG_TEXT, true, 4096, &out, false},
		{"interface", PTT_ARG_TEXT, false, 64, &interface, false},
		{"for", PTT_ARG_NUMBER, false, 1000000, &for_s, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	struct ptt_config *config;
	char text[512];
	int status = ptt_args_read(args, NULL, argc, argv);

	if (status != 0)
		return status < 0 ? fputs(capture_help, stdout) < 0 : status;
	if (ptt_config_load(&config, (const char *)file.data, text, sizeof(text)) != PTT_OK)
		return complain("capture", PTT_EXIT_USAGE, text, "");
	status = capture(config, (const char *)out.data, (const char *)interface.data, for_s);
	ptt_config_free(config);
	return status;
}

/* --- decrypt --- */

static int keys_read(struct ptt_capture_open *open, const char *path, unsigned *count)
{
	PTT_SECRET(struct ptt_key_log_entry, entry);
	char line[PTT_KEY_LOG_LINE_MAX];
	FILE *in = fopen(path, "re");
	enum ptt_err err = PTT_OK;
	unsigned number = 0;

	if (!in)
		return complain("decrypt", 1, path, strerror(errno));
	while (err == PTT_OK && fgets(line, sizeof(line), in)) {
		number++;
		err = ptt_key_log_get(&entry, line);
		if (err == PTT_OK)
			err = ptt_capture_open_add(open, entry.mki, &entry.mtk);
		else if (err == PTT_ERR_NO_KEY) {
			err = PTT_OK;
			continue;
		}
		*count += err == PTT_OK;
	}
	fclose(in);
	ptt_wipe(line, sizeof(line));
	if (err == PTT_OK)
		return 0;
	fprintf(stderr, "pttkey lab decrypt: %s:%u: %s\n", path, number, ptt_err_str(err));
	return 1;
}

static bool open_datagram(void *ctx, uint8_t *payload, size_t *len)
{
	return ptt_capture_open_packet(ctx, payload, len);
}

/* What is said stands in it: mode 0600 if it is new. Never the capture
 * itself, which would be gone. */
static FILE *opened_make(FILE *in, const char *path)
{
	struct stat from, to;
	int fd;

	if (fstat(fileno(in), &from) == 0 && stat(path, &to) == 0 && from.st_dev == to.st_dev &&
		from.st_ino == to.st_ino) {
		errno = EEXIST;
		return NULL;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int decrypt(struct ptt_capture_open *open, const char *in_path, const char *out_path,
	struct ptt_pcapng_counts *counts)
{
	FILE *in = fopen(in_path, "re"), *out = in ? opened_make(in, out_path) : NULL;
	enum ptt_err err;

	if (!in || !out) {
		int status = complain("decrypt", 1, in ? out_path : in_path,
			in && errno == EEXIST ? "that is the capture itself" : strerror(errno));

		if (in)
			fclose(in);
		return status;
	}
	err = ptt_pcapng_filter(in, out, open_datagram, open, counts);
	fclose(in);
	if (fclose(out) != 0 && err == PTT_OK)
		err = PTT_ERR_SYSTEM;
	if (err == PTT_ERR_UNSUPPORTED)
		return complain("decrypt", 1, in_path,
			"no pcapng of this machine's byte order; "
			"accepted: what dumpcap writes");
	return err == PTT_OK ? 0 : complain("decrypt", 1, in_path, ptt_err_str(err));
}

/* Nothing opened is no success: mostly it is the key log of another session. */
static int judge(const struct ptt_capture_open_counts *opened, unsigned keys, const char *path)
{
	if (opened->srtp + opened->srtcp > 0)
		return 0;
	return complain("decrypt", 1, path,
		keys == 0
			? "there is no key in it; accepted: a key log, or the .keys file of lab capture"
		: opened->failed > 0
			? "the capture has packets under its key ids, but not under its keys"
			: "no packet of the capture is under a key of it");
}

int ptt_cmd_lab_decrypt(int argc, char **argv)
{
	struct ptt_bytes in, keys, out;
	bool as_json = false;
	struct ptt_arg args[] = {
		{"in", PTT_ARG_TEXT, true, 4096, &in, false},
		{"keys", PTT_ARG_TEXT, true, 4096, &keys, false},
		{"out", PTT_ARG_TEXT, true, 4096, &out, false},
		{"json", PTT_ARG_FLAG, false, 0, &as_json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	struct ptt_capture_open_counts opened;
	struct ptt_pcapng_counts counts = {0};
	struct ptt_capture_open *open;
	unsigned key_count = 0;
	int status = ptt_args_read(args, NULL, argc, argv);

	if (status != 0)
		return status < 0 ? fputs(decrypt_help, stdout) < 0 : status;
	if (ptt_capture_open_new(&open) != PTT_OK)
		return complain("decrypt", 1, ptt_err_str(PTT_ERR_SYSTEM), "");
	status = keys_read(open, (const char *)keys.data, &key_count);
	if (status == 0)
		status = decrypt(open, (const char *)in.data, (const char *)out.data, &counts);
	ptt_capture_open_counts(open, &opened);
	ptt_capture_open_free(open);
	if (status != 0)
		return status;
	status = ptt_print(
		json_pack("{s:I, s:i, s:I, s:I, s:I}", "packets", (json_int_t)counts.packets,
			"keys", (int)key_count, "srtp", (json_int_t)opened.srtp, "srtcp",
			(json_int_t)opened.srtcp, "failed", (json_int_t)opened.failed),
		as_json);
	return status != 0 ? status : judge(&opened, key_count, (const char *)keys.data);
}
