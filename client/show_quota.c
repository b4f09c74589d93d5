#include "client/show.h"

#include <stdio.h>
#include <string.h>

#define GB 1e9 /* as it is billed */

static enum mark mark_of(const struct doc *gauge)
{
	const char *level = doc_as_text(doc_get(gauge, "level"), "");

	if (strcmp(level, "fine") == 0)
		return MARK_GOOD;
	return strcmp(level, "block") == 0 ? MARK_BAD : MARK_WARN;
}

/* How much of the limit it is, and what it comes to by the end of the month. */
static void rest(struct pen *p, const struct doc *gauge, bool of_bytes)
{
	const struct doc *limit = doc_get(gauge, "limit"), *then = doc_get(gauge, "projected");
	double used = doc_as_real(doc_get(gauge, "used"), 0), most = doc_as_real(limit, 0);
	char part[40];

	if (most > 0) {
		(void)snprintf(part, sizeof(part), "%.1f", 100 * used / most);
		pen_add(p, " (%s%%)", part);
	}
	if (doc_is_number(then)) {
		pen_add(p, ", by the month's end ");
		(of_bytes ? pen_size : pen_number)(p, then);
	}
	if (most > 0) {
		pen_add(p, "  ");
		pen_mark(p, mark_of(gauge));
	}
}

static void operations(struct pen *p, const struct doc *gauge)
{
	pen_number(p, doc_get(gauge, "used"));
	if (doc_is_number(doc_get(gauge, "limit"))) {
		pen_add(p, " of ");
		pen_number(p, doc_get(gauge, "limit"));
	}
	rest(p, gauge, false);
}

static void storage(struct pen *p, const struct doc *gauge)
{
	double limit = doc_as_real(doc_get(gauge, "limit"), 0) / GB;
	char number[40];

	if (!doc_is_number(doc_get(gauge, "used"))) {
		pen_add(p, "not measured yet");
		return;
	}
	pen_size(p, doc_get(gauge, "used"));
	if (limit > 0) {
		(void)snprintf(number, sizeof(number), "%.6g%s", limit,
			limit >= 1 && limit < 1e6 && limit - (double)(int64_t)limit <= 0 ? ".0"
											 : "");
		pen_add(p, " of %s GB", number);
	}
	rest(p, gauge, true);
}

void show_quota(struct pen *p, const struct doc *status)
{
	const struct doc *quota = doc_get(status, "quota");
	const struct doc *warning = doc_get(quota, "warning");

	if (!doc_is_object(quota))
		return;
	pen_add(p, "\n%s Usage:\n",
		strcmp(doc_as_text(doc_get(status, "backend"), ""), "r2") == 0
			? "R2 Free Tier Quota"
			: "Bucket");
	pen_row(p, SHOW_VALUES, "Storage", storage, doc_get(quota, "storage_bytes"));
	pen_row(p, SHOW_VALUES, "Class A Operations", operations, doc_get(quota, "class_a"));
	pen_row(p, SHOW_VALUES, "Class B Operations", operations, doc_get(quota, "class_b"));
	if (doc_is_text(warning)) {
		pen_add(p, "  ");
		pen_mark(p, MARK_WARN);
		pen_add(p, " ");
		pen_sentence(p, 4, doc_as_text(warning, ""));
		pen_add(p, "\n");
	}
}
