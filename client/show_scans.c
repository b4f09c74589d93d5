#include "client/show.h"

#include <string.h>

static void row(struct pen *p, const char *name, pen_writer *write, const struct doc *value)
{
	pen_row(p, SHOW_VALUES, name, write, value);
}

bool show_is_disabled(const struct doc *status)
{
	return strcmp(doc_as_text(doc_get(status, "backend"), ""), "disabled") == 0;
}

/* Scans that would be gone with this machine: no version in the store has them. */
static void unprotected(struct pen *p, const struct doc *scans)
{
	int64_t count;

	pen_number(p, doc_get(scans, "unprotected"));
	if (pen_is_count(doc_get(scans, "unprotected"), &count) && count > 0) {
		pen_add(p, " (oldest ");
		pen_age(p, doc_get(scans, "oldest_unprotected_at"));
		pen_add(p, ")");
	}
}

static void last_backup(struct pen *p, const struct doc *last)
{
	if (doc_is_null(last)) {
		pen_add(p, "Never");
		return;
	}
	pen_when(p, last);
	if (doc_is_text(last)) {
		pen_add(p, " (");
		pen_age(p, last);
		pen_add(p, ")");
	}
}

/* OK only where every number that it rests on is known. */
static void verdict(struct pen *p, const struct doc *s)
{
	const struct doc *scans = doc_get(s, "scans");
	int64_t every, since, until, risky;

	if (show_is_disabled(s)) {
		pen_add(p, "Disabled");
	} else if (pen_is_count(doc_get(s, "backup_on_scan_count"), &every) && every == 0) {
		pen_add(p, "Off (scans start no backup)");
	} else if (!pen_is_count(doc_get(scans, "since_backup"), &since) ||
		!pen_is_count(doc_get(scans, "until_backup"), &until) ||
		!pen_is_count(doc_get(scans, "unprotected"), &risky)) {
		pen_add(p, "unknown");
	} else if (until == 0) {
		pen_add(p, "Backup due");
	} else {
		if (!doc_as_bool(doc_get(s, "enabled"), true))
			pen_add(p, "Uploads disabled (");
		else
			pen_add(p, risky > since ? "Waiting for the store (" : "OK (");
		pen_many(p, until, "scan");
		pen_add(p, " until backup)");
	}
}

void show_scans(struct pen *p, const struct doc *status)
{
	const struct doc *scans = doc_get(status, "scans");

	pen_add(p, "\nScan Tracker:\n");
	row(p, "Scans since backup", pen_number, doc_get(scans, "since_backup"));
	row(p, "Unprotected scans", unprotected, scans);
	row(p, "Last backup", last_backup, doc_get(status, "last_backup_at"));
	row(p, "Status", verdict, status);
}
