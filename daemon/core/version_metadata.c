#include "common/doc.h"
#include "common/stamp.h"
#include "daemon/core/objkey.h"
#include "daemon/core/version.h"

#include <string.h>

#define LAST_MOMENT INT64_C(253402300799999999) /* the end of 9999: years have four digits */

char *version_metadata(const struct version *v)
{
	struct doc *d = doc_object();
	char moment[STAMP_TEXT];

	doc_put_text(d, "filename", v->db_name);
	doc_put_text(d, "timestamp", stamp_iso(moment, v->timestamp));
	doc_put_text(d, "checksum", v->checksum);
	doc_put_int(d, "size_bytes", (int64_t)v->size);
	doc_put_text(d, "db_name", v->db_name);
	if (v->record_count == VERSION_NO_COUNT)
		doc_put_null(d, "record_count");
	else
		doc_put_int(d, "record_count", v->record_count);
	doc_put_text(d, "operation", v->operation[0] ? v->operation : NULL);
	char *text = doc_pretty(d);
	doc_free(d);
	return text;
}

static bool take_filename(struct version *v, const struct doc *value)
{
	(void)v; /* the database's name once more, as its machine calls the file: db_name counts */
	return doc_is_text(value);
}

static bool take_timestamp(struct version *v, const struct doc *value)
{
	return stamp_parse_iso(doc_as_text(value, ""), &v->timestamp) && v->timestamp >= 0 &&
		v->timestamp <= LAST_MOMENT;
}

static bool take_checksum(struct version *v, const struct doc *value)
{
	const char *text = doc_as_text(value, "");

	if (strlen(text) != VERSION_HASH || strspn(text, "0123456789abcdef") != VERSION_HASH)
		return false;
	memcpy(v->checksum, text, sizeof(v->checksum));
	return true;
}

static bool take_size(struct version *v, const struct doc *value)
{
	int64_t size = doc_as_int(value, -1);

	v->size = (uint64_t)size;
	return size >= 0;
}

static bool take_db_name(struct version *v, const struct doc *value)
{
	const char *name = doc_as_text(value, "");
	size_t length = objkey_name_length(name);

	if (!length || name[length])
		return false;
	memcpy(v->db_name, name, length + 1);
	return true;
}

static bool take_record_count(struct version *v, const struct doc *value)
{
	v->record_count = doc_as_int(value, VERSION_NO_COUNT);
	return doc_is_null(value) || v->record_count >= 0;
}

static bool take_operation(struct version *v, const struct doc *value)
{
	version_operation(v, doc_as_text(value, ""));
	return doc_is_null(value) || doc_is_text(value);
}

static const struct member {
	const char *name;
	bool (*take)(struct version *v, const struct doc *value);
	const char *form;
} members[] = {
	{"filename",     take_filename,     "a text"                             },
	{"timestamp",    take_timestamp,    "a time in ISO 8601 after 1970"      },
	{"checksum",     take_checksum,     "64 hexadecimal digits in lower case"},
	{"size_bytes",   take_size,         "a number of bytes"                  },
	{"db_name",      take_db_name,      "a database's name"                  },
	{"record_count", take_record_count, "a number of records or null"        },
	{"operation",    take_operation,    "a text or null"                     },
};

static const struct member *member_named(const char *name)
{
	for (size_t i = 0; i < LENGTH(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static enum err_code take_all(struct version *v, const struct doc *d, struct err *e)
{
	const char *name;
	struct doc *value;

	if (!doc_is_object(d))
		return err_set(e, ERR_CORRUPT, "is no object");
	for (size_t i = 0; doc_member(d, i, &name, &value); i++) {
		const struct member *m = member_named(name);

		if (!m)
			return err_set(e, ERR_CORRUPT, "%.40s does not belong there", name);
		if (!m->take(v, value))
			return err_set(e, ERR_CORRUPT, "%s is not %s", name, m->form);
	}
	for (size_t i = 0; i < LENGTH(members); i++)
		if (!doc_get(d, members[i].name))
			return err_set(e, ERR_CORRUPT, "%s is missing", members[i].name);
	return ERR_NONE;
}

enum err_code version_read_metadata(
	struct version *v, const char *text, size_t length, struct err *e)
{
	struct version read = *v;
	struct doc *d;
	struct err why;

	if (doc_parse(&d, text, length, &why))
		return err_set(e, ERR_CORRUPT, "metadata: %s", why.text);
	enum err_code code = take_all(&read, d, e);
	doc_free(d);
	if (code)
		return err_note(e, "metadata");
	*v = read;
	return ERR_NONE;
}
