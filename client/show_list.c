#include "client/show.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <string.h>

#define VALUES   15                  /* the column of a version's values, as in the reference */
#define CHECKSUM 12                  /* hex digits of a checksum that are shown */
#define MACHINE  8                   /* hex digits of a machine that are shown */
#define FRESH    (60 * STAMP_SECOND) /* a listing younger than this needs no word about its age */

static const char *machine_of(const struct doc *version)
{
	return doc_as_text(doc_get(version, "machine"), "unknown");
}

static bool of_several_machines(const struct doc *versions)
{
	for (size_t i = 1; i < doc_length(versions); i++)
		if (strcmp(machine_of(doc_at(versions, i)), machine_of(doc_at(versions, 0))) != 0)
			return true;
	return false;
}

/* The first characters of what may hold anything; our own hashes are ASCII. */
static void beginning(struct pen *p, const char *string, size_t length)
{
	char *start = strndup(string, length);

	REQUIRE(start);
	pen_foreign(p, start);
	free(start);
}

static void checksum(struct pen *p, const struct doc *sum)
{
	beginning(p, doc_as_text(sum, "unknown"), CHECKSUM);
	if (doc_is_text(sum))
		pen_add(p, "...");
}

static void state(struct pen *p, const struct doc *version)
{
	pen_add(p, "%s", show_state(version));
}

static void machine(struct pen *p, const struct doc *version)
{
	const struct doc *host = doc_get(version, "host");

	beginning(p, machine_of(version), MACHINE);
	if (doc_is_text(host)) {
		pen_add(p, " (");
		pen_text(p, host);
		pen_add(p, ")");
	}
}

static void suspect(struct pen *p, const struct doc *version)
{
	(void)version;
	pen_add(p, "looks damaged or emptied; kept, and pushes no other version out");
}

static void proven(struct pen *p, const struct doc *version)
{
	(void)version;
	pen_add(p, "fetched again, and found good");
}

static void pinned(struct pen *p, const struct doc *version)
{
	(void)version;
	pen_add(p, "yes: retention keeps it");
}

static void head(struct pen *p, const struct doc *version)
{
	(void)version;
	pen_add(p, "no later version descends from it");
}

/* Where a database has one head, that is its newest, and not worth a line. */
static bool is_one_of_several_heads(const struct doc *versions, const struct doc *version)
{
	const char *name = doc_as_text(doc_get(version, "db_name"), "");
	size_t heads = 0;

	if (!doc_as_bool(doc_get(version, "head"), false))
		return false;
	for (size_t i = 0; i < doc_length(versions); i++)
		heads += doc_as_bool(doc_get(doc_at(versions, i), "head"), false) &&
			strcmp(doc_as_text(doc_get(doc_at(versions, i), "db_name"), ""), name) == 0;
	return heads > 1;
}

/* What is known of it beside its contents. */
static void standing(
	struct pen *p, const struct doc *versions, const struct doc *version, bool machines)
{
	if (show_state(version))
		pen_row(p, VALUES, "State", state, version);
	if (strcmp(doc_as_text(doc_get(version, "state"), ""), "proven") == 0)
		pen_row(p, VALUES, "Proven", proven, version);
	if (doc_as_bool(doc_get(version, "pinned"), false))
		pen_row(p, VALUES, "Pinned", pinned, version);
	if (is_one_of_several_heads(versions, version))
		pen_row(p, VALUES, "Head", head, version);
	if (machines)
		pen_row(p, VALUES, "Machine", machine, version);
	if (doc_as_bool(doc_get(version, "suspect"), false))
		pen_row(p, VALUES, "Suspect", suspect, version);
}

static void one(struct pen *p, const struct doc *versions, const struct doc *version, bool machines)
{
	const struct doc *records = doc_get(version, "record_count");
	const struct doc *operation = doc_get(version, "operation");

	pen_add(p, "\n");
	pen_text(p, doc_get(version, "key"));
	pen_add(p, "\n");
	pen_row(p, VALUES, "Database", pen_text, doc_get(version, "db_name"));
	pen_row(p, VALUES, "Timestamp", pen_when, doc_get(version, "timestamp"));
	pen_row(p, VALUES, "Size", pen_size, doc_get(version, "size_bytes"));
	if (doc_is_int(records))
		pen_row(p, VALUES, "Records", pen_number, records);
	if (doc_is_text(operation))
		pen_row(p, VALUES, "Operation", pen_text, operation);
	pen_row(p, VALUES, "Checksum", checksum, doc_get(version, "checksum"));
	standing(p, versions, version, machines);
}

/* A listing that is not fresh, or could not be checked, must not pass for what is in the store now
 * (P11). */
static void freshness(struct pen *p, const struct doc *checked, const struct doc *error)
{
	bool failed = doc_is_text(error);
	int64_t when = p->look.now;
	bool known = pen_is_moment(checked, &when), old = llabs(p->look.now - when) > FRESH;

	if (failed || !known || old)
		pen_add(p, "\n");
	if (failed || !known)
		pen_mark(p, MARK_WARN);
	if (failed) {
		pen_add(p, " Storage backend not available: ");
		pen_sentence(p, 2, doc_as_text(error, ""));
		pen_add(p, "\n");
	} else if (!known) {
		pen_add(p, " not checked: the store may hold other versions\n");
	}
	if (known && (failed || old)) {
		pen_add(p, "Listing of ");
		pen_when(p, checked);
		pen_add(p, ", ");
		pen_age(p, checked);
		pen_add(p, "\n");
	}
}

void show_list(struct pen *p, const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions");
	const struct doc *cursor = doc_get(result, "cursor");
	bool machines = of_several_machines(versions), more = cursor && !doc_is_null(cursor);
	bool of_machine = doc_is_text(doc_get(result, "machine"));
	bool chosen = of_machine || doc_is_text(doc_get(result, "since"));
	size_t count = doc_length(versions);

	if (count == 0) {
		pen_add(p, "No backups found%s\n",
			chosen ? " by this --machine or --since\nSee all there are: casmanctl list"
			       : "\nCreate the first one: casmanctl backup");
	} else {
		pen_add(p, "Available Backups (%s%zu):\n", more ? "first " : "", count);
		pen_rule(p);
	}
	if (p->look.table && count)
		show_table(p, versions, !of_machine);
	for (size_t i = 0; i < count && !p->look.table; i++)
		one(p, versions, doc_at(versions, i), machines);
	freshness(p, doc_get(result, "checked_at"), doc_get(result, "error"));
}
