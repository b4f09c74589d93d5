/* powerreplay TAPE IMAGE COPY [IMAGE COPY]... - the disks of a tape as a power cut leaves them.
 *
 * IMAGE is a disk as it was when the tape began, and is changed; COPY becomes that disk after a cut.
 * First it says after how many records each mark stands, and last how many records there are, in one
 * line.  Then each line of input, "MOMENT FATE SEED", makes the copies of a cut after MOMENT records,
 * and is answered "ready"; moments never fall.
 *
 * What was written to a disk before its last flush is there.  What was written later has a fate:
 *   kept        all of it
 *   lost        none of it
 *   reordered   any of the writes
 *   torn        any of their sectors of 512 bytes; but the file system's own superblock, which
 *               lies in two of them, is written as a whole, as disks of 4096-byte sectors do
 */
#include "tape.h"

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DISKS 8
#define SECTOR     512

enum fate { KEPT, LOST, REORDERED, TORN, FATES };
static const char *const fates[] = {"kept", "lost", "reordered", "torn"};

struct cut {
	size_t moment;
	enum fate fate;
	uint64_t chance; /* of xorshift64; never 0 */
};

struct disk {
	uint32_t number;
	int image;
	const char *copy;
	size_t applied; /* records whose writes are in the image, for good */
};

static bool heads(struct cut *cut)
{
	cut->chance ^= cut->chance << 13;
	cut->chance ^= cut->chance >> 7;
	cut->chance ^= cut->chance << 17;
	return cut->chance >> 63;
}

static void put(int fd, const char *bytes, size_t count, uint64_t offset)
{
	if (pwrite(fd, bytes, count, (off_t)offset) != (ssize_t)count)
		err(1, "write an image");
}

/* Makes a new file, which no loop device knows from the cut before, of all that is no hole: a disk is
 * mostly empty. */
static int copy(int from, const char *name)
{
	off_t size = lseek(from, 0, SEEK_END), hole = 0, data;

	(void)unlink(name);
	int to = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0 || ftruncate(to, size))
		err(1, "%s", name);
	while (hole < size && (data = lseek(from, hole, SEEK_DATA)) >= 0) {
		hole = lseek(from, data, SEEK_HOLE);
		for (off_t in = data, out = data; in < hole;)
			if (copy_file_range(from, &in, to, &out, (size_t)(hole - in), 0) <= 0)
				err(1, "copy an image");
	}
	return to;
}

static void put_by_chance(int fd, const struct tape_entry *entry, struct cut *cut)
{
	uint64_t offset = entry->record.offset, length = entry->record.length;
	uint64_t piece = cut->fate == TORN && offset > 0 ? SECTOR : length;

	for (uint64_t at = 0; at < length; at += piece)
		if (cut->fate == KEPT || (cut->fate != LOST && heads(cut)))
			put(fd, entry->bytes + at, piece, offset + at);
}

static bool is_of(const struct tape_entry *entry, enum tape_kind kind, const struct disk *disk)
{
	return entry->record.kind == kind && entry->record.disk == disk->number;
}

static void cut_disk(struct disk *disk, const struct tape *tape, struct cut *cut)
{
	size_t flushed = disk->applied;

	for (size_t i = disk->applied; i < cut->moment; i++)
		if (is_of(&tape->entries[i], TAPE_FLUSH, disk))
			flushed = i;
	for (; disk->applied < flushed; disk->applied++) {
		const struct tape_entry *entry = &tape->entries[disk->applied];

		if (is_of(entry, TAPE_WRITE, disk))
			put(disk->image, entry->bytes, entry->record.length, entry->record.offset);
	}
	int after = copy(disk->image, disk->copy);
	for (size_t i = flushed; i < cut->moment; i++)
		if (is_of(&tape->entries[i], TAPE_WRITE, disk))
			put_by_chance(after, &tape->entries[i], cut);
	(void)close(after);
}

static bool read_cut(struct cut *cut, const struct tape *tape)
{
	char fate[16];
	unsigned long seed;

	if (scanf("%zu %15s %lu", &cut->moment, fate, &seed) != 3)
		return false;
	cut->chance = (seed + 1) * 0x9e3779b97f4a7c15;
	for (cut->fate = KEPT; cut->fate < FATES; cut->fate++)
		if (strcmp(fate, fates[cut->fate]) == 0)
			break;
	if (cut->moment > tape->count || cut->fate == FATES)
		errx(1, "no such cut: %zu %s", cut->moment, fate);
	return true;
}

static void say_marks(const struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		if (tape->entries[i].record.kind == TAPE_MARK)
			(void)printf("%zu ", i + 1);
	(void)printf("%zu\n", tape->count);
	(void)fflush(stdout);
}

static int open_image(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	struct disk disks[MOST_DISKS];
	uint32_t count = 0;
	struct cut cut;

	if (argc < 4 || argc % 2 || argc > 2 + 2 * MOST_DISKS)
		errx(2, "usage: powerreplay TAPE IMAGE COPY [IMAGE COPY]...");
	struct tape tape = tape_read(argv[1]);
	for (char **name = argv + 2; *name; name += 2, count++)
		disks[count] = (struct disk){
			.number = count, .image = open_image(name[0]), .copy = name[1]};
	say_marks(&tape);
	while (read_cut(&cut, &tape)) {
		for (uint32_t i = 0; i < count; i++)
			cut_disk(&disks[i], &tape, &cut);
		(void)puts("ready");
		(void)fflush(stdout);
	}
	free(tape.entries);
	return 0;
}
