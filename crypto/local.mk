noinst_LTLIBRARIES += crypto/libptt-crypto.la
crypto_libptt_crypto_la_SOURCES = \
	crypto/err.h crypto/err.c crypto/bytes.h crypto/bytes.c crypto/text.c \
	crypto/secret.h crypto/secret.c crypto/random.h crypto/random.c \
	crypto/algs.h crypto/algs.c crypto/digest.h crypto/digest.c \
	crypto/milenage.h crypto/milenage.c crypto/aka.h crypto/aka.c \
	crypto/gba_kdf.h crypto/gba_kdf.c crypto/mbms_profile.h crypto/mbms_profile.c \
	crypto/hmac_sha1.h crypto/hmac_sha1.c crypto/mikey_const.h \
	crypto/mikey.h crypto/mikey.c crypto/mikey_payload.h crypto/mikey_payload.c \
	crypto/mikey_keys.h crypto/mikey_keys.c \
	crypto/mikey_seal.h crypto/mikey_seal.c crypto/mikey_open.c \
	crypto/keyring.h crypto/keyring.c crypto/replay.h crypto/replay.c crypto/kek.h crypto/kek.c
crypto_libptt_crypto_la_LIBADD = $(CRYPTO_LIBS)
