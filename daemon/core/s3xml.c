#include "daemon/core/s3xml.h"

#include "common/text.h"

#include <expat.h>
#include <string.h>

/* Limits. */
#define BYTES_MOST (8UL << 20)  /* of a document: 1000 keys of 1024 bytes, each of them encoded */
#define DEPTH_MOST 16           /* S3 itself needs 4 */
#define TEXT_MOST  4096         /* of an element that is kept: a key is 3072 if encoded */
#define PIECE_MOST (32UL << 10) /* of one tag or comment: expat reads it again with each slice */
#define SLICE      4096         /* given to expat at a time, so that PIECE_MOST is noticed */

struct s3xml {
	XML_Parser parser;
	struct s3said said;
	struct err error; /* the first one */
	unsigned depth;
	size_t bytes, unheard; /* so far; since expat last told something */
	/* the element being read */
	bool is_leaf, too_long;
	size_t length;
	char text[TEXT_MOST + 1];
};

static void stop(struct s3xml *x)
{
	(void)XML_StopParser(x->parser, XML_FALSE);
}

static void refuse(struct s3xml *x, const char *what, const char *why)
{
	if (!x->error.code)
		err_set(&x->error, ERR_PROTO, "%s%s", what, why);
	stop(x);
}

/* --- what expat tells: a few more of these may come after stop() ------------ */

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct s3xml *x = arg;

	(void)attributes;
	x->unheard = 0;
	x->is_leaf = true;
	x->too_long = false;
	x->length = 0;
	if (++x->depth > DEPTH_MOST)
		refuse(x, "elements in elements without end", "");
	else if (!x->error.code && s3said_begin(&x->said, x->depth, name, &x->error))
		stop(x);
}

static void on_end(void *arg, const XML_Char *name)
{
	struct s3xml *x = arg;
	bool is_kept = x->is_leaf && !x->too_long;

	x->unheard = 0;
	x->is_leaf = false;
	x->text[x->length] = '\0';
	if (!x->error.code &&
		s3said_end(&x->said, x->depth, name, is_kept ? x->text : NULL, &x->error))
		stop(x);
	x->depth--;
}

static void on_text(void *arg, const XML_Char *text, int count)
{
	struct s3xml *x = arg;

	x->unheard = 0;
	x->too_long |= (size_t)count > TEXT_MOST - x->length;
	if (x->too_long)
		return;
	memcpy(x->text + x->length, text, (size_t)count);
	x->length += (size_t)count;
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system,
	const XML_Char *public, int has_subset)
{
	(void)system;
	(void)public;
	(void)has_subset;
	if (strcasecmp(name, "html") == 0)
		refuse(arg, "a web page", "");
	else
		refuse(arg, "a document type, which S3 never sends", "");
}

/* Comments and the like. */
static void on_other(void *arg, const XML_Char *text, int count)
{
	struct s3xml *x = arg;

	(void)text;
	(void)count;
	x->unheard = 0;
}

/* --- the reader ----------------------------------------------------------- */

struct s3xml *s3xml_open(void)
{
	struct s3xml *x = text_room(1, sizeof(*x));

	s3said_init(&x->said);
	x->parser = XML_ParserCreate("UTF-8");
	REQUIRE(x->parser);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	XML_SetDefaultHandler(x->parser, on_other);
	return x;
}

static void parse(struct s3xml *x, const char *bytes, size_t count, bool is_last)
{
	if (XML_Parse(x->parser, bytes, (int)count, is_last) == XML_STATUS_OK)
		return;
	enum XML_Error why = XML_GetErrorCode(x->parser);

	REQUIRE(why != XML_ERROR_NO_MEMORY);
	refuse(x, "no XML: ", XML_ErrorString(why));
}

enum err_code s3xml_add(struct s3xml *x, const void *bytes, size_t count, struct err *e)
{
	const char *at = bytes;

	if (count > BYTES_MOST - x->bytes)
		refuse(x, "longer than any of S3", "");
	for (size_t left = count, slice; left > 0 && !x->error.code; left -= slice, at += slice) {
		slice = left < SLICE ? left : SLICE;
		x->bytes += slice;
		x->unheard += slice;
		parse(x, at, slice, false);
		if (x->unheard > PIECE_MOST)
			refuse(x, "a tag longer than any of S3", "");
	}
	if (x->error.code)
		*e = x->error;
	return x->error.code;
}

static enum err_code finish(struct s3xml *x, struct err *e)
{
	if (!x->error.code && x->bytes > 0)
		parse(x, "", 0, true);
	if (x->error.code || s3said_finish(&x->said, &x->error))
		*e = x->error;
	return x->error.code;
}

enum err_code s3xml_end(struct s3xml *x, struct s3said *said, struct err *e)
{
	s3said_init(said);
	enum err_code code = finish(x, e);
	if (!code) {
		*said = x->said;
		s3said_init(&x->said);
	}
	s3xml_free(x);
	return code;
}

void s3xml_free(struct s3xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	s3said_free(&x->said);
	free(x);
}
