/* shown.h - checks what a reply looks like, on a screen of a fixed moment. */
#pragma once

#include "check.h"
#include "client/show.h"
#include "common/stamp.h"
#include "quoted.h"

#define SHOWN_RULE                                                                                 \
	"========================================"                                                 \
	"========================================\n"

typedef void shown_writer(struct pen *p, const struct doc *d);

/* 2026-11-20 14:30:00 UTC, a screen of UTF-8 without colours and without a width. */
static inline struct look shown_look(void)
{
	struct look look = {.utf8 = true};

	REQUIRE(stamp_parse_iso("2026-11-20T14:30:00Z", &look.now));
	return look;
}

static inline void shown_on(
	struct look look, shown_writer *show, const char *json, const char *expected)
{
	struct doc *d = quoted_doc(json);
	struct pen p = {.look = look};

	show(&p, d);
	char *text = text_take(&p.text);
	assert_string_equal(text, expected);
	free(text);
	doc_free(d);
}

static inline void shown(shown_writer *show, const char *json, const char *expected)
{
	shown_on(shown_look(), show, json, expected);
}
