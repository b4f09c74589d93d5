/* doc.h - a JSON document, and the only module that knows jansson.
 *
 * Building: doc_object() or doc_array(), then put into it; putting a value into another gives it
 * away.  Reading: what doc_get() and doc_at() answer belongs to its parent.  A NULL `struct doc`
 * may be read: it has no members and is of no type, so lookups can be chained.
 * Running out of memory ends the process.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc;

/* One JSON text of `length` bytes: UTF-8 (RFC 8259), no NUL in strings, no member twice, nothing
 * behind it, at most 64 levels.  ERR_PROTO says where it is wrong. */
enum err_code doc_parse(
	struct doc **out, const char *text, size_t length, struct err *e) must_check;
char *doc_text(const struct doc *d);   /* on one line; the caller frees it; keeps member order */
char *doc_pretty(const struct doc *d); /* indented by 2, as Python's json.dumps(indent=2) */
void doc_free(struct doc *d);          /* NULL is nothing to free */

struct doc *doc_object(void);
struct doc *doc_array(void);
struct doc *doc_copy(const struct doc *d); /* a deep copy that the caller frees or gives away */

void doc_put(struct doc *object, const char *name, struct doc *value);
void doc_put_text(struct doc *object, const char *name,
	const char *text); /* NULL: null; bytes that are no UTF-8 become '?' */
void doc_put_int(struct doc *object, const char *name, int64_t value);
void doc_put_real(struct doc *object, const char *name, double value);
void doc_put_bool(struct doc *object, const char *name, bool value);
void doc_put_null(struct doc *object, const char *name);
void doc_add(struct doc *array, struct doc *value);
void doc_add_text(struct doc *array, const char *text);

bool doc_is_object(const struct doc *d);
bool doc_is_array(const struct doc *d);
bool doc_is_text(const struct doc *d);
bool doc_is_int(const struct doc *d);
bool doc_is_number(const struct doc *d);
bool doc_is_bool(const struct doc *d);
bool doc_is_null(const struct doc *d); /* a null that is there; a NULL pointer is not */

struct doc *doc_get(const struct doc *object, const char *name); /* NULL: no such member */
size_t doc_length(const struct doc *d);                          /* members or elements */
struct doc *doc_at(const struct doc *array, size_t i);           /* NULL: no such element */
/* Members in order: name and value of the i-th; false past the end. */
bool doc_member(const struct doc *object, size_t i, const char **name, struct doc **value);

const char *doc_as_text(const struct doc *d, const char *otherwise);
int64_t doc_as_int(const struct doc *d, int64_t otherwise);
double doc_as_real(const struct doc *d, double otherwise); /* of integers too */
bool doc_as_bool(const struct doc *d, bool otherwise);
