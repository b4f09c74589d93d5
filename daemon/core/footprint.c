#include "daemon/core/footprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A counter that moved by more than this was not counting commits: the file was replaced. */
#define BELIEVABLE 1000000

static uint32_t big_endian(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool footprint_header(struct footprint *f, const unsigned char header[FOOTPRINT_HEADER])
{
	if (memcmp(header, "SQLite format 3", 16) != 0)
		return false;
	f->wal = header[18] == 2;
	f->counter = big_endian(header + 24);
	f->pages = big_endian(header + 28);
	return true;
}

/* The counter moved: by a number of commits, or because another file's contents came here. */
static uint32_t counted(const struct footprint *before, const struct footprint *after)
{
	uint32_t moved = after->counter - before->counter;

	return moved <= BELIEVABLE ? moved : 1;
}

/* Both in WAL mode, the same file. */
static uint32_t logged(const struct footprint *before, const struct footprint *after)
{
	if (!after->log)
		return before->log || before->modified != after->modified;
	if (!before->log)
		return after->commits ? after->commits : before->modified != after->modified;
	if (memcmp(before->salt, after->salt, sizeof(before->salt)) != 0)
		return after->commits ? after->commits : 1;
	return after->commits - before->commits;
}

uint32_t footprint_commits(const struct footprint *before, const struct footprint *after)
{
	if (before->present != after->present)
		return 1;
	if (!after->present)
		return 0;
	if (before->inode != after->inode || before->wal != after->wal ||
		before->empty != after->empty)
		return 1;
	if (after->wal)
		return logged(before, after);
	if (before->counter != after->counter)
		return counted(before, after);
	return before->pages != after->pages;
}

bool footprint_closed(const struct footprint *before, const struct footprint *after)
{
	return before->present && after->present && before->inode == after->inode && before->wal &&
		after->wal && before->log && !after->log;
}

const char *footprint_write(const struct footprint *f, char to[FOOTPRINT_TEXT])
{
	(void)snprintf(to, FOOTPRINT_TEXT,
		"1 %d %d %d %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu32 " %" PRIu32 " %d %" PRIu32
		" %" PRIu32 " %" PRIu32 " %" PRIu32,
		f->present, f->empty, f->wal, f->inode, f->size, f->modified, f->counter, f->pages,
		f->log, f->salt[0], f->salt[1], f->commits, f->frames);
	return to;
}

bool footprint_read(struct footprint *f, const char *text)
{
	int present, empty, wal, log;

	*f = (struct footprint){0};
	/* What this program wrote; a value out of range costs one capture that finds nothing new.
	 */
	/* NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(text,
		    "1 %d %d %d %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNu32 " %" SCNu32
		    " %d %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32,
		    &present, &empty, &wal, &f->inode, &f->size, &f->modified, &f->counter,
		    &f->pages, &log, &f->salt[0], &f->salt[1], &f->commits, &f->frames) != 13) {
		*f = (struct footprint){0};
		return false;
	}
	f->present = present;
	f->empty = empty;
	f->wal = wal;
	f->log = log;
	return true;
}
