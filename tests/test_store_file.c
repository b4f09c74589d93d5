#include "check.h"
#include "store_world.h"

#define METADATA "{\n  \"filename\": \"parts.db\"\n}"

static void what_was_put_is_there_with_its_tags(void **state)
{
	struct world *w = *state;
	struct version base = version_of('1', "old"), v = version_of('2', "contents");
	struct ask head = ask_for(STORE_HEAD, KEY), get = ask_for(STORE_GET, KEY OBJKEY_METADATA);
	struct stat st;

	version_descend(&v, &base);
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	assert_int_equal(put_metadata(w, KEY, &v, METADATA), ERR_NONE);
	holds(in_store(w, KEY), "contents");
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
	assert_int_equal(stat(in_store(w, KEY), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_nlink, 1);

	assert_int_equal(ask(w, &head), ERR_NONE);
	assert_int_equal(head.r.got.size, 8);
	assert_true(head.r.got.tagged);
	assert_string_equal(head.r.got.tags.id, v.id);
	assert_string_equal(head.r.got.tags.base[0], base.id);
	store_request_end(&head.r);

	assert_int_equal(ask(w, &get), ERR_NONE);
	assert_string_equal(get.r.got.bytes, METADATA);
	assert_int_equal(get.r.got.size, strlen(METADATA));
	assert_true(get.r.got.tagged);
	store_request_end(&get.r);
	assert_null(get.r.got.bytes);
}

/* Somebody else's tools, as the Python client uses them, and a person in need. */
static void an_independent_reader_understands_what_was_put(void **state)
{
	struct world *w = *state;
	static const char program[] =
		"import datetime, hashlib, json, sys\n"
		"key = sys.argv[1]\n"
		"text = open(key + '.metadata.json').read()\n"
		"m = json.loads(text)\n"
		"assert list(m) == ['filename', 'timestamp', 'checksum', 'size_bytes', 'db_name',\n"
		"                   'record_count', 'operation'], m\n"
		"assert json.dumps(m, indent=2) == text\n"
		"when = datetime.datetime.fromisoformat(m['timestamp'])\n"
		"assert when.isoformat() == m['timestamp'] and when.microsecond == 123456\n"
		"data = open(key, 'rb').read()\n"
		"assert hashlib.sha256(data).hexdigest() == m['checksum']\n"
		"assert len(data) == m['size_bytes'] and m['record_count'] == 258\n"
		"tags = json.load(open(key + '.casmand.json'))\n"
		"assert tags['id'] == '1' * 32 and all(type(t) is str for t in tags.values())\n";
	struct version v = version_of('1', "contents");

	v.timestamp = INT64_C(1733668222123456);
	v.record_count = 258;
	version_operation(&v, "Manual CLI backup");
	char *metadata = version_metadata(&v);
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	assert_int_equal(put_metadata(w, KEY, &v, metadata), ERR_NONE);
	free(metadata);
	const char *const python[] = {"python3", "-c", program, in_store(w, KEY), NULL};
	int status = scratch_run(python);
	if (status < 0 || status == 127)
		printf("# skipped: an independent reader: there is no python3\n");
	else
		assert_int_equal(status, 0);
}

static void a_version_is_fetched_into_a_new_file(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask fetch = ask_for(STORE_FETCH, KEY);
	char file[SCRATCH_PATH];
	struct stat st;

	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	(void)snprintf(file, sizeof(file), "%s", scratch_at(&w->scratch, "fetched"));
	fetch.r.file = file;
	assert_int_equal(ask(w, &fetch), ERR_NONE);
	holds(file, "contents");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fetch.r.got.size, 8);
	assert_string_equal(fetch.r.got.checksum, v.checksum);
	assert_true(fetch.r.got.tagged);
	store_request_end(&fetch.r);

	assert_int_equal(ask(w, &fetch), ERR_EXISTS); /* not into an old one */
	fetch.r.file = "/nowhere/file";
	assert_int_equal(ask(w, &fetch), ERR_MISSING);
	assert_non_null(strstr(fetch.e.text, "create /nowhere/file"));
}

static void a_version_of_the_python_client_has_no_tags(void **state)
{
	struct world *w = *state;
	struct ask head = ask_for(STORE_HEAD, KEY);

	assert_int_equal(mkdir(in_store(w, "backups"), 0755), 0);
	assert_int_equal(mkdir(in_store(w, "backups/parts.db"), 0755), 0);
	scratch_write(in_store(w, KEY), "python's");
	assert_int_equal(ask(w, &head), ERR_NONE);
	assert_int_equal(head.r.got.size, 8);
	assert_false(head.r.got.tagged);
}

static void what_is_not_there_is_missing(void **state)
{
	struct world *w = *state;
	static const enum store_verb verbs[] = {STORE_HEAD, STORE_GET, STORE_FETCH};
	static const char *const keys[] = {KEY, KEY OBJKEY_METADATA, KEY OBJKEY_TAGS, "",
		"backups/../20241208_143022_..", "etc/passwd", ".casmand-store"};
	struct version v = version_of('1', "x");

	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < LENGTH(verbs); i++)
			for (size_t k = 0; k < LENGTH(keys); k++) {
				struct ask a = ask_for(verbs[i], keys[k]);

				a.r.file = scratch_at(&w->scratch, "fetched");
				assert_int_equal(ask(w, &a), ERR_MISSING);
				assert_non_null(strstr(a.e.text, "is not in the store"));
			}
		/* and with the folders there */
		assert_int_equal(put(w, OTHER_KEY, &v, "x"), ERR_NONE);
	}
}

