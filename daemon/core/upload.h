/* upload.h - the life of one upload, as a table.
 *
 *            START             OK              OK               OK
 *   waiting ------> putting --------> telling ------> checking ------> stored
 *      ^             |  ^  \            |   ^             |
 *      |       TAKEN |  |   \           |   | MINE        |
 *      |             v  |    \ LATER    |   |             |
 *      |  LATER    asking ----\---------|---'             |
 *      |<-----------'  (OTHERS: next key)  LATER          | LATER
 *      |<--------------------------------------------------'
 *
 *   telling -- TAKEN: next key --> putting
 *   any live state -- NEVER --> refused        any live state -- GONE --> bad
 *
 * putting: the database object, only if nothing is there.  asking: something is there; whose is it?
 * telling: its metadata; where another's lies already (TAKEN) the next key is taken, and what we put
 * is left: a Python client may have overwritten it by now.  checking: is it there, with our id and
 * length?  Only then it is stored.
 *
 * Pure: upload_step() takes what happened and answers what to do about it; an event that makes no
 * sense in the present state is late news, and is ignored.
 */
#pragma once

enum upload_state {
	UPLOAD_WAITING,
	UPLOAD_PUTTING,
	UPLOAD_ASKING,
	UPLOAD_TELLING,
	UPLOAD_CHECKING,
	UPLOAD_STORED,
	UPLOAD_REFUSED,
	UPLOAD_BAD
};
enum upload_event {
	UPLOAD_START,
	UPLOAD_OK,
	UPLOAD_TAKEN,  /* an object has that key already */
	UPLOAD_MINE,   /* ... with our id: the answer to an earlier PUT was lost */
	UPLOAD_OTHERS, /* ... with another's */
	UPLOAD_LATER,  /* it may go well another time */
	UPLOAD_NEVER,  /* not with these settings */
	UPLOAD_GONE    /* our own copy is lost or damaged */
};
enum upload_order {
	UPLOAD_WAIT,
	UPLOAD_PUT,
	UPLOAD_ASK,
	UPLOAD_NEXT_KEY, /* take the next second, then PUT */
	UPLOAD_TELL,
	UPLOAD_CHECK,
	UPLOAD_REST,  /* end this try; START again after a while */
	UPLOAD_REPORT /* it has ended, see the state */
};

enum upload_order upload_step(enum upload_state *state, enum upload_event event);
