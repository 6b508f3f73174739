noinst_LTLIBRARIES += crypto/libptt-crypto.la
crypto_libptt_crypto_la_SOURCES =
