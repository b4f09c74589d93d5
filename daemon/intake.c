#include "daemon/intake.h"

#include "common/log.h"
#include "daemon/io/alarm.h"
#include "daemon/io/inbox.h"
#include "daemon/scans.h"

#include <string.h>

#define A_TURN 64              /* files read in one turn of the loop, and counted together */
#define AGAIN  UINT64_C(60000) /* ms until scans that could not be counted are looked at again */

/* A file that is a scan. */
struct letter {
	char name[NAME_MAX + 1];
	struct proto_request request;
};

struct intake {
	struct inbox *inbox;
	void (*soon)(void *arg);
	void *arg;
	bool news;    /* files came since the last look began */
	bool looking; /* a look goes on */
	bool left;    /* and left some for the next */
	uint64_t again;
	/* of the look that goes on */
	struct letter letters[A_TURN];
	struct state_scan scans[A_TURN];
	size_t count;
	unsigned taken, refused;
	struct err why, failure; /* of the first that was refused, or could not be counted */
};

static void on_news(void *arg)
{
	struct intake *in = arg;

	in->news = true;
	in->soon(in->arg);
}

struct intake *intake_open(const struct engine_parts *p, void (*soon)(void *arg), void *arg)
{
	const char *folder = p->config->inbox;
	struct intake *in;
	struct err e;

	if (!*folder)
		return NULL;
	in = text_room(1, sizeof(*in));
	in->soon = soon;
	in->arg = arg;
	in->news = true;
	in->again = ALARM_NEVER;
	const struct inbox_events events = {.news = on_news, .arg = in};
	if (inbox_open(&in->inbox, p->loop, folder, &events, &e) == ERR_NONE)
		return in;
	if (e.code == ERR_MISSING)
		log_debug("inbox", "missing=%s", folder);
	else
		log_warning(
			"inbox", "warning=\"scans that apps leave are not taken in: %s\"", e.text);
	free(in);
	return NULL;
}

struct ending {
	struct intake *in;
	void (*closed)(void *arg);
	void *arg;
};

static void on_closed(void *arg)
{
	struct ending end = *(struct ending *)arg;

	free(arg);
	free(end.in);
	end.closed(end.arg);
}

void intake_close(struct intake *in, void (*closed)(void *arg), void *arg)
{
	struct ending *end = text_room(1, sizeof(*end));

	*end = (struct ending){in, closed, arg};
	inbox_close(in ? in->inbox : NULL, on_closed, end);
}

/* --- one file ---------------------------------------------------------- */

/* With the same table and in the same words as one that comes by the socket. */
static enum err_code read_letter(const struct inbox_file *f, const struct engine *engine,
	struct letter *l, struct state_scan *scan, struct err *e)
{
	size_t length = f->length;

	while (length && f->bytes[length - 1] == '\n')
		length--;
	if (proto_parse(&l->request, f->bytes, length, e) != PROTO_OK)
		return ERR_PROTO;
	if (strcmp(l->request.method, "scan") != 0)
		return err_set(e, ERR_PROTO, "it is no scan");
	if (call_check(&l->request, scans_rules, e) || scans_read(&l->request, engine, scan, e))
		return e->code;
	if (!scan->uid)
		return err_set(e, ERR_PROTO, "it has no uid");
	memcpy(l->name, f->name, sizeof(l->name));
	return ERR_NONE;
}

static void remove_file(struct intake *in, const char *name)
{
	struct err e;

	if (inbox_remove(in->inbox, name, &e) && !in->failure.code)
		in->failure = e;
}

static void refuse(struct intake *in, const struct inbox_file *f, const struct err *why)
{
	if (in->refused++ == 0)
		err_set(&in->why, ERR_REFUSED, "%s of user %u: %s", f->name, f->owner, why->text);
	remove_file(in, f->name);
}

/* False: there are no more. */
static bool take_one(struct intake *in, const struct engine *engine)
{
	struct letter *l = &in->letters[in->count];
	struct inbox_file f;
	struct err e;

	switch (inbox_next(in->inbox, &f)) {
	case INBOX_END: return false;
	case INBOX_BAD: refuse(in, &f, &f.why); break;
	case INBOX_SCAN:
		if (read_letter(&f, engine, l, &in->scans[in->count], &e) == ERR_NONE) {
			in->count++;
			break;
		}
		proto_request_free(&l->request);
		refuse(in, &f, &e);
		break;
	case INBOX_LATER: in->left = true; break;
	case INBOX_NOTHING:
	default: break;
	}
	return true;
}

/* --- those of one turn -------------------------------------------------- */

static void count_them(struct intake *in, struct engine *engine)
{
	struct err e;

	if (in->count && state_scans_add(engine_parts(engine)->state, in->scans, in->count, &e)) {
		if (!in->failure.code)
			in->failure = e;
	} else {
		for (size_t i = 0; i < in->count; i++) {
			if (!in->scans[i].again)
				engine_scanned(engine, in->scans[i].database, in->scans[i].count);
			in->taken += !in->scans[i].again;
			remove_file(in, in->letters[i].name);
		}
	}
	for (size_t i = 0; i < in->count; i++)
		proto_request_free(&in->letters[i].request);
	in->count = 0;
}

static void begin_look(struct intake *in)
{
	in->news = in->left = false;
	in->again = ALARM_NEVER;
	in->taken = in->refused = 0;
	in->failure.code = ERR_NONE;
	in->looking = inbox_begin(in->inbox, &in->failure) == ERR_NONE;
}

static void end_look(struct intake *in, uint64_t now)
{
	in->looking = false;
	if (in->taken)
		log_info("inbox", "taken=%u", in->taken);
	else
		log_debug("inbox", "taken=0");
	if (in->refused)
		log_warning("inbox", "removed=%u first=\"%s\"", in->refused, in->why.text);
	if (in->failure.code) {
		log_error("inbox", "error=\"%s\"", in->failure.text);
		in->again = now + AGAIN;
	} else if (in->left) {
		in->again = now; /* what was in the way is gone */
	}
}

uint64_t intake_turn(struct intake *in, struct engine *engine, uint64_t now)
{
	if (!in)
		return ALARM_NEVER;
	if (!in->looking) {
		if (!in->news && now < in->again)
			return in->again;
		begin_look(in);
	}
	bool more = in->looking;
	for (size_t i = 0; i < A_TURN && more; i++)
		more = take_one(in, engine);
	count_them(in, engine);
	if (more)
		return now;
	end_look(in, now);
	return in->news ? now : in->again;
}
