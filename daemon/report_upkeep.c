#include "common/stamp.h"
#include "daemon/duty.h"
#include "daemon/io/state_proof.h"
#include "daemon/report.h"

struct doc *report_maintain(const struct engine_parts *p)
{
	const char *idle = duty_idle(p, DUTY_MAINTAIN);
	struct state_upkeep u;
	struct rota rota;
	struct doc *d;
	struct err e;

	if (idle || duty_rota(p, DUTY_MAINTAIN, &rota, &u, &e))
		return NULL;
	d = doc_object();
	report_moment(d, "last_at", u.last_at);
	report_moment(d, "next_at", rota_next(&rota));
	doc_put_bool(d, "under_way", u.under_way);
	doc_put_int(d, "touched", u.touched);
	doc_put_int(d, "moved", u.moved);
	doc_put_int(d, "kept", u.kept);
	doc_put_int(d, "failed", u.failed);
	return d;
}

static struct doc *proof(const struct engine_parts *p, const char *database)
{
	struct doc *d = doc_object();
	struct state_proven proven;
	struct err e;

	if (state_proven(p->state, storage_id(p->storage), database, &proven, &e))
		proven = (struct state_proven){.at = STAMP_NONE, .behind = -1};
	doc_put_text(d, "database", database);
	report_words(d, "key", proven.key);
	report_moment(d, "proven_at", proven.at);
	if (proven.behind < 0)
		doc_put_null(d, "scans_behind");
	else
		doc_put_int(d, "scans_behind", proven.behind);
	report_words(d, "bad", proven.bad);
	return d;
}

struct doc *report_proof(const struct engine_parts *p)
{
	struct doc *list = doc_array();

	for (size_t i = 0; i < p->config->database_count; i++)
		doc_add(list, proof(p, p->config->databases[i].name));
	return list;
}
