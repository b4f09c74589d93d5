#include "client/show.h"

#include <string.h>

#define VALUES 12 /* the column of what is now and what would be */

static void version(struct pen *p, const struct doc *v)
{
	int64_t records;

	if (pen_is_count(doc_get(v, "record_count"), &records)) {
		pen_many(p, records, "record");
		pen_add(p, ", ");
	}
	pen_size(p, doc_get(v, "size_bytes"));
	pen_add(p, ", of ");
	pen_when(p, doc_get(v, "timestamp"));
}

static void now(struct pen *p, const struct doc *d)
{
	const struct doc *last = doc_get(d, "last_version");

	if (!doc_as_bool(doc_get(d, "present"), true)) {
		pen_add(p, "there is no file");
		return;
	}
	if (!doc_is_object(last)) {
		pen_size(p, doc_get(d, "size_bytes"));
		pen_add(p, ", no version yet");
		return;
	}
	version(p, last);
	if (doc_as_bool(doc_get(d, "dirty"), false))
		pen_add(p, ", and changed since");
}

static void then(struct pen *p, const struct doc *v)
{
	const struct doc *operation = doc_get(v, "operation");

	version(p, v);
	if (doc_is_text(operation)) {
		pen_add(p, ":");
		pen_more(p, VALUES, " ", doc_as_text(operation, ""));
	}
}

static void would(struct pen *p, const struct doc *result)
{
	const struct doc *v = doc_get(result, "version");

	pen_row(p, VALUES, "Database", pen_text, doc_get(result, "database"));
	pen_row(p, VALUES, "Now", now, doc_get(result, "now"));
	pen_row(p, VALUES, "Then", then, v);
	pen_row(p, VALUES, "Key", pen_text, doc_get(v, "key"));
}

static void line(struct pen *p, const char *words, const struct doc *v)
{
	pen_add(p, "  %s ", words);
	pen_text(p, doc_get(v, "key"));
	pen_add(p, "\n");
}

void show_restore(struct pen *p, const struct doc *result)
{
	const struct doc *safety = doc_get(result, "safety"), *note = doc_get(result, "note");
	const struct doc *published = doc_get(result, "published");
	const struct doc *later = doc_get(result, "publish_error");
	const struct doc *dest = doc_get(result, "dest");

	if (doc_as_bool(doc_get(result, "dry_run"), false)) {
		would(p, result);
		return;
	}
	pen_mark(p, MARK_GOOD);
	pen_add(p, " ");
	pen_text(p, dest ? dest : doc_get(result, "database"));
	pen_add(p, dest ? " written: " : " restored: ");
	version(p, doc_get(result, "version"));
	pen_add(p, "\n");
	line(p, "from", doc_get(result, "version"));
	if (doc_is_object(safety))
		line(p, "what was there before is", safety);
	if (doc_is_object(published))
		line(p, "other machines will follow to", published);
	if (doc_is_text(later)) {
		pen_mark(p, MARK_WARN);
		pen_add(p, " not published yet: ");
		pen_sentence(p, 2, doc_as_text(later, ""));
		pen_add(p, "\n");
	}
	if (doc_is_text(note)) {
		pen_mark(p, MARK_WARN);
		pen_add(p, " ");
		pen_sentence(p, 2, doc_as_text(note, ""));
		pen_add(p, "\n");
	}
}
