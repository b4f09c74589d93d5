#include "common/stamp.h"
#include "daemon/report.h"
#include "daemon/sync_inner.h"

#include <string.h>

/* What a program has to be told of each database; the rest is for people. */
static const char *key_of(const struct sync_item *item)
{
	switch (item->deed) {
	case SYNC_DOWNLOAD:
	case SYNC_STOP:
		return item->w.l.take == LINEAGE_NONE ? NULL
						      : item->w.listed[item->w.l.take].seen.key;
	case SYNC_QUEUE:
	case SYNC_PUBLISH: return doc_as_text(doc_get(item->made, "key"), NULL);
	case SYNC_NOTHING:
	case SYNC_FAIL:
	default: return NULL;
	}
}

/* Takes `detail`. */
static void add_members(struct doc *to, struct doc *detail)
{
	struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(detail, i, &name, &value); i++)
		if (!doc_get(to, name))
			doc_put(to, name, doc_copy(value));
	doc_free(detail);
}

struct doc *sync_answer(const struct sync *s, struct doc *detail)
{
	const struct sync_item *item = &s->item;
	struct doc *d = doc_object();

	doc_put_text(d, "name", sync_name(s));
	doc_put_text(d, "state", lineage_name(item->state));
	doc_put_text(d, "did", sync_did(item->deed));
	doc_put_text(d, "key", key_of(item));
	if (item->deed == SYNC_FAIL) {
		doc_put_text(d, "error", item->error.text);
		doc_put_text(d, "error_name", err_name(item->error.code));
	}
	if ((item->deed == SYNC_QUEUE || item->deed == SYNC_PUBLISH) && item->made)
		doc_put(d, "version", doc_copy(item->made));
	if (item->deed == SYNC_DOWNLOAD)
		doc_put(d, "version", report_listed(&item->w.listed[item->w.l.take]));
	add_members(d, detail);
	return d;
}

/* --- two histories ----------------------------------------------------- */

static struct doc *heads(const struct whereabouts *w)
{
	struct doc *list = doc_array();

	for (size_t i = 0; i < w->known.count; i++)
		if (w->known.list[i].head)
			doc_add(list, report_listed(&w->listed[i]));
	return list;
}

/* The version that the local contents are; they were captured just now. */
static struct doc *ours(const struct whereabouts *w)
{
	char base[VERSION_ID + 1] = "", id[VERSION_ID + 1];

	if (w->has_base)
		version_identity(&w->base, base);
	for (size_t i = 0; i < w->known.count && base[0]; i++) {
		version_identity(w->known.list[i].v, id);
		if (strcmp(base, id) == 0)
			return report_listed(&w->listed[i]);
	}
	return NULL;
}

static struct doc *tables(const struct differ *d)
{
	struct doc *list = doc_array();

	for (size_t i = 0; i < d->count; i++) {
		const struct differ_table *t = &d->tables[i];
		struct doc *table = doc_object();

		doc_put_text(table, "table", t->name);
		if (t->here < 0)
			doc_put_null(table, "here");
		else
			doc_put_int(table, "here", t->here);
		if (t->there < 0)
			doc_put_null(table, "there");
		else
			doc_put_int(table, "there", t->there);
		doc_add(list, table);
	}
	return list;
}

static void put(struct doc *d, const char *name, struct doc *value)
{
	if (value)
		doc_put(d, name, value);
	else
		doc_put_null(d, name);
}

struct doc *sync_diverged(const struct sync *s, const struct err *e)
{
	const struct whereabouts *w = &s->item.w;
	const struct version *theirs =
		w->l.take == LINEAGE_NONE ? NULL : w->known.list[w->l.take].v;
	size_t fork =
		theirs && w->has_base ? lineage_fork(&w->known, &w->base, theirs) : LINEAGE_NONE;
	struct doc *d = doc_object();

	report_moment(
		d, "since", fork == LINEAGE_NONE ? STAMP_NONE : w->known.list[fork].v->timestamp);
	doc_put(d, "heads", heads(w));
	doc_put_bool(d, "cloned", w->l.cloned);
	put(d, "ours", ours(w));
	put(d, "theirs", theirs ? report_listed(&w->listed[w->l.take]) : NULL);
	put(d, "differs", theirs && !e->code ? tables(&s->differ) : NULL);
	report_words(d, "differs_error", e->code ? e->text : NULL);
	return d;
}
