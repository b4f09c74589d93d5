#include "daemon/restore_record.h"

#include "common/doc.h"
#include "common/scoped.h"
#include "daemon/io/disk.h"

#include <string.h>

#define NAME "restoring.json"
#define MOST 65536 /* bytes that are read of it */

enum err_code restore_record_put(
	const struct state *s, const struct restore_record *r, struct err *e)
{
	scoped(fd) int folder = disk_open_folder(state_folder(s), e);
	scoped(heap) char *chosen = version_whole(&r->chosen);
	scoped(heap) char *heir = version_whole(&r->heir);
	struct doc *d = doc_object();
	struct text bytes = {0};

	doc_put_text(d, "database", r->database);
	doc_put_text(d, "key", r->key);
	doc_put_text(d, "content", r->content);
	doc_put_text(d, "before", r->before);
	doc_put_bool(d, "logged", r->logged);
	doc_put_bool(d, "synced", r->synced);
	doc_put_bool(d, "publish", r->publish);
	doc_put_bool(d, "restored", r->restored);
	doc_put_text(d, "chosen", chosen);
	doc_put_text(d, "heir", heir);
	scoped(heap) char *text = doc_pretty(d);
	doc_free(d);
	if (folder < 0)
		return e->code;
	text_add(&bytes, "%s\n", text);
	e->code = disk_write(folder, NAME, 0600, &bytes, e);
	text_free(&bytes);
	return e->code;
}

static bool take(const struct doc *d, const char *name, char *to, size_t size)
{
	return text_fit(to, size, doc_as_text(doc_get(d, name), ""));
}

static enum err_code read_record(const struct doc *d, struct restore_record *r, struct err *e)
{
	if (!take(d, "database", r->database, sizeof(r->database)) ||
		!take(d, "key", r->key, sizeof(r->key)) ||
		!take(d, "content", r->content, sizeof(r->content)) ||
		!take(d, "before", r->before, sizeof(r->before)))
		return err_set(e, ERR_CORRUPT, NAME " is damaged");
	r->logged = doc_as_bool(doc_get(d, "logged"), false);
	r->synced = doc_as_bool(doc_get(d, "synced"), false);
	r->publish = doc_as_bool(doc_get(d, "publish"), false);
	r->restored = doc_as_bool(doc_get(d, "restored"), false);
	if (version_read_whole(&r->chosen, doc_as_text(doc_get(d, "chosen"), ""), e))
		return e->code;
	return version_read_whole(&r->heir, doc_as_text(doc_get(d, "heir"), ""), e);
}

enum err_code restore_record_get(const struct state *s, struct restore_record *r, struct err *e)
{
	scoped(fd) int folder = disk_open_folder(state_folder(s), e);
	struct text bytes = {0};
	struct doc *d = NULL;

	*r = (struct restore_record){0};
	if (folder < 0)
		return e->code;
	if (!disk_read(folder, NAME, MOST, &bytes, e) && !doc_parse(&d, bytes.at, bytes.length, e))
		e->code = read_record(d, r, e);
	text_free(&bytes);
	doc_free(d);
	return e->code;
}

enum err_code restore_record_remove(const struct state *s, struct err *e)
{
	scoped(fd) int folder = disk_open_folder(state_folder(s), e);

	return folder < 0 ? e->code : disk_remove(folder, NAME, e);
}
