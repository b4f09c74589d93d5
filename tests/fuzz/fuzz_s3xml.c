/* Whatever a store says, in pieces of any size it says the same, and what is kept of it is of its
 * form.  Listings and errors alike: one reader takes both. */
#include "common/text.h"
#include "daemon/core/s3xml.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define WHOLE 16384 /* bytes: of a longer tag it depends on the pieces when it is refused */

static enum err_code read_in(
	const uint8_t *data, size_t size, size_t piece, struct s3said *said, struct err *e)
{
	struct s3xml *x = s3xml_open();
	enum err_code code = ERR_NONE;

	for (size_t at = 0; at < size && !code; at += piece)
		code = s3xml_add(x, data + at, size - at < piece ? size - at : piece, e);
	enum err_code ended = s3xml_end(x, said, e);
	REQUIRE(!code || ended == code);
	return ended;
}

static void require_same(const struct s3said *a, const struct s3said *b)
{
	REQUIRE(a->root == b->root && a->list.count == b->list.count);
	REQUIRE(memcmp(&a->error, &b->error, sizeof(a->error)) == 0);
	REQUIRE(!a->list.next == !b->list.next);
	REQUIRE(!a->list.next || strcmp(a->list.next, b->list.next) == 0);
	for (size_t i = 0; i < a->list.count; i++) {
		const struct s3said_entry *one = &a->list.entries[i], *other = &b->list.entries[i];

		REQUIRE(strcmp(one->key, other->key) == 0 && one->size == other->size);
		REQUIRE(one->modified == other->modified);
		REQUIRE(strcmp(one->etag, other->etag) == 0);
		REQUIRE(strcmp(one->class, other->class) == 0);
	}
}

static void require_form(const struct s3said *said)
{
	REQUIRE(text_is_plain(said->error.code) && text_is_plain(said->error.message));
	REQUIRE(text_is_plain(said->error.region) && text_is_plain(said->error.endpoint));
	REQUIRE(said->list.count <= 1000 && (said->list.count == 0 || said->root == S3SAID_LIST));
	REQUIRE(!said->list.next || said->list.next[0]);
	for (size_t i = 0; i < said->list.count; i++) {
		const struct s3said_entry *entry = &said->list.entries[i];

		REQUIRE(entry->key[0] && entry->size <= INT64_MAX);
		REQUIRE(text_is_plain(entry->etag) && !strpbrk(entry->etag, " "));
		REQUIRE(text_is_plain(entry->class));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0}, again = {0};
	struct s3said said, pieces;

	if (size > WHOLE)
		return 0;
	enum err_code code = read_in(data, size, WHOLE, &said, &e);
	REQUIRE(code == ERR_NONE || code == ERR_PROTO);
	REQUIRE(!code == !e.text[0]);
	REQUIRE(read_in(data, size, size % 13 + 1, &pieces, &again) == code);
	REQUIRE(!again.text[0] == !e.text[0]); /* expat may choose others for a cut character */
	require_same(&said, &pieces);
	require_form(&said);
	s3said_free(&said);
	s3said_free(&pieces);
	return 0;
}