static void damaged_tags_are_told_and_never_taken_for_none(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask head = ask_for(STORE_HEAD, KEY);

	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	scratch_write(in_store(w, KEY OBJKEY_TAGS), "{\"id\": \"");
	assert_int_equal(ask(w, &head), ERR_CORRUPT);
	assert_non_null(strstr(head.e.text, "20241208_143022_parts.db.casmand.json: no JSON"));
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_EXISTS);
}

/* P5 */
static void another_versions_key_is_left_alone(void **state)
{
	struct world *w = *state;
	struct version a = version_of('1', "first"), b = version_of('2', "second");
	struct version twin = version_of('3', "first");

	assert_int_equal(put(w, KEY, &a, "first"), ERR_NONE);
	assert_int_equal(put_metadata(w, KEY, &a, METADATA), ERR_NONE);
	assert_int_equal(put(w, KEY, &b, "second"), ERR_EXISTS);
	assert_int_equal(put(w, KEY, &twin, "first"), ERR_EXISTS);
	assert_int_equal(put_metadata(w, KEY, &b, "{}"), ERR_EXISTS);
	assert_int_equal(put_metadata(w, KEY, &b, METADATA " and more"), ERR_EXISTS);
	holds(in_store(w, KEY), "first");
	holds(in_store(w, KEY OBJKEY_METADATA), METADATA);
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
}

static void a_put_that_is_repeated_succeeds_and_changes_nothing(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");

	for (int i = 0; i < 3; i++) {
		assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
		assert_int_equal(put_metadata(w, KEY, &v, METADATA), ERR_NONE);
		assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
	}
}

static void our_own_object_that_was_damaged_is_not_taken_for_stored(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");

	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	scratch_write(in_store(w, KEY), "c0ntents");
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_EXISTS);
	holds(in_store(w, KEY), "c0ntents");
}

static void a_spool_file_that_rotted_is_never_published(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask a = ask_to_put(w, KEY, &v, "c0ntents");

	assert_int_equal(ask(w, &a), ERR_CORRUPT);
	assert_non_null(strstr(a.e.text, "/spooled is damaged: 8 bytes with SHA-256"));
	assert_int_equal(put(w, KEY, &v, "contents and more"), ERR_CORRUPT);
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 0);
}

static void a_spool_file_that_is_gone_is_told_as_a_local_one(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask a = ask_to_put(w, KEY, &v, "contents");

	assert_int_equal(unlink(w->source), 0);
	assert_int_equal(ask(w, &a), ERR_MISSING);
	assert_non_null(strstr(a.e.text, "/spooled: No such file"));
	assert_int_equal(symlink("/etc/passwd", w->source), 0);
	assert_int_equal(ask(w, &a), ERR_CORRUPT);
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 0);
}

static void deleting_takes_the_database_first_and_the_rest_with_its_metadata(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask database = ask_for(STORE_DELETE, KEY);
	struct ask metadata = ask_for(STORE_DELETE, KEY OBJKEY_METADATA);
	struct ask foreign = ask_for(STORE_DELETE, ".casmand-store");

	assert_int_equal(ask(w, &database), ERR_NONE); /* nothing there: no folder even */
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	assert_int_equal(put_metadata(w, KEY, &v, METADATA), ERR_NONE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(w, &database), ERR_NONE);
		assert_false(is_in_store(w, KEY));
		assert_true(is_in_store(w, KEY OBJKEY_METADATA));
		assert_true(is_in_store(w, KEY OBJKEY_TAGS));
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(w, &metadata), ERR_NONE);
		assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 0);
	}
	assert_int_equal(ask(w, &foreign), ERR_NONE);
	assert_true(is_in_store(w, ".casmand-store"));
}

/* A name that is half deleted, or that the Python client left metadata for, is taken: what lies
 * there would tell wrong things of a new database. */
static void a_key_of_which_anything_is_left_is_taken(void **state)
{
	struct world *w = *state;
	struct version old = version_of('1', "old"), v = version_of('2', "new");
	struct ask database = ask_for(STORE_DELETE, KEY);

	assert_int_equal(put(w, KEY, &old, "old"), ERR_NONE);
	assert_int_equal(ask(w, &database), ERR_NONE);
	assert_int_equal(put(w, KEY, &v, "new"), ERR_EXISTS); /* tags are left */
	scratch_write(in_store(w, OTHER_KEY OBJKEY_METADATA), METADATA);
	assert_int_equal(put(w, OTHER_KEY, &v, "new"), ERR_EXISTS);
	scratch_write(in_store(w, OTHER_KEY), "new"); /* the Python client's, and the same bytes */
	assert_int_equal(put(w, OTHER_KEY, &v, "new"), ERR_EXISTS);
	assert_false(is_in_store(w, OTHER_KEY OBJKEY_TAGS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_STORE(what_was_put_is_there_with_its_tags),
		IN_STORE(an_independent_reader_understands_what_was_put),
		IN_STORE(a_version_is_fetched_into_a_new_file),
		IN_STORE(a_version_of_the_python_client_has_no_tags),
		IN_STORE(what_is_not_there_is_missing),
		IN_STORE(damaged_tags_are_told_and_never_taken_for_none),
		IN_STORE(another_versions_key_is_left_alone),
		IN_STORE(a_put_that_is_repeated_succeeds_and_changes_nothing),
		IN_STORE(our_own_object_that_was_damaged_is_not_taken_for_stored),
		IN_STORE(a_spool_file_that_rotted_is_never_published),
		IN_STORE(a_spool_file_that_is_gone_is_told_as_a_local_one),
		IN_STORE(deleting_takes_the_database_first_and_the_rest_with_its_metadata),
		IN_STORE(a_key_of_which_anything_is_left_is_taken),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
