#include "daemon/core/quota.h"

#include "common/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY   (86400 * STAMP_SECOND)
#define GB    1e9 /* as it is billed */
#define MONTH 100 /* 202611 / MONTH is its year */

/* --- months ------------------------------------------------------------------- */

int quota_month_of(int64_t moment)
{
	char text[STAMP_TEXT];

	return atoi(stamp_key(text, moment)) / 100; /* NOLINT(cert-err34-c): it is a date */
}

static int64_t begin_of(int month)
{
	char text[STAMP_TEXT];
	int64_t begins;

	(void)snprintf(text, sizeof(text), "%06d01_000000", month);
	REQUIRE(stamp_parse_key(text, &begins));
	return begins;
}

static int after(int month)
{
	return month % MONTH == 12 ? month + MONTH - 11 : month + 1;
}

void quota_month_begin(struct quota_month *m, int month)
{
	bool measured = m->bytes >= 0;

	*m = (struct quota_month){.month = month,
		.bytes = measured ? m->bytes : -1,
		.first_bytes = measured ? m->bytes : 0,
		.first_at = measured ? begin_of(month) : STAMP_NONE};
}

/* --- counting ----------------------------------------------------------------- */

static int64_t *counter(struct quota_month *m, enum s3_verb verb)
{
	switch (verb) {
	case S3_PUT:
	case S3_LIST:
	case S3_COPY: return &m->class_a;
	case S3_HEAD:
	case S3_GET: return &m->class_b;
	case S3_DELETE:
	default: return &m->free;
	}
}

void quota_count(struct quota_month *m, const struct quota_sent *s)
{
	unsigned refused = s->status == 401 || s->status == 403;

	if (s->times == 0)
		return;
	*counter(m, s->verb) += s->times - refused;
	m->free += refused;
	if (s->verb == S3_PUT && s->status == 200 && m->bytes >= 0)
		m->bytes += (int64_t)s->length;
}

void quota_measure(struct quota_month *m, int64_t bytes, int64_t now)
{
	m->bytes = bytes;
	if (m->first_at != STAMP_NONE || now == STAMP_NONE)
		return;
	m->first_bytes = bytes;
	m->first_at = now;
}

/* --- gauges ------------------------------------------------------------------- */

/* In proportion; a burst in the month's first hours says nothing of its end, so the least that
 * counts as gone by is a day. */
static int64_t project(int64_t used, int month, int64_t now)
{
	int64_t begins = begin_of(month), ends = begin_of(after(month));
	int64_t gone = now - begins < DAY ? DAY : now - begins;

	return (int64_t)((double)used / (double)gone * (double)(ends - begins));
}

/* It grows, or shrinks, as it did since it was first measured this month. */
static int64_t project_bytes(const struct quota_month *m, int64_t now)
{
	int64_t since = m->first_at == STAMP_NONE ? 0 : now - m->first_at;

	if (since < DAY)
		return m->bytes;
	double grown = (double)(m->bytes - m->first_bytes) / (double)since;
	double then = (double)m->bytes + grown * (double)(begin_of(after(m->month)) - now);
	return then > 0 ? (int64_t)then : 0;
}

struct quota quota_judge(const struct config *c, const struct quota_month *m, int64_t now)
{
	bool known = now != STAMP_NONE && quota_month_of(now) == m->month;

	return (struct quota){
		.gauges = {[QUOTA_CLASS_A] = {m->class_a,
				   (int64_t)(c->quota_class_a * c->quota_share),
				   known ? project(m->class_a, m->month, now) : -1},
			   [QUOTA_CLASS_B] = {m->class_b, (int64_t)(c->quota_class_b * c->quota_share),
				known ? project(m->class_b, m->month, now) : -1},
			   [QUOTA_STORAGE] = {m->bytes, (int64_t)(c->quota_storage_gb * GB),
				known && m->bytes >= 0 ? project_bytes(m, now) : -1}},
		.warn = c->quota_warn,
		.block = c->quota_block,
	};
}

static double part(const struct quota_gauge *g)
{
	return g->limit > 0 && g->used > 0 ? (double)g->used / (double)g->limit : 0;
}

enum quota_level quota_level(const struct quota *q, enum quota_what what)
{
	double used = part(&q->gauges[what]);

	if (used >= q->block)
		return QUOTA_BLOCK;
	return used >= q->warn ? QUOTA_WARN : QUOTA_FINE;
}

/* --- in words ----------------------------------------------------------------- */

static void say_used(const struct quota *q, enum quota_what what, struct text *words)
{
	const struct quota_gauge *g = &q->gauges[what];

	if (what == QUOTA_STORAGE)
		text_add(words, "%.6g of %.6g GB are used in the store", (double)g->used / GB,
			(double)g->limit / GB);
	else
		text_add(words,
			"%" PRId64 " of %" PRId64 " class %s operations of this month are used",
			g->used, g->limit, what == QUOTA_CLASS_A ? "A" : "B");
}

bool quota_warning(const struct quota *q, struct text *words)
{
	enum quota_what fullest = QUOTA_CLASS_A;

	for (enum quota_what what = 0; what < QUOTA_GAUGES; what++)
		if (part(&q->gauges[what]) > part(&q->gauges[fullest]))
			fullest = what;
	if (quota_level(q, fullest) == QUOTA_FINE)
		return false;
	say_used(q, fullest, words);
	return true;
}

/* --- who waits ---------------------------------------------------------------- */

#define REQUESTS (1U << QUOTA_CLASS_A | 1U << QUOTA_CLASS_B)
#define ROOM     (1U << QUOTA_STORAGE)

/* The gauges that hold it back. */
static const unsigned holds[] = {
	[QUOTA_UPLOAD] = REQUESTS | ROOM,
	[QUOTA_FIRST] = 0,
	[QUOTA_SAFETY] = 0,
	[QUOTA_RESTORE] = 0,
	[QUOTA_LIST] = 0,
	[QUOTA_LISTING] = REQUESTS,
	[QUOTA_MAINTAIN] = REQUESTS,
	[QUOTA_PROOF] = REQUESTS,
};

static const char *const ways_out[] = {
	[QUOTA_CLASS_A] = "the next month (UTC). Mend: raise class_a_operations or share in "
			  "[quota]",
	[QUOTA_CLASS_B] = "the next month (UTC). Mend: raise class_b_operations or share in "
			  "[quota]",
	[QUOTA_STORAGE] = "room. Mend: keep fewer versions, or raise storage_gb in [quota]",
};

enum err_code quota_allows(const struct quota *q, enum quota_use use, struct err *e)
{
	struct text words = {0};
	enum quota_what what = 0;

	while (what < QUOTA_GAUGES &&
		(!(holds[use] & 1U << what) || quota_level(q, what) != QUOTA_BLOCK))
		what++;
	if (what == QUOTA_GAUGES)
		return ERR_NONE;
	say_used(q, what, &words);
	err_set(e, ERR_QUOTA, "%s: it waits for %s", words.at, ways_out[what]);
	text_free(&words);
	return ERR_QUOTA;
}
