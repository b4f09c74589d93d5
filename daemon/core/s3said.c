#include "daemon/core/s3said.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/percent.h"

#include <ctype.h>
#include <string.h>

#define ENTRIES_MOST 1000 /* what a page has at most, by S3's own word */

/* --- members: take_ says whether the text is of its form ------------------ */

static struct s3said_entry *entry_of(struct s3said *s)
{
	return &s->list.entries[s->list.count - 1];
}

static bool take_key(struct s3said *s, const char *text)
{
	struct s3said_entry *entry = entry_of(s);

	free(entry->key);
	entry->key = text_copy(text);
	return *text;
}

static bool take_size(struct s3said *s, const char *text)
{
	s->has_size = s3said_size(text, &entry_of(s)->size);
	return s->has_size;
}

static bool take_modified(struct s3said *s, const char *text)
{
	s->has_modified = stamp_parse_iso(text, &entry_of(s)->modified);
	return s->has_modified;
}

/* It may become a header, so a line end must not slip through. */
static bool take_etag(struct s3said *s, const char *text)
{
	char *etag = entry_of(s)->etag;

	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			text = "";
	if (!text_fit(etag, S3SAID_ETAG, text))
		etag[0] = '\0';
	return true;
}

/* Words for people: what does not fit is cut, a control character is a blank. */
static bool take_words(char *to, size_t size, const char *text)
{
	text_cut(to, size, text);
	for (; *to; to++)
		if (iscntrl((unsigned char)*to))
			*to = ' ';
	return true;
}

static bool take_class(struct s3said *s, const char *text)
{
	return take_words(entry_of(s)->class, S3SAID_CLASS, text);
}

static bool take_truncated(struct s3said *s, const char *text)
{
	s->has_truncated = true;
	s->truncated = strcmp(text, "true") == 0;
	return s->truncated || strcmp(text, "false") == 0;
}

static bool take_next(struct s3said *s, const char *text)
{
	free(s->list.next);
	s->list.next = text_copy(text);
	return true;
}

static bool take_encoding(struct s3said *s, const char *text)
{
	s->encoded = strcmp(text, "url") == 0;
	return s->encoded || !*text;
}

static bool take_code(struct s3said *s, const char *text)
{
	return take_words(s->error.code, sizeof(s->error.code), text);
}

static bool take_message(struct s3said *s, const char *text)
{
	return take_words(s->error.message, sizeof(s->error.message), text);
}

static bool take_endpoint(struct s3said *s, const char *text)
{
	return take_words(s->error.endpoint, sizeof(s->error.endpoint), text);
}

static bool take_region(struct s3said *s, const char *text)
{
	return take_words(s->error.region, sizeof(s->error.region), text);
}

static bool take_server_time(struct s3said *s, const char *text)
{
	if (!stamp_parse_iso(text, &s->error.server_time))
		s->error.server_time = STAMP_NONE;
	return true;
}

struct member {
	const char *name;
	bool (*take)(struct s3said *s, const char *text);
};

/* Members of the element around that at this depth, the last without a name. */
static const struct member *members_at(const struct s3said *s, unsigned depth)
{
	static const struct member of_list[] = {
		{"IsTruncated",           take_truncated},
		{"NextContinuationToken", take_next     },
		{"EncodingType",          take_encoding },
		{NULL,                    NULL          },
	};
	static const struct member of_entry[] = {
		{"Key",          take_key     },
		{"Size",         take_size    },
		{"LastModified", take_modified},
		{"ETag",         take_etag    },
		{"StorageClass", take_class   },
		{NULL,           NULL         },
	};
	static const struct member of_error[] = {
		{"Code",       take_code       },
		{"Message",    take_message    },
		{"Endpoint",   take_endpoint   },
		{"Region",     take_region     },
		{"ServerTime", take_server_time},
		{NULL,         NULL            },
	};
	static const struct member of_no_interest[] = {
		{NULL, NULL},
	};

	if (s->root == S3SAID_LIST && depth == 2)
		return of_list;
	if (s->in_entry && depth == 3)
		return of_entry;
	if (s->root == S3SAID_ERROR && depth == 2)
		return of_error;
	return of_no_interest;
}

