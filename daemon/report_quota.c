#include "daemon/report.h"

#include <stdio.h>

static struct doc *gauge(const struct quota *q, enum quota_what what)
{
	static const char *const levels[] = {
		[QUOTA_FINE] = "fine", [QUOTA_WARN] = "warn", [QUOTA_BLOCK] = "block"};
	const struct quota_gauge *g = &q->gauges[what];
	struct doc *d = doc_object();

	if (g->used < 0)
		doc_put_null(d, "used");
	else
		doc_put_int(d, "used", g->used);
	if (g->limit == 0)
		doc_put_null(d, "limit");
	else
		doc_put_int(d, "limit", g->limit);
	if (g->projected < 0)
		doc_put_null(d, "projected");
	else
		doc_put_int(d, "projected", g->projected);
	doc_put_text(d, "level", levels[quota_level(q, what)]);
	return d;
}

struct doc *report_quota(const struct engine_parts *p)
{
	struct budget_view see = budget_see(p->budget);
	struct doc *d = see.counted ? doc_object() : NULL;
	struct text warning = {0};
	char month[16];

	if (!d)
		return NULL;
	(void)snprintf(month, sizeof(month), "%04d-%02d", see.month.month / 100 % 10000,
		see.month.month % 100);
	doc_put_text(d, "month", month);
	doc_put(d, "class_a", gauge(&see.quota, QUOTA_CLASS_A));
	doc_put(d, "class_b", gauge(&see.quota, QUOTA_CLASS_B));
	doc_put(d, "storage_bytes", gauge(&see.quota, QUOTA_STORAGE));
	doc_put_int(d, "free", see.month.free);
	doc_put_text(d, "warning", quota_warning(&see.quota, &warning) ? warning.at : NULL);
	text_free(&warning);
	return d;
}
