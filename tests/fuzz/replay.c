/* replay.c - runs a fuzz target over all files of the folder given, as an ordinary test.
 *
 * To search for new ones: clang -fsanitize=fuzzer,address,undefined without this file.
 */
#include "common/scoped.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define INPUT_MAX 65536

static void replay(int folder, const char *name)
{
	static char bytes[INPUT_MAX];
	scoped(fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	ssize_t size = read(fd, bytes, sizeof(bytes));
	REQUIRE(size >= 0);
	/* in a block of its size, so that a sanitizer sees a read past its end */
	scoped(heap) char *exact = malloc(size ? (size_t)size : 1);
	REQUIRE(exact);
	memcpy(exact, bytes, (size_t)size);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, (size_t)size);
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	struct dirent *entry;

	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (!folder) {
		(void)fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder))) { /* NOLINT(concurrency-mt-unsafe): one thread */
		if (entry->d_name[0] == '.')
			continue;
		replay(dirfd(folder), entry->d_name);
		count++;
	}
	closedir(folder);
	printf("%u inputs\n", count);
	return count == 0;
}
