#include "common/doc.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/core/version.h"

#include <string.h>

char *version_whole(const struct version *v)
{
	scoped(heap) char *metadata = version_metadata(v);
	scoped(heap) char *tags = version_tags_text(v);
	struct doc *d = doc_object();

	doc_put_text(d, "metadata", metadata);
	doc_put_text(d, "content", v->content);
	doc_put_text(d, "tags", v->id[0] ? tags : NULL); /* the Python client writes none */
	char *text = doc_text(d);
	doc_free(d);
	return text;
}

static enum err_code read_whole(struct version *v, const struct doc *d, struct err *e)
{
	const char *metadata = doc_as_text(doc_get(d, "metadata"), "");
	const char *tags = doc_as_text(doc_get(d, "tags"), NULL);

	if (version_read_metadata(v, metadata, strlen(metadata), e))
		return e->code;
	if (!text_fit(v->content, sizeof(v->content), doc_as_text(doc_get(d, "content"), "")))
		return err_set(e, ERR_CORRUPT, "content is too long");
	return tags ? version_read_tags(v, tags, strlen(tags), e) : ERR_NONE;
}

enum err_code version_read_whole(struct version *v, const char *text, struct err *e)
{
	struct version read = {0};
	struct doc *d;

	e->code = ERR_NONE;
	if (doc_parse(&d, text, strlen(text), e))
		return e->code;
	if (!read_whole(&read, d, e))
		*v = read;
	doc_free(d);
	return e->code;
}
