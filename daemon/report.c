#include "daemon/report.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/state_alerts.h"
#include "daemon/whereabouts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void report_moment(struct doc *d, const char *name, int64_t moment)
{
	char text[STAMP_TEXT];

	doc_put_text(d, name, moment == STAMP_NONE ? NULL : stamp_json(text, moment));
}

void report_words(struct doc *d, const char *name, const char *words)
{
	doc_put_text(d, name, words && *words ? words : NULL);
}

/* --- versions ---------------------------------------------------------- */

struct marks {
	bool suspect, pinned;
};

static struct doc *version(
	const struct version *v, const char *key, enum copy_state state, struct marks marks)
{
	struct doc *d = doc_object();

	report_words(d, "id", v->id);
	doc_put_text(d, "key", key);
	doc_put_text(d, "db_name", v->db_name);
	report_moment(d, "timestamp", v->timestamp);
	doc_put_int(d, "size_bytes", (int64_t)v->size);
	if (v->record_count == VERSION_NO_COUNT)
		doc_put_null(d, "record_count");
	else
		doc_put_int(d, "record_count", v->record_count);
	report_words(d, "operation", v->operation);
	report_words(d, "checksum", v->checksum);
	report_words(d, "machine", v->machine);
	report_words(d, "host", v->host);
	doc_put_text(d, "state", copy_state_name(state));
	doc_put_bool(d, "suspect", marks.suspect);
	doc_put_bool(d, "pinned", marks.pinned);
	return d;
}

struct doc *report_version(const struct state_version *v)
{
	struct doc *d = version(&v->v, v->key, v->state, (struct marks){v->suspect, v->pinned});

	report_words(d, "why", v->why);
	report_words(d, "error", v->error);
	return d;
}

struct doc *report_listed(const struct state_listed *l)
{
	struct doc *d =
		version(&l->seen.v, l->seen.key, l->state, (struct marks){l->suspect, l->pinned});

	doc_put_bool(d, "described", l->seen.described);
	report_words(d, "refused", l->seen.refused);
	return d;
}

struct doc *report_lacking(const struct engine_parts *p)
{
	struct config_lack lacks[CONFIG_LACKS];
	size_t count = config_lacks(p->config, lacks);
	struct doc *list = doc_array();

	for (size_t i = 0; i < count; i++)
		doc_add_text(list, lacks[i].variable);
	return list;
}

/* --- status ------------------------------------------------------------ */

/* Where our clock is known to be wrong, its moments are told as they were in truth; one from before
 * it was set back is not of the future. */
static void put_clock(struct doc *d, const char *name, const struct engine_parts *p, int64_t moment)
{
	int64_t corrected = engine_corrected(p, moment), now = engine_clock(p);

	report_moment(d, name, corrected > now ? now : corrected);
}

static struct doc *store(const struct engine_parts *p)
{
	struct storage_view see = storage_see(p->storage);
	struct doc *d = doc_object();

	if (see.reached < 0)
		doc_put_null(d, "reachable");
	else
		doc_put_bool(d, "reachable", see.reached);
	put_clock(d, "checked_at", p, see.asked_at);
	put_clock(d, "last_ok_at", p, see.ok_at);
	report_words(d, "place", see.place);
	report_words(d, "error", see.error);
	report_words(d, "warning", see.warning);
	doc_put(d, "lacking", report_lacking(p));
	return d;
}

static struct doc *scans(const struct engine_parts *p)
{
	int64_t oldest = p->tally.oldest_at, now = engine_clock(p);
	int64_t until = pipeline_until(p->pipeline);
	struct doc *d = doc_object();

	doc_put_int(d, "total", p->tally.total);
	doc_put_int(d, "since_backup", p->tally.since_backup);
	if (until < 0)
		doc_put_null(d, "until_backup");
	else
		doc_put_int(d, "until_backup", until);
	doc_put_int(d, "unprotected", p->tally.unprotected);
	/* One that was counted before the clock was found to be ahead is not of the future. */
	report_moment(d, "oldest_unprotected_at", oldest > now ? now : oldest);
	return d;
}

