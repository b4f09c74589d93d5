#include "common/text.h"
#include "daemon/core/s3.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define HEAD_MOST  (64UL << 10) /* bytes of all lines: S3 itself takes 8 KiB of us */
#define NAME_MOST  63           /* longer names are not ours */
#define VALUE_MOST 1023         /* longer values are of no interest */

static_assert(VALUE_MOST >= VERSION_TAG_ROOM, "the longest tag is taken");

static void keep(char *to, size_t size, const char *value)
{
	if (!text_fit(to, size, value))
		to[0] = '\0'; /* too long to be what it should be */
}

static void take_length(struct s3_head *h, const char *value)
{
	h->has_length = s3said_size(value, &h->length);
}

static void take_type(struct s3_head *h, const char *value)
{
	h->is_html = strncasecmp(value, "text/html", strlen("text/html")) == 0;
}

static void take_etag(struct s3_head *h, const char *value)
{
	keep(h->etag, sizeof(h->etag), value);
}

static void take_class(struct s3_head *h, const char *value)
{
	keep(h->class, sizeof(h->class), value);
}

static void take_region(struct s3_head *h, const char *value)
{
	keep(h->region, sizeof(h->region), value);
}

static void take_date(struct s3_head *h, const char *value)
{
	keep(h->date, sizeof(h->date), value);
}

static void take_retry_after(struct s3_head *h, const char *value)
{
	keep(h->retry_after, sizeof(h->retry_after), value);
}

static void take_tag(struct s3_head *h, const char *name, const char *value)
{
	struct err why;

	h->tagged = true;
	if (version_read_tag(&h->tags, name, value, &why) && !h->tag_error.code)
		h->tag_error = why;
}

static void take(struct s3_head *h, const char *name, const char *value)
{
	static const struct {
		const char *name;
		void (*take)(struct s3_head *h, const char *value);
	} known[] = {
		{"content-length",      take_length     },
		{"content-type",        take_type       },
		{"date",                take_date       },
		{"etag",                take_etag       },
		{"retry-after",         take_retry_after},
		{"x-amz-bucket-region", take_region     },
		{"x-amz-storage-class", take_class      },
	};
	size_t prefix = strlen(S3_TAG_PREFIX);

	if (strncmp(name, S3_TAG_PREFIX, prefix) == 0)
		take_tag(h, name + prefix, value);
	for (size_t i = 0; i < LENGTH(known); i++)
		if (strcmp(known[i].name, name) == 0)
			known[i].take(h, value);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static void begin(struct s3_head *h, const char *line, size_t length)
{
	const char *blank = memchr(line, ' ', length);
	size_t bytes = h->bytes;

	s3_head_init(h);
	h->bytes = bytes;
	if (!blank || line + length - blank < 4)
		return;
	for (const char *c = blank + 1; c < blank + 4; c++) {
		if (!isdigit((unsigned char)*c)) {
			h->status = 0;
			return;
		}
		h->status = h->status * 10 + (unsigned)(*c - '0');
	}
}

/* Tags that all versions of casmand have; others may be empty, and are then not sent. */
static void check_tags(struct s3_head *h)
{
	const struct version *v = &h->tags;

	if (h->tagged && !h->tag_error.code &&
		(!v->id[0] || !v->machine[0] || !v->content[0] || v->sequence == 0))
		err_set(&h->tag_error, ERR_CORRUPT, "some of casmand's tags are missing");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copies what is between `from` and `end` but the blanks around it; false if it is too long, or has
 * control characters in it. */
static bool copy(char *to, size_t size, const char *from, const char *end)
{
	while (from < end && is_blank(*from))
		from++;
	while (from < end && is_blank(end[-1]))
		end--;
	if ((size_t)(end - from) >= size)
		return false;
	for (; from < end; from++, to++) {
		if (iscntrl((unsigned char)*from))
			return false;
		*to = *from;
	}
	*to = '\0';
	return true;
}

void s3_head_init(struct s3_head *h)
{
	*h = (struct s3_head){0};
}

static void take_line(struct s3_head *h, const char *line, size_t length)
{
	char name[NAME_MOST + 1], value[VALUE_MOST + 1];
	const char *colon = memchr(line, ':', length);

	if (!colon || !copy(name, sizeof(name), line, colon) ||
		!copy(value, sizeof(value), colon + 1, line + length))
		return;
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	take(h, name, value);
}

bool s3_head_line(struct s3_head *h, const char *line, size_t length)
{
	if (length > HEAD_MOST - h->bytes)
		return false;
	h->bytes += length;
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		begin(h, line, length);
	else if (length > 0 && (line[0] == '\r' || line[0] == '\n'))
		check_tags(h);
	else if (length > 0 && !is_blank(line[0])) /* such a line goes on with the one before */
		take_line(h, line, length);
	return true;
}
