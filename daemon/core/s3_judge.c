#include "common/span.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/httpdate.h"
#include "daemon/core/s3_rules.h"

#include <string.h>

#define US_IN_MS  1000
#define MS_IN_MIN 60000

/* --- the sentence ----------------------------------------------------------- */

static void say_clock(struct text *to, const struct s3_answer *a)
{
	int64_t skew = s3_skew(a);
	char span[SPAN_TEXT];

	if (skew == STAMP_NONE || skew == 0) {
		text_add(to, "the clock of this machine is not the store's");
		return;
	}
	uint64_t ms = (uint64_t)(skew < 0 ? -skew : skew) / US_IN_MS;
	span_time(span, (ms + MS_IN_MIN / 2) / MS_IN_MIN * MS_IN_MIN); /* `Date` has no fraction */
	text_add(to, "the clock of this machine is %s %s the store's", span,
		skew < 0 ? "behind" : "ahead of");
}

/* The store's own words, or what else is known. */
static void say_message(struct text *to, const struct s3_answer *a)
{
	if (a->said && a->said->error.message[0])
		text_add(to, "%s", a->said->error.message);
	else if (a->said && a->said->error.endpoint[0])
		text_add(to, "it says %s", a->said->error.endpoint);
	else if (a->not_taken && a->not_taken->code)
		text_add(to, "%s", a->not_taken->text);
	else
		text_add(to, "it says no more");
}

static void say_bucket(struct text *to, const struct s3_answer *a)
{
	text_add(to, "%s", a->bucket->name);
}

static void say_endpoint(struct text *to, const struct s3_answer *a)
{
	text_add(to, "%s", a->bucket->endpoint);
}

static void say_region(struct text *to, const struct s3_answer *a)
{
	text_add(to, "%s", s3_region(a));
}

static void say_do(struct text *to, const struct s3_answer *a)
{
	static const char *const deeds[] = {
		[S3_PUT] = "write",
		[S3_HEAD] = "read",
		[S3_GET] = "read",
		[S3_LIST] = "list",
		[S3_COPY] = "copy",
		[S3_DELETE] = "delete",
	};

	text_add(to, "%s", deeds[a->verb]);
}

static void say_word(struct text *to, const char *name, size_t length, const struct s3_answer *a)
{
	static const struct {
		const char *name;
		void (*say)(struct text *to, const struct s3_answer *a);
	} words[] = {
		{"bucket",   say_bucket  },
		{"clock",    say_clock   },
		{"do",       say_do      },
		{"endpoint", say_endpoint},
		{"message",  say_message },
		{"region",   say_region  },
	};

	for (size_t i = 0; i < LENGTH(words); i++)
		if (strncmp(words[i].name, name, length) == 0 && !words[i].name[length]) {
			words[i].say(to, a);
			return;
		}
	REQUIRE(false); /* a rule has a word that is not here */
}

static void say(struct text *to, const char *words, const struct s3_answer *a)
{
	while (*words) {
		size_t plain = strcspn(words, "{");

		text_bytes(to, words, plain);
		words += plain;
		if (*words) {
			size_t length = strcspn(++words, "}");

			say_word(to, words, length, a);
			words += length + 1;
		}
	}
}

/* --- the judgement ---------------------------------------------------------- */

static bool is_done(const struct s3_answer *a)
{
	enum s3said_root root = a->said ? a->said->root : S3SAID_NOTHING;
	unsigned status = s3_status(a);

	if (s3_is_page(a))
		return false;
	switch (a->verb) {
	case S3_PUT:
	case S3_HEAD:
	case S3_GET: return status == 200 && a->head->etag[0];
	case S3_LIST: return status == 200 && root == S3SAID_LIST;
	case S3_COPY: return status == 200 && root == S3SAID_COPY;
	case S3_DELETE: return status == 200 || status == 204;
	default: return false;
	}
}

/* By the store's own clock, which may not be ours. */
static uint64_t wait_of(const struct s3_answer *a)
{
	int64_t skew = s3_skew(a);
	uint64_t ms;

	if (!httpdate_retry_after(
		    a->head->retry_after, a->now - (skew == STAMP_NONE ? 0 : skew), &ms))
		return 0;
	return ms < S3_WAIT_MOST ? ms : S3_WAIT_MOST;
}

static enum err_code done(const struct s3_answer *a, struct err *e)
{
	bool has_tags = a->verb == S3_HEAD || a->verb == S3_GET;

	if (!has_tags || !a->head->tag_error.code)
		return ERR_NONE;
	*e = a->head->tag_error;
	return e->code;
}

enum err_code s3_judge(const struct s3_answer *a, struct s3_meaning *m, struct err *e)
{
	struct text words = {0};

	*m = (struct s3_meaning){.skew = s3_skew(a)};
	if (is_done(a))
		return done(a, e);
	const struct s3_rule *rule = s3_rule_of(a);
	if (rule->not_s3)
		m->skew = STAMP_NONE;
	else
		m->wait = wait_of(a);
	if (rule->is == ERR_NONE)
		return ERR_NONE;
	m->hint = rule->hint;
	say(&words, rule->words, a);
	err_set(e, rule->is, "%s (HTTP %u%s%s)", words.at, a->head->status, *s3_code(a) ? " " : "",
		s3_code(a));
	text_free(&words);
	return rule->is;
}
