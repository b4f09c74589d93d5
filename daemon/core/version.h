/* version.h - one captured copy of one database, and what is written beside it.  Pure.
 *
 * Two documents tell of a version.  The metadata object has exactly the seven members that the
 * Python client knows, in its order and form.  The tags are casmand's own: user metadata headers of
 * both objects in S3 (`x-amz-meta-casmand-NAME`), the members of `<key>.casmand.json` in a folder.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/config.h"

#include <stdbool.h>
#include <stdint.h>

#define VERSION_ID        32 /* hex digits of an id, of a machine */
#define VERSION_HASH      64 /* hex digits of SHA-256 */
#define VERSION_HOST      64
#define VERSION_OPERATION 256 /* bytes; longer ones are cut at a character's end */
#define VERSION_BASES     4   /* heads that one version can join */
#define VERSION_ANCESTORS 16
#define VERSION_PAST      16 /* machines remembered in `past`; more than use one bucket */
#define VERSION_NO_COUNT  (-1)

/* Who made the Python client's versions, in `past`; their sequence is their timestamp in seconds. */
#define VERSION_PYTHON "00000000000000000000000000000000"

struct version_past {
	char machine[VERSION_ID + 1];
	uint64_t sequence; /* the highest among all ancestors of that machine */
};

struct version {
	char id[VERSION_ID + 1];
	char db_name[CONFIG_NAME_MAX + 1];
	char checksum[VERSION_HASH + 1];
	char content[VERSION_HASH + 1];
	char operation[VERSION_OPERATION + 1]; /* "": null */
	char machine[VERSION_ID + 1], host[VERSION_HOST + 1];
	char base[VERSION_BASES][VERSION_ID + 1];
	char ancestors[VERSION_ANCESTORS][VERSION_ID + 1]; /* nearest first, bases included */
	struct version_past past[VERSION_PAST];
	size_t bases, ancestor_count, past_count;
	int64_t timestamp; /* when its read transaction began */
	uint64_t size;
	int64_t record_count; /* VERSION_NO_COUNT: null */
	uint64_t sequence;    /* 1, 2, ... for each machine and database */
};

/* What other versions call it as their base: its id; where it has none (the Python client made it)
 * the first digits of its checksum.  "" if it has neither. */
void version_identity(const struct version *v, char to[VERSION_ID + 1]);

/* Its maker and sequence, as `past` of a version that descends from it has them. */
struct version_past version_place(const struct version *v);

/* Makes `v` the child of `base`: base, ancestors and past; NULL: it has none.  Where `past` is
 * full, the lowest sequence of a machine other than the base's own is forgotten. */
void version_descend(struct version *v, const struct version *base);

/* Makes `v` a child of `other` too: a base that does not fit any more is still an ancestor, and the
 * ancestors of both take turns.  One that it descends from already changes nothing. */
void version_join(struct version *v, const struct version *other);

/* <key>.metadata.json: indented by two as Python writes it; the caller frees it.  The timestamp is
 * in the years 1970 to 9999. */
char *version_metadata(const struct version *v);

/* Reads metadata into the seven members that it has, and leaves the others.  ERR_CORRUPT where it
 * is no JSON, lacks a member, has another, or one is of the wrong type or range; then v is as it
 * was.  `filename` may be any text. */
enum err_code version_read_metadata(
	struct version *v, const char *text, size_t length, struct err *e) must_check;

/* The tags, in a fixed order: id machine host content sequence base ancestors past.  Lists are
 * joined by ',', past is "machine:sequence".  Names have no prefix.  All values are short ASCII
 * without blanks, and "" where there is nothing to say. */
#define VERSION_TAGS     8
#define VERSION_TAG_ROOM 865 /* the longest, a full past, and the NUL */
struct version_tag {
	const char *name;
	char value[VERSION_TAG_ROOM];
};
void version_tags(const struct version *v, struct version_tag tags[VERSION_TAGS]);

/* Sets one member from a tag.  Names it does not know are ignored (a later casmand wrote them);
 * ERR_CORRUPT where the value is not of its form; then v is as it was. */
enum err_code version_read_tag(
	struct version *v, const char *name, const char *value, struct err *e) must_check;

/* The same as <key>.casmand.json: one object of strings; the caller frees it.  Reading it,
 * ERR_CORRUPT where it is no JSON or lacks a tag; then v is as it was. */
char *version_tags_text(const struct version *v);
enum err_code version_read_tags(
	struct version *v, const char *text, size_t length, struct err *e) must_check;

/* Cuts `text` to what fits into operation, at a character's end. */
void version_operation(struct version *v, const char *text);

/* All of it, anybody's version, as one text for casmand itself; the caller frees it.  Reading it,
 * ERR_CORRUPT or PROTO where it is damaged; then v is as it was. */
char *version_whole(const struct version *v);
enum err_code version_read_whole(struct version *v, const char *text, struct err *e) must_check;