/* --- the document --------------------------------------------------------- */

static enum s3said_root root_of(const char *name)
{
	static const struct {
		const char *name;
		enum s3said_root root;
	} roots[] = {
		{"ListBucketResult", S3SAID_LIST },
		{"CopyObjectResult", S3SAID_COPY },
		{"Error",            S3SAID_ERROR},
	};

	for (size_t i = 0; i < LENGTH(roots); i++)
		if (strcmp(roots[i].name, name) == 0)
			return roots[i].root;
	return S3SAID_OTHER;
}

static enum err_code begin_entry(struct s3said *s, struct err *e)
{
	if (s->list.count == ENTRIES_MOST)
		return err_set(e, ERR_PROTO, "more entries than a page has");
	if (s->list.count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->list.entries =
			reallocarray(s->list.entries, s->room, sizeof(s->list.entries[0]));
		REQUIRE(s->list.entries);
	}
	s->list.entries[s->list.count++] = (struct s3said_entry){0};
	s->in_entry = true;
	s->has_size = s->has_modified = false;
	return ERR_NONE;
}

enum err_code s3said_begin(struct s3said *s, unsigned depth, const char *name, struct err *e)
{
	if (depth == 1)
		s->root = root_of(name);
	else if (s->root == S3SAID_LIST && depth == 2 && strcmp(name, "Contents") == 0)
		return begin_entry(s, e);
	return ERR_NONE;
}

static enum err_code end_entry(struct s3said *s, struct err *e)
{
	s->in_entry = false;
	if (entry_of(s)->key && s->has_size && s->has_modified)
		return ERR_NONE;
	return err_set(e, ERR_PROTO, "an entry without its key, size or time");
}

enum err_code s3said_end(
	struct s3said *s, unsigned depth, const char *name, const char *text, struct err *e)
{
	for (const struct member *m = members_at(s, depth); m->name; m++)
		if (strcmp(m->name, name) == 0 && (!text || !m->take(s, text)))
			return err_set(e, ERR_PROTO, "the %s in it makes no sense", name);
	return s->in_entry && depth == 2 ? end_entry(s, e) : ERR_NONE;
}

/* Only now is it known whether keys were encoded: some stores say so at the end. */
enum err_code s3said_finish(struct s3said *s, struct err *e)
{
	if (s->root != S3SAID_LIST)
		return ERR_NONE;
	if (!s->has_truncated)
		return err_set(e, ERR_PROTO, "a listing that does not tell whether it goes on");
	if (s->truncated && (!s->list.next || !*s->list.next))
		return err_set(e, ERR_PROTO, "a listing that goes on, and does not tell where");
	for (size_t i = 0; i < s->list.count && s->encoded; i++)
		if (!percent_decode(s->list.entries[i].key, true))
			return err_set(e, ERR_PROTO, "the Key in it is not well encoded");
	if (!s->truncated) {
		free(s->list.next);
		s->list.next = NULL;
	}
	return ERR_NONE;
}

bool s3said_size(const char *text, uint64_t *size)
{
	*size = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)*text - '0';

		if (!isdigit((unsigned char)*text) || *size > (INT64_MAX - digit) / 10)
			return false;
		*size = *size * 10 + digit;
	}
	return true;
}

void s3said_init(struct s3said *s)
{
	*s = (struct s3said){.error.server_time = STAMP_NONE};
}

void s3said_free(struct s3said *s)
{
	for (size_t i = 0; i < s->list.count; i++)
		free(s->list.entries[i].key);
	free(s->list.entries);
	free(s->list.next);
	s3said_init(s);
}
