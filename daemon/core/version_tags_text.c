#include "common/doc.h"
#include "daemon/core/version.h"

char *version_tags_text(const struct version *v)
{
	struct version_tag tags[VERSION_TAGS];
	struct doc *d = doc_object();

	version_tags(v, tags);
	for (size_t i = 0; i < VERSION_TAGS; i++)
		doc_put_text(d, tags[i].name, tags[i].value);
	char *text = doc_pretty(d);
	doc_free(d);
	return text;
}

static enum err_code read_all(struct version *v, const struct doc *d, struct err *e)
{
	struct version_tag tags[VERSION_TAGS];

	version_tags(v, tags); /* for their names */
	for (size_t i = 0; i < VERSION_TAGS; i++) {
		const char *value = doc_as_text(doc_get(d, tags[i].name), NULL);

		if (!value)
			return err_set(e, ERR_CORRUPT, "the tag %s is missing", tags[i].name);
		if (version_read_tag(v, tags[i].name, value, e))
			return e->code;
	}
	return ERR_NONE;
}

enum err_code version_read_tags(struct version *v, const char *text, size_t length, struct err *e)
{
	struct version read = *v;
	struct doc *d;
	struct err why;

	if (doc_parse(&d, text, length, &why))
		return err_set(e, ERR_CORRUPT, "%s", why.text);
	enum err_code code = read_all(&read, d, e);
	doc_free(d);
	if (!code)
		*v = read;
	return code;
}
