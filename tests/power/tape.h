/* tape.h - what happened to the disks, in the order in which it happened.
 *
 * powerdisk writes a tape, powerreplay reads it: records one after the other, each followed by its
 * bytes.  Both run on one machine, so it is that machine's own form.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum tape_kind {
	TAPE_WRITE, /* to a disk: its bytes follow */
	TAPE_FLUSH, /* of a disk: what was written to it before is there for good */
	TAPE_MARK   /* somebody was told something */
};

struct tape_record {
	uint32_t kind, disk;
	uint64_t offset, length; /* of a write; multiples of 512 */
};

struct tape_entry {
	struct tape_record record;
	const char *bytes;
};

struct tape {
	struct tape_entry *entries;
	size_t count;
};

/* Puts a record at the end, or ends the program. */
void tape_put(int fd, const struct tape_record *record, const char *bytes);

/* Reads a finished tape, which stays in memory to the program's end; or ends the program. */
struct tape tape_read(const char *path);
