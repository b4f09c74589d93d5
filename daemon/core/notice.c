#include "daemon/core/notice.h"

#include "common/doc.h"
#include "common/scoped.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <stdio.h>

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *sentence(const struct notice *n, const struct notice_from *from)
{
	struct text t = {0};

	text_add(&t, "casmand on %s: %s%s", *from->host ? from->host : from->machine,
		n->begins ? "" : "over: ", n->words);
	return text_take(&t);
}

char *notice_json(const struct notice *n, const struct notice_from *from)
{
	struct doc *d = doc_object();
	scoped(heap) char *text = sentence(n, from);
	char at[STAMP_TEXT];

	doc_put_text(d, "text", text);
	doc_put_text(d, "event", n->begins ? "begin" : "clear");
	doc_put_text(d, "condition", n->condition);
	doc_put_text(d, "database", *n->database ? n->database : NULL);
	doc_put_text(d, "words", n->words);
	doc_put_text(d, "at", stamp_json(at, n->at));
	doc_put_text(d, "host", from->host);
	doc_put_text(d, "machine", from->machine);
	doc_put_int(d, "number", n->number);
	char *line = doc_text(d);
	doc_free(d);
	return line;
}

void notice_environment(const struct notice *n, const struct notice_from *from,
	char *variables[NOTICE_VARIABLES + 1])
{
	char at[STAMP_TEXT], number[24];
	scoped(heap) char *text = sentence(n, from);
	const struct {
		const char *name, *value;
	} said[NOTICE_VARIABLES - 1] = {
		{"TEXT",      text                         },
		{"EVENT",     n->begins ? "begin" : "clear"},
		{"CONDITION", n->condition                 },
		{"DATABASE",  n->database                  },
		{"WORDS",     n->words                     },
		{"AT",        stamp_json(at,                 n->at)},
		{"HOST",           from->host                                  },
		{"MACHINE",           from->machine},
		{"NUMBER",           number				   },
	};
	size_t count = 0;

	(void)snprintf(number, sizeof(number), "%" PRId64, n->number);
	variables[count++] = text_copy(PATH);
	for (size_t i = 0; i < LENGTH(said); i++) {
		struct text t = {0};

		text_add(&t, "CASMAND_%s=%s", said[i].name, said[i].value);
		variables[count++] = text_take(&t);
	}
	variables[count] = NULL;
}

void notice_end(char *variables[NOTICE_VARIABLES + 1])
{
	for (size_t i = 0; variables[i]; i++)
		free(variables[i]);
}
