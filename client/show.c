#include "client/show.h"

#include <inttypes.h>
#include <string.h>

void show_ping(struct pen *p, const struct doc *result)
{
	pen_add(p, "casmand ");
	pen_text(p, doc_get(result, "version"));
	pen_add(p, " answers (pid ");
	pen_number(p, doc_get(result, "pid"));
	pen_add(p, ", machine ");
	pen_text(p, doc_get(result, "machine"));
	pen_add(p, ")\n");
}

/* "counted" -> "Counted"; what casmand did not say is not made up. */
static void receipt(struct pen *p, const char *state)
{
	static const struct {
		const char *state, *word;
	} receipts[] = {
		{"counted",  "Counted" },
		{"captured", "Captured"},
		{"stored",   "Stored"  },
	};

	for (size_t i = 0; i < LENGTH(receipts); i++) {
		if (strcmp(receipts[i].state, state) == 0) {
			pen_add(p, "%s", receipts[i].word);
			return;
		}
	}
	pen_add(p, "State ");
	pen_foreign(p, state);
}

/* It was to be further than it is. */
static void not_yet(struct pen *p, const struct doc *result)
{
	const char *wait = doc_as_text(doc_get(result, "wait"), NULL);
	const char *state = doc_as_text(doc_get(result, "state"), "");
	const struct doc *error = doc_get(result, "error");

	if (!wait || strcmp(wait, state) == 0 || strcmp(state, "stored") == 0)
		return;
	pen_mark(p, MARK_WARN);
	pen_add(p, " not ");
	pen_foreign(p, wait);
	pen_add(p, " yet: ");
	pen_sentence(p, 2, doc_as_text(error, "casmand goes on with it by itself"));
	pen_add(p, "\n");
}

void show_scan(struct pen *p, const struct doc *result)
{
	const struct doc *until = doc_get(result, "until_backup");

	receipt(p, doc_as_text(doc_get(result, "state"), "unknown"));
	if (doc_as_bool(doc_get(result, "again"), false))
		pen_add(p, " before");
	pen_add(p, ": scan ");
	pen_number(p, doc_get(result, "scan"));
	pen_add(p, " (");
	pen_number(p, doc_get(result, "since_backup"));
	pen_add(p, " since the last backup");
	if (doc_is_int(until))
		pen_add(p, ", %" PRId64 " until the next", doc_as_int(until, 0));
	pen_add(p, ")\n");
	not_yet(p, result);
}

void show_reload(struct pen *p, const struct doc *result)
{
	const struct doc *changed = doc_get(result, "changed");
	const struct doc *warnings = doc_get(result, "warnings");

	if (!doc_is_bool(changed)) {
		pen_mark(p, MARK_WARN);
		pen_add(p, " configuration read; whether it changed is unknown\n");
	} else if (doc_as_bool(changed, false)) {
		pen_mark(p, MARK_GOOD);
		pen_add(p, " new configuration in force\n");
	} else {
		pen_mark(p, MARK_SAME);
		pen_add(p, " configuration unchanged\n");
	}
	for (size_t i = 0; i < doc_length(warnings); i++) {
		pen_mark(p, MARK_WARN);
		pen_add(p, " ");
		pen_sentence(p, 2, doc_as_text(doc_at(warnings, i), "unknown"));
		pen_add(p, "\n");
	}
}

void show_progress(struct pen *p, const struct doc *params)
{
	static const struct {
		const char *state, *words;
	} steps[] = {
		{"captured",    "captured, on its way to the store"},
		{"downloading", "downloading the version"          },
		{"proving",     "proving it"                       },
		{"locking",     "waiting for who writes it"        },
		{"writing",     "writing the contents"             },
		{"publishing",  "publishing the restored version"  },
		{"comparing",   "comparing it with what is here"   },
	};
	const char *state = doc_as_text(doc_get(params, "state"), "");
	int64_t seconds;

	if (strcmp(state, "verifying") == 0) {
		pen_text(p, doc_get(params, "key"));
		pen_add(p, ": proving it\n");
	}
	if (strcmp(state, "maintaining") == 0) {
		pen_many(p, doc_as_int(doc_get(params, "touched"), 0), "object");
		pen_add(p, " touched\n");
	}

	if (strcmp(state, "waiting") == 0 && pen_is_count(doc_get(params, "seconds"), &seconds))
		pen_add(p,
			"Begins in %" PRId64
			" s: who is no administrator gets one backup in 10 s\n",
			seconds);
	if (!doc_is_text(doc_get(params, "database")))
		return;
	for (size_t i = 0; i < LENGTH(steps); i++)
		if (strcmp(state, steps[i].state) == 0) {
			pen_text(p, doc_get(params, "database"));
			pen_add(p, ": %s\n", steps[i].words);
		}
}

void show_error(struct pen *p, const struct doc *error)
{
	const struct doc *mistakes = doc_get(doc_get(error, "data"), "mistakes");

	pen_add(p, "casmanctl: ");
	pen_sentence(p, 2, doc_as_text(doc_get(error, "message"), "unknown error"));
	pen_add(p, "\n");
	for (size_t i = 0; doc_length(mistakes) > 1 && i < doc_length(mistakes); i++) {
		pen_add(p, "  ");
		pen_sentence(p, 4, doc_as_text(doc_at(mistakes, i), "unknown"));
		pen_add(p, "\n");
	}
}

const char *show_state(const struct doc *version)
{
	/* clang-format off */
	static const struct {
		const char *state, *words;
	} states[] = {
		{"stored", NULL},
		{"proven", NULL},
		{"captured", "captured, waits for the store"},
		{"sending", "being sent to the store"},
		{"superseded", "superseded by a newer one before it was stored"},
		{"refused", "refused by the store"},
		{"bad", "found damaged"},
	};
	/* clang-format on */
	const char *state = doc_as_text(doc_get(version, "state"), "");

	for (size_t i = 0; i < LENGTH(states); i++)
		if (strcmp(states[i].state, state) == 0)
			return states[i].words;
	return "in an unknown state";
}
