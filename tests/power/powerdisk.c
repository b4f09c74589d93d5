/* powerdisk TAPE FOLDER IMAGE... - disks that remember all that was written to them.
 *
 * Serves by FUSE, in FOLDER: a file 0, 1, ... for each IMAGE, of which a loop device makes a disk,
 * and a file "mark".  Onto TAPE goes each write to a disk, each flush of a disk, and a mark for each
 * write to "mark": whoever is told that something is done marks that, and must find it done after
 * each power cut that comes later on the tape.  powerreplay cuts.
 *
 * Says "ready" when it serves, and ends when FOLDER is unmounted.  It has one thread, so the tape's
 * order is the order in which things were done.
 */
#define FUSE_USE_VERSION 31

#include "tape.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DISKS 8
#define MARK       MOST_DISKS /* in the place of a disk's number */

struct power {
	int tape;
	int images[MOST_DISKS];
	off_t sizes[MOST_DISKS];
	unsigned count;
};

static struct power *power(void)
{
	return fuse_get_context()->private_data;
}

/* The disk's number, or MARK; -1 for what is not there. */
static int number_of(const char *path)
{
	if (strcmp(path, "/mark") == 0)
		return MARK;
	int digit = path[1] - '0';
	return isdigit((unsigned char)path[1]) && !path[2] && digit < (int)power()->count ? digit
											  : -1;
}

static int get_attributes(const char *path, struct stat *st, struct fuse_file_info *file)
{
	int number = number_of(path);

	(void)file;
	*st = (struct stat){.st_mode = S_IFREG | 0600, .st_nlink = 1};
	if (strcmp(path, "/") == 0)
		*st = (struct stat){.st_mode = S_IFDIR | 0700, .st_nlink = 2};
	else if (number < 0)
		return -ENOENT;
	else if (number != MARK)
		st->st_size = power()->sizes[number];
	return 0;
}

static int open_file(const char *path, struct fuse_file_info *file)
{
	file->fh = (uint64_t)number_of(path);
	file->direct_io = 1; /* each read and write comes here, none stays in a cache */
	return 0;
}

static int read_disk(
	const char *path, char *bytes, size_t count, off_t offset, struct fuse_file_info *file)
{
	(void)path;
	if (file->fh == MARK)
		return 0;
	ssize_t got = pread(power()->images[file->fh], bytes, count, offset);
	return got < 0 ? -errno : (int)got;
}

static int write_disk(const char *path, const char *bytes, size_t count, off_t offset,
	struct fuse_file_info *file)
{
	struct tape_record record = {.kind = TAPE_MARK};

	(void)path;
	if (file->fh != MARK) {
		record = (struct tape_record){.kind = TAPE_WRITE,
			.disk = (uint32_t)file->fh,
			.offset = (uint64_t)offset,
			.length = count};
		if (pwrite(power()->images[file->fh], bytes, count, offset) != (ssize_t)count)
			err(1, "write image %u", record.disk);
	}
	tape_put(power()->tape, &record, bytes);
	return (int)count;
}

static int flush_disk(const char *path, int only_data, struct fuse_file_info *file)
{
	struct tape_record record = {.kind = TAPE_FLUSH, .disk = (uint32_t)file->fh};

	(void)path;
	(void)only_data;
	if (file->fh != MARK)
		tape_put(power()->tape, &record, NULL);
	return 0;
}

static void *begin(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	(void)config;
	(void)puts("ready");
	(void)fflush(stdout);
	return fuse_get_context()->private_data;
}

static const struct fuse_operations operations = {
	.init = begin,
	.getattr = get_attributes,
	.open = open_file,
	.read = read_disk,
	.write = write_disk,
	.fsync = flush_disk,
};

int main(int argc, char **argv)
{
	struct power p = {0};

	if (argc < 4 || argc > 3 + MOST_DISKS)
		errx(2, "usage: powerdisk TAPE FOLDER IMAGE...");
	p.tape = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (p.tape < 0)
		err(1, "%s", argv[1]);
	for (char **image = argv + 3; *image; image++, p.count++) {
		p.images[p.count] = open(*image, O_RDWR | O_CLOEXEC);
		p.sizes[p.count] = lseek(p.images[p.count], 0, SEEK_END);
		if (p.sizes[p.count] < 0)
			err(1, "%s", *image);
	}
	char foreground[] = "-f", one_thread[] = "-s";
	char *options[] = {argv[0], foreground, one_thread, argv[2], NULL};
	return fuse_main(4, options, &operations, &p);
}
