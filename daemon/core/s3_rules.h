/* s3_rules.h - which answer means what, as a table.  Pure; for s3_judge.c alone. */
#pragma once

#include "daemon/core/s3.h"

struct s3_rule {
	/* Which answers: all that is given must hold. */
	const char *codes;    /* of S3, with a blank between; "": none was said; NULL: whatever */
	unsigned least, most; /* HTTP status; 0: any */
	unsigned verbs;       /* a bit each; 0: any */
	enum err_code is;
	bool (*when)(const struct s3_answer *a);
	/* What a person does: {bucket}, {endpoint}, {do}, {region}, {clock} and {message} stand for
	 * what the answer has of that. */
	const char *words;
	enum s3_hint hint;
	bool not_s3; /* somebody else answered, and nothing that he says counts */
};

/* The first that fits an answer that did not go well; there always is one. */
const struct s3_rule *s3_rule_of(const struct s3_answer *a);

/* What is in an answer. */
const char *s3_code(const struct s3_answer *a);   /* "": none */
unsigned s3_status(const struct s3_answer *a);    /* an error that comes under 200 is 500 */
const char *s3_region(const struct s3_answer *a); /* of the bucket; "": not said */
bool s3_is_page(const struct s3_answer *a);       /* a web page, as portals send */
int64_t s3_skew(const struct s3_answer *a);       /* STAMP_NONE: not known */
