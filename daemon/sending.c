#include "daemon/sending.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void obey(struct sending *s, enum upload_order order, const struct err *e);

static enum err_code write_down(
	const struct sending *s, enum copy_state state, const char *error, struct err *e)
{
	return state_copy_put(s->state,
		&(struct state_copy){.version = s->version.v.id,
			.store = storage_id(s->storage),
			.state = state,
			.key = s->version.key,
			.error = error},
		e);
}

static void end(struct sending *s, enum copy_state state, const struct err *e)
{
	char id[VERSION_ID + 1];

	memcpy(id, s->version.v.id, sizeof(id));
	free(s->spooled);
	free(s->metadata);
	state_version_end(&s->version);
	s->busy = false;
	s->ended(s, id, state, e);
}

static void stored(struct sending *s)
{
	struct err e;

	if (write_down(s, COPY_STORED, "", &e)) {
		end(s, COPY_CAPTURED, &e); /* the next try finds it in the store */
		return;
	}
	(void)unlink(s->spooled);
	log_info("stored", "db=%s key=%s size=%" PRIu64, s->version.v.db_name, s->version.key,
		s->version.v.size);
	end(s, COPY_STORED, NULL);
}

/* What the store has a part of, or may have, stays `sending`: superseded, it would stay there half. */
static void ended_badly(struct sending *s, const struct err *e)
{
	bool bad = s->at == UPLOAD_BAD;
	struct err second;

	if (bad) {
		log_error("bad version", "db=%s key=%s error=\"%s\"", s->version.v.db_name,
			s->version.key, e->text);
		(void)unlink(s->spooled);
	}
	if (write_down(s,
		    bad                 ? COPY_BAD
			    : s->placed ? COPY_SENDING
					: COPY_CAPTURED,
		    e->text, &second))
		log_error("state", "error=\"%s\"", second.text);
	end(s, bad ? COPY_BAD : COPY_CAPTURED, e);
}

static void next_key(struct sending *s)
{
	char database[CONFIG_NAME_MAX + 1];
	int64_t moment;

	REQUIRE(objkey_read(s->version.key, database, &moment) == OBJKEY_DATABASE);
	objkey_make(s->version.key, database, moment + STAMP_SECOND);
}

static bool ours(const struct sending *s)
{
	const struct store_request *r = &s->request;

	return r->got.tagged && strcmp(r->got.tags.id, s->version.v.id) == 0 &&
		r->got.size == s->version.v.size;
}

static enum upload_event event_of(const struct sending *s, const struct err *e)
{
	if (e->code == ERR_EXISTS)
		return UPLOAD_TAKEN;
	if (s->request.file && (e->code == ERR_CORRUPT || e->code == ERR_MISSING))
		return UPLOAD_GONE;
	if (e->code == ERR_CORRUPT || e->code == ERR_MISSING || err_may_retry(e->code))
		return UPLOAD_LATER;
	if (e->code)
		return UPLOAD_NEVER;
	if (s->request.verb != STORE_HEAD)
		return UPLOAD_OK;
	if (!ours(s))
		return UPLOAD_OTHERS;
	return s->at == UPLOAD_ASKING ? UPLOAD_MINE : UPLOAD_OK;
}

static void on_answer(struct store_request *r, const struct err *result)
{
	struct sending *s = owner_of(r, struct sending, request);
	struct err e = *result;
	enum upload_event event = event_of(s, &e);

	s->placed = s->placed || (event == UPLOAD_LATER && r->got.maybe);
	storage_went(s->storage, &e);
	store_request_end(r);
	if (*s->closing) {
		end(s, COPY_CAPTURED, &e);
		return;
	}
	if (event == UPLOAD_OTHERS && s->at == UPLOAD_CHECKING)
		err_set(&e, ERR_OFFLINE, "the store does not have %s as it was written",
			s->version.key);
	obey(s, upload_step(&s->at, event), &e);
}

static void ask_store(struct sending *s, enum store_verb verb)
{
	bool telling = s->at == UPLOAD_TELLING;

	s->request =
		(struct store_request){.verb = verb, .version = &s->version.v, .done = on_answer};
	objkey_beside(s->request.key, s->version.key, telling ? OBJKEY_METADATA : "");
	if (verb == STORE_PUT && telling) {
		s->request.bytes = s->metadata;
		s->request.length = strlen(s->metadata);
	} else if (verb == STORE_PUT) {
		s->request.file = s->spooled;
	}
	store_start(storage_store(s->storage), &s->request);
}

static void put(struct sending *s)
{
	struct err e;

	if (write_down(s, COPY_SENDING, "", &e))
		obey(s, upload_step(&s->at, UPLOAD_LATER), &e);
	else
		ask_store(s, STORE_PUT);
}

static void obey(struct sending *s, enum upload_order order, const struct err *e)
{
	switch (order) {
	case UPLOAD_NEXT_KEY:
		next_key(s);
		put(s);
		break;
	case UPLOAD_PUT: put(s); break;
	case UPLOAD_ASK:
	case UPLOAD_CHECK: ask_store(s, STORE_HEAD); break;
	case UPLOAD_TELL:
		s->placed = true;
		ask_store(s, STORE_PUT);
		break;
	case UPLOAD_REST: ended_badly(s, e); break;
	case UPLOAD_REPORT:
		if (s->at == UPLOAD_STORED)
			stored(s);
		else
			ended_badly(s, e);
		break;
	case UPLOAD_WAIT:
	default: break;
	}
}

enum err_code sending_start(struct sending *s, const char *id, struct err *e)
{
	const struct err none = {0};
	struct text path = {0};

	if (state_version_get(s->state, id, storage_id(s->storage), &s->version, e))
		return e->code;
	text_add(&path, "%s/spool/%s", state_folder(s->state), id);
	s->spooled = text_take(&path);
	s->metadata = version_metadata(&s->version.v);
	s->busy = true;
	s->placed = s->version.state == COPY_SENDING; /* killed, or cut, in an earlier try */
	s->at = UPLOAD_WAITING;
	obey(s, upload_step(&s->at, UPLOAD_START), &none);
	return ERR_NONE;
}