static bool same(const struct state_version *a, const struct state_version *b)
{
	return strcmp(a->v.id, b->v.id) == 0;
}

/* What a person can do about it, where the error's own text does not say. */
static const char *mend_of(const struct err *e)
{
	static const struct {
		enum err_code code;
		const char *mend;
	} mends[] = {
		{ERR_RECOVERY,
                 "open the database once with its application (or sqlite3): that recovers "
			"it"									},
		{ERR_BUSY,     "let the program that holds it finish its write; casmand tries again"},
		{ERR_MISSING,  "nothing, if its application has not made it yet; else check `path`" },
		{ERR_CORRUPT,  "restore a version: casmanctl list"                                  },
		{ERR_FULL,     "make room on the disk of the state folder (df -h)"                  },
		{ERR_DENIED,   "let casmand's user read the file and its folder (ls -l, id casman)" },
	};

	if (!e || strstr(e->text, "Mend:"))
		return NULL;
	for (size_t i = 0; i < LENGTH(mends); i++)
		if (mends[i].code == e->code)
			return mends[i].mend;
	return NULL;
}

/* Of commits that no version holds, and of versions that the store has. */
static void put_moments(
	struct doc *d, const struct engine_parts *p, const struct pipeline_view *view)
{
	struct state_database row = {.first_change_at = STAMP_NONE};
	int64_t stored;
	struct err e;

	if (state_version_stored(p->state, view->config->name, storage_id(p->storage), &stored, &e))
		stored = STAMP_NONE;
	if (view->dirty && state_database_get(p->state, view->config->name, &row, &e))
		row.first_change_at = STAMP_NONE;
	report_moment(d, "last_stored_at", stored);
	put_clock(d, "dirty_since", p, view->dirty ? row.first_change_at : STAMP_NONE);
}

static struct doc *database(const struct engine_parts *p, const struct pipeline_view *view)
{
	static const char *const on_change[] = {"backup", "mark", "ignore"};
	static const char *const scans_from[] = {"auto", "socket", "commits"};
	struct doc *d = doc_object();
	struct state_version last = {0}, newest;
	int64_t store = storage_id(p->storage);
	struct err e;
	bool known = !state_version_newest(p->state, view->config->name, store, &newest, &e);
	bool any = known && !state_version_here(p->state, view->config->name, store, &last, &e);

	doc_put_text(d, "name", view->config->name);
	doc_put_text(d, "path", view->path);
	doc_put_bool(d, "present", view->present);
	if (view->present)
		doc_put_int(d, "size_bytes", (int64_t)view->size);
	else
		doc_put_null(d, "size_bytes");
	doc_put_text(d, "state", lineage_name(whereabouts_of(p, view)));
	doc_put_bool(d, "dirty", view->dirty);
	put_moments(d, p, view);
	report_moment(d, "unchanged_since",
		any && same(&last, &newest) && view->unchanged_since != STAMP_NONE
			? last.v.timestamp
			: STAMP_NONE);
	if (any)
		doc_put(d, "last_version", report_version(&last));
	else
		doc_put_null(d, "last_version");
	doc_put_text(d, "error", view->error ? view->error->text : NULL);
	doc_put_text(d, "error_name", view->error ? err_name(view->error->code) : NULL);
	doc_put_text(d, "mend", mend_of(view->error));
	doc_put_text(d, "on_change", on_change[view->config->on_change]);
	doc_put_text(d, "scans_from", scans_from[view->config->scans_from]);
	state_version_end(&newest);
	state_version_end(&last);
	return d;
}

static struct doc *databases(const struct engine_parts *p)
{
	struct doc *list = doc_array();
	struct pipeline_view view;

	for (size_t i = 0; pipeline_see(p->pipeline, i, &view); i++)
		doc_add(list, database(p, &view));
	return list;
}

static struct doc *warnings(const struct engine_parts *p)
{
	struct doc *list = doc_array();
	char *text = text_copy(p->config->warnings.at ? p->config->warnings.at : ""), *rest = text;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		doc_add_text(list, line);
	free(text);
	return list;
}

static struct doc *counts(const struct engine_counts *c)
{
	struct doc *d = doc_object();

