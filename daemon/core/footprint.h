/* footprint.h - what commits leave behind in a database's files, and how many came between two
 * looks.
 *
 * SQLite's file format, https://www.sqlite.org/fileformat2.html: in the rollback modes each commit
 * adds one to the file change counter (header bytes 24-27); in WAL mode each commit ends in a frame
 * that says so (section 4.1).  Pages that a transaction spilled before its commit move neither, so
 * they are told from commits without opening the database.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FOOTPRINT_HEADER 100 /* bytes at the beginning of a database file */
#define FOOTPRINT_TEXT   160

struct footprint {
	bool present; /* the file is there ... */
	bool empty;   /* ... but has no page yet */
	bool wal;     /* its header says WAL */
	uint64_t inode, size;
	int64_t modified;          /* mtime in nanoseconds */
	uint32_t counter, pages;   /* of the header */
	bool log;                  /* a -wal with a valid header is there */
	uint32_t salt[2], commits; /* its generation, and the commit frames in it ... */
	uint32_t frames;           /* ... the last of which is this one (from 1; 0: none) */
};

/* Takes what a file's first bytes say: wal, counter, pages.  False if it is no SQLite database. */
bool footprint_header(struct footprint *f, const unsigned char header[FOOTPRINT_HEADER]);

/* How many commits came between; at least 1 if anything else says that the contents may differ (the
 * file appeared, vanished, was replaced, or a log came and went between the looks). */
uint32_t footprint_commits(const struct footprint *before, const struct footprint *after);

/* The log of a WAL database went, as its application closed it: of the commits that came between,
 * nothing is left to count. */
bool footprint_closed(const struct footprint *before, const struct footprint *after);

/* As text, to be kept over a restart; what cannot be read back is a file never looked at (false).
 */
const char *footprint_write(const struct footprint *f, char to[FOOTPRINT_TEXT]);
bool footprint_read(struct footprint *f, const char *text);
