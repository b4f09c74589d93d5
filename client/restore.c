#include "client/restore.h"

#include "client/moment.h"
#include "client/question.h"
#include "client/show.h"
#include "common/scoped.h"
#include "common/span.h"
#include "common/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID 32 /* hex digits of a version's id */

/* --- which version ----------------------------------------------------- */

static bool is_key(const char *word)
{
	return strchr(word, '/') || (strlen(word) == ID && strspn(word, "0123456789abcdef") == ID);
}

static enum err_code put_moment(struct doc *params, struct err *e)
{
	const char *at = doc_as_text(doc_get(params, "at"), NULL);
	const char *before = doc_as_text(doc_get(params, "before"), NULL);
	char text[STAMP_TEXT];
	int64_t moment;

	if (at && !moment_parse(at, &moment))
		return err_set(e, ERR_FAILED, "--at takes a moment such as '2026-11-20 14:30'");
	if (before && !moment_ago(before, &moment))
		return err_set(e, ERR_FAILED, "--before takes a time such as 90min, 2h or 3d");
	if (at || before)
		doc_put_text(params, "at", stamp_json(text, moment));
	return ERR_NONE;
}

/* KEY, or DB latest, or DB with --at or --before. */
static enum err_code put_version(struct doc *params, struct err *e)
{
	const struct doc *words = doc_get(params, "words");
	const char *what = doc_as_text(doc_at(words, 0), NULL);
	const char *second = doc_as_text(doc_at(words, 1), NULL);
	bool timed = doc_get(params, "at") || doc_get(params, "before");

	if (!what || doc_length(words) > 2 || (second && strcmp(second, "latest") != 0))
		return err_set(e, ERR_FAILED, "restore takes a KEY, or a database and `latest`");
	if (doc_get(params, "at") && doc_get(params, "before"))
		return err_set(e, ERR_FAILED, "--at and --before exclude each other");
	if (is_key(what) && (second || timed))
		return err_set(e, ERR_FAILED, "a key says which version: nothing else is taken");
	if (!is_key(what) && !second == !timed)
		return err_set(
			e, ERR_FAILED, "which version of %.40s: latest, --at or --before?", what);
	doc_put_text(params, is_key(what) ? "key" : "database", what);
	return put_moment(params, e);
}

static enum err_code put_lock_timeout(struct doc *params, struct err *e)
{
	const char *text = doc_as_text(doc_get(params, "lock_timeout"), NULL);
	uint64_t ms;

	if (!text)
		return ERR_NONE;
	if (!span_parse_time(text, &ms))
		return err_set(e, ERR_FAILED, "--lock-timeout takes a time such as 30s");
	doc_put_int(params, "lock_timeout", (int64_t)ms);
	return ERR_NONE;
}

/* What goes to casmand. */
static struct doc *request(const struct doc *params)
{
	static const char *const names[] = {
		"key", "database", "at", "safety", "publish", "dry_run", "lock_timeout"};
	struct doc *d = doc_object();

	if (doc_get(params, "dest"))
		doc_put_bool(d, "hand_over", true);

	for (size_t i = 0; i < LENGTH(names); i++)
		if (doc_get(params, names[i]))
			doc_put(d, names[i], doc_copy(doc_get(params, names[i])));
	return d;
}

/* --- into a file ------------------------------------------------------- */

static enum err_code copy(int from, int to, const char *path, struct err *e)
{
	char chunk[65536];
	ssize_t got;

	while ((got = read(from, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno != EINTR)
			return err_sys(e, "read the version");
		for (ssize_t done = 0; done < got;) {
			ssize_t put = write(to, chunk + done, (size_t)(got - done));

			if (put < 0 && errno != EINTR)
				return err_sys(e, "write %s", path);
			done += put > 0 ? put : 0;
		}
	}
	return fsync(to) && errno != EINVAL ? err_sys(e, "write %s", path) : ERR_NONE;
}

/* Nothing is overwritten: a copy over a database destroys it, if it has a -wal. */
static enum err_code write_file(int from, const char *path, struct err *e)
{
	scoped(fd) int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (to < 0)
		return err_sys(e, "make %s", path);
	if (copy(from, to, path, e))
		(void)unlink(path);
	return e->code;
}

/* As who typed it: casmand gives nothing but a descriptor to read from. */
static enum err_code keep_copy(
	struct link *l, const struct doc *params, const char *dest, struct answer *a, struct err *e)
{
	if (link_call(l, "restore", request(params), a, e) || a->error ||
		doc_as_bool(doc_get(a->result, "dry_run"), false))
		return e->code = a->error || a->result ? ERR_NONE : e->code;
	scoped(fd) int from = link_descriptor(l);
	e->code = ERR_NONE;
	if (from < 0)
		err_set(e, ERR_PROTO, "casmand gave no descriptor of the version");
	else
		e->code = write_file(from, dest, e);
	if (e->code)
		doc_free(a->result);
	else
		doc_put_text(a->result, "dest", dest);
	return e->code;
}

enum err_code ask_restore(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	const char *dest = doc_as_text(doc_get(params, "dest"), NULL);
	bool sure = doc_as_bool(doc_get(params, "yes"), false) ||
		doc_as_bool(doc_get(params, "dry_run"), false);

	if (put_version(params, e) || put_lock_timeout(params, e))
		return e->code;
	if (dest)
		return keep_copy(l, params, dest, a, e);
	if (sure)
		return link_call(l, "restore", request(params), a, e);
	if (question_possible(e))
		return e->code;
	doc_put_bool(params, "dry_run", true);
	if (link_call(l, "restore", request(params), a, e) || a->error)
		return e->code = a->error ? ERR_NONE : e->code;
	if (question_put(show_restore, a->result, "Restore it?", e)) {
		doc_free(a->result);
		return e->code;
	}
	/* that very version, whatever comes meanwhile */
	struct doc *sent = request(params);
	doc_put_bool(sent, "dry_run", false);
	doc_put_null(sent, "at");
	doc_put(sent, "key", doc_copy(doc_get(doc_get(a->result, "version"), "key")));
	doc_free(a->result);
	return link_call(l, "restore", sent, a, e);
}
