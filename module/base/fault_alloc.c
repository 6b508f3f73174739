/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module's own allocations and requests for random bytes, so that a test can let the K-th fail.
 * Linked into mod_pttkey.so with the linker's --wrap, in builds with fault points only; what
 * libraries allocate for themselves is not touched.
 */
#include <stdlib.h>
#include <string.h>

#include "module/base/fault_point.h"

/* The linker's names: __wrap_X takes the calls of X, __real_X is the former X. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
int __real_RAND_bytes(unsigned char *out, int len);
int __wrap_RAND_bytes(unsigned char *out, int len);
int __real_RAND_priv_bytes(unsigned char *out, int len);
int __wrap_RAND_priv_bytes(unsigned char *out, int len);

void *__wrap_malloc(size_t size)
{
	return ptt_fault_alloc() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return ptt_fault_alloc() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return ptt_fault_alloc() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return ptt_fault_alloc() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
	return ptt_fault_alloc() ? NULL : __real_strdup(text);
}

int __wrap_RAND_bytes(unsigned char *out, int len)
{
	return ptt_fault_random() ? 0 : __real_RAND_bytes(out, len);
}

int __wrap_RAND_priv_bytes(unsigned char *out, int len)
{
	return ptt_fault_random() ? 0 : __real_RAND_priv_bytes(out, len);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
