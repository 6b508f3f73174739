noinst_LTLIBRARIES += crypto/libptt-crypto.la
crypto_libptt_crypto_la_SOURCES = \
	crypto/err.h crypto/err.c crypto/bytes.h crypto/bytes.c crypto/text.c \
	crypto/secret.h crypto/secret.c crypto/random.h crypto/random.c
crypto_libptt_crypto_la_LIBADD = $(CRYPTO_LIBS)
