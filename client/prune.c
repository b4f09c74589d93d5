#include "client/prune.h"

#include "client/ask.h"
#include "client/question.h"
#include "client/show.h"

/* What retention keeps anyway may be deleted without a question; what a machine made, not. */
enum err_code ask_prune(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	bool dry = doc_as_bool(doc_get(params, "dry_run"), false);
	bool sure = doc_as_bool(doc_get(params, "yes"), false) || !doc_get(params, "machine");
	struct doc *sent = doc_object();

	doc_put_bool(sent, "dry_run", dry || !sure);
	if (doc_get(params, "machine"))
		doc_put(sent, "machine", doc_copy(doc_get(params, "machine")));
	if (!dry && sure)
		return link_call(l, "prune", sent, a, e);
	if (!dry && question_possible(e)) {
		doc_free(sent);
		return e->code;
	}
	if (ask_plan(l, sent, a, e) || a->error || dry) {
		doc_free(sent);
		return e->code = a->error || a->result ? ERR_NONE : e->code;
	}
	e->code = question_put(show_prune, a->result, "Delete these versions?", e);
	doc_free(a->result);
	doc_put_bool(sent, "dry_run", false);
	doc_put_null(sent, "limit");
	doc_put_null(sent, "cursor");
	if (!e->code)
		return link_call(l, "prune", sent, a, e);
	doc_free(sent);
	return e->code;
}
