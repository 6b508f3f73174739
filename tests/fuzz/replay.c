/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main() of a fuzz target without libFuzzer. It feeds every file of the corpus, every cut of it
 * and one flipped bit in every byte, so that make check exercises the target in a second.
 * The corpus is tests/fuzz/corpus/<name> for a program fuzz_<name>; or files given as arguments.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (64u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long runs;

/* A copy of the exact size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void run_variants(uint8_t *data, size_t size)
{
	size_t step = size / 512 + 1;

	run(data, size);
	for (size_t i = 0; i < size; i += step) {
		uint8_t saved = data[i];

		run(data, i);
		data[i] = (uint8_t)(saved ^ (1u << (i % 8)));
		run(data, size);
		data[i] = 0xff;
		run(data, size);
		data[i] = saved;
	}
}

static int run_file(const char *path)
{
	static uint8_t data[MAX_FILE];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	run_variants(data, size);
	return 0;
}

static int run_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int failed = 0, files = 0;
	char path[8192];

	if (!d) {
		perror(dir);
		return 1;
	}
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) < (int)sizeof(path))
			failed |= run_file(path);
		files++;
	}
	closedir(d);
	printf("%s: %d files, %lu runs\n", dir, files, runs);
	return failed || files == 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *name = strstr(argv[0], "fuzz_");
	char dir[4096];
	int failed = 0;

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			failed |= run_file(argv[i]);
		return failed;
	}
	/* libtool runs a wrapped program as .libs/lt-fuzz_x: the last match is the name */
	for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
		name = next;
	if (!name)
		return 2;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name + 5);
	return run_dir(dir);
}