	doc_put_int(d, "captured", c->captured);
	doc_put_int(d, "unchanged", c->unchanged);
	doc_put_int(d, "capture_failed", c->capture_failed);
	doc_put_int(d, "stored", c->stored);
	doc_put_int(d, "upload_failed", c->upload_failed);
	return d;
}

static void add_alert(void *arg, const struct notice *n)
{
	struct doc *list = arg, *d = doc_object();

	doc_put_text(d, "condition", n->condition);
	report_words(d, "database", n->database);
	doc_put_text(d, "words", n->words);
	report_moment(d, "since", n->at);
	doc_add(list, d);
}

/* null: nobody knows. */
static void put_alerts(struct doc *d, const struct engine_parts *p)
{
	struct doc *list = doc_array();
	struct err e;

	if (!state_alerts_raised(p->state, add_alert, list, &e)) {
		doc_put(d, "alerts", list);
		return;
	}
	doc_free(list);
	doc_put_null(d, "alerts");
}

static void put_skew(struct doc *d, int64_t skew)
{
	if (skew == STAMP_NONE)
		doc_put_null(d, "clock_skew_seconds");
	else
		doc_put_int(d, "clock_skew_seconds",
			(skew + (skew < 0 ? -STAMP_SECOND : STAMP_SECOND) / 2) / STAMP_SECOND);
}

/* The second number of /proc/self/statm, in pages (proc(5)). */
static void put_resident(struct doc *d)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128] = "", *second = NULL;

	if (f && fgets(line, sizeof(line), f))
		second = strchr(line, ' ');
	if (f)
		(void)fclose(f);
	if (second)
		doc_put_int(d, "resident_bytes", strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE));
	else
		doc_put_null(d, "resident_bytes");
}

static void put_or_null(struct doc *d, const char *name, struct doc *value)
{
	if (value)
		doc_put(d, name, value);
	else
		doc_put_null(d, name);
}

static struct doc *retention(const struct engine_parts *p)
{
	const struct err *error = prune_error(p->prune);
	struct doc *d = doc_object();
	bool python;
	struct err e;

	doc_put_text(d, "error", error ? error->text : NULL);
	doc_put_text(d, "error_name", error ? err_name(error->code) : NULL);
	if (!kept_python(p->state, storage_id(p->storage), &python, &e))
		doc_put_bool(d, "python_client", python);
	else
		doc_put_null(d, "python_client");
	return d;
}

struct doc *report_status(const struct engine *g)
{
	const struct engine_parts *p = engine_parts(g);
	const struct config_bucket *bucket = config_bucket(p->config);
	struct storage_view see = storage_see(p->storage);
	struct doc *d = doc_object();

	doc_put_bool(d, "enabled", p->config->enabled);
	doc_put_text(d, "backend", config_backend_name(p->config->backend));
	doc_put_text(d, "bucket", bucket ? bucket->bucket_name : NULL);
	doc_put_text(d, "endpoint", see.endpoint);
	doc_put_int(d, "keep_versions", p->config->keep_versions);
	doc_put_int(d, "backup_on_scan_count", p->config->backup_on_scan_count);
	doc_put_real(d, "backup_on_hours", p->config->backup_on_hours);
	doc_put(d, "store", store(p));
	doc_put(d, "scans", scans(p));
	put_clock(d, "last_backup_at", p, pipeline_last_backup(p->pipeline));
	doc_put(d, "databases", databases(p));
	doc_put(d, "queue", report_queue(p));
	put_skew(d, see.skew);
	put_or_null(d, "quota", report_quota(p));
	doc_put(d, "retention", retention(p));
	put_or_null(d, "maintain", report_maintain(p));
	doc_put(d, "proof", report_proof(p));
	doc_put_text(d, "machine", state_machine(p->state));
	doc_put_text(d, "version", CASMAND_VERSION);
	doc_put_int(d, "pid", getpid());
	put_resident(d);
	put_alerts(d, p);
	doc_put(d, "counts", counts(&p->counts));
	doc_put(d, "warnings", warnings(p));
	return d;
}
