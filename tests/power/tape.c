#include "tape.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

void tape_put(int fd, const struct tape_record *record, const char *bytes)
{
	struct iovec parts[] = {
		{(void *)(uintptr_t)record, sizeof(*record)},
		{(void *)(uintptr_t)bytes,  record->length },
	};

	if (writev(fd, parts, 2) != (ssize_t)(sizeof(*record) + record->length))
		err(1, "write the tape");
}

static void add(struct tape *tape, const struct tape_entry *entry)
{
	if ((tape->count & (tape->count - 1)) == 0) { /* 0, 1, 2, 4, ... */
		size_t room = tape->count ? 2 * tape->count : 1;

		tape->entries = reallocarray(tape->entries, room, sizeof(*entry));
		if (!tape->entries)
			err(1, "read the tape");
	}
	tape->entries[tape->count++] = *entry;
}

struct tape tape_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct tape tape = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	const char *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		err(1, "%s", path);
	for (const char *end = at + st.st_size; at < end;) {
		struct tape_entry entry;

		memcpy(&entry.record, at, sizeof(entry.record));
		entry.bytes = at + sizeof(entry.record);
		at = entry.bytes + entry.record.length;
		add(&tape, &entry);
	}
	return tape;
}
