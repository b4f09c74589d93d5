/* Every verb of store.h against a real S3 server: see real.h. */
#include "common/stamp.h"
#include "daemon/io/alarm.h"
#include "daemon/io/http.h"
#include "tests/s3/real.h"
#include "tests/store_world.h"

#define LONG 300000 /* bytes of a database */

/* --- a world with a real store, and databases that nobody else uses -------- */

struct real {
	struct world w;
	char db_name[CONFIG_NAME_MAX + 1];
	char contents[LONG + 1];
};

static int64_t clock_is_ahead; /* us */

/* NOLINTBEGIN(*-reserved-identifier, *-naming): so the linker calls them */
int64_t __real_alarm_clock(void);
int64_t __wrap_alarm_clock(void);

int64_t __wrap_alarm_clock(void)
{
	return __real_alarm_clock() + clock_is_ahead;
}
/* NOLINTEND(*-reserved-identifier, *-naming) */

static struct store *open_store(struct world *w, const struct store_s3_options *o)
{
	struct store *s;
	struct err e;

	w->open++;
	assert_int_equal(store_open_s3(&s, &w->loop, o, &e), ERR_NONE);
	return s;
}

static int set_up(void **state)
{
	static struct real real;
	const struct store_s3_options options = real_options();
	char id[VERSION_ID + 1];

	world_begin(&real.w);
	digest_random_id(id);
	(void)snprintf(real.db_name, sizeof(real.db_name), "Db_1.2-%.8s.db", id);
	for (size_t i = 0; i < LONG; i++)
		real.contents[i] = (char)('!' + i % 90);
	real.w.store = open_store(&real.w, &options);
	*state = &real;
	return 0;
}

static int tear_down(void **state)
{
	struct real *real = *state;

	clock_is_ahead = 0;
	world_close(&real->w);
	return 0;
}

/* The n-th key, each a second after the one before. */
static const char *key(const struct real *real, unsigned n)
{
	static char keys[4][OBJKEY_ROOM];
	static unsigned turn;
	char *to = keys[turn++ % LENGTH(keys)];

	objkey_make(to, real->db_name, (INT64_C(1795185022) + n) * STAMP_SECOND);
	return to;
}

static struct version version_in(const struct real *real, char letter, const char *contents)
{
	struct version v = version_of(letter, contents);

	memcpy(v.db_name, real->db_name, sizeof(v.db_name));
	memcpy(v.host, "field-1", sizeof("field-1"));
	return v;
}

static void expect(enum err_code expected, const struct ask *a)
{
	if (a->e.code != expected)
		print_message("# %s: %s\n", err_name(a->e.code), a->e.text);
	assert_int_equal(a->e.code, expected);
}

static void put_one(struct real *real, unsigned n, char letter, const char *contents)
{
	const struct version v = version_in(real, letter, contents);
	struct ask a = ask_to_put(&real->w, key(real, n), &v, contents);

	ask(&real->w, &a);
	expect(ERR_NONE, &a);
}

static struct ask fetch(struct real *real, unsigned n)
{
	static char path[SCRATCH_PATH];
	struct ask a = ask_for(STORE_FETCH, key(real, n));

	(void)snprintf(path, sizeof(path), "%s/fetched", real->w.scratch.path);
	a.r.file = path;
	ask(&real->w, &a);
	return a;
}

static void is_fetched(struct real *real, unsigned n, const char *contents)
{
	const struct version v = version_of('x', contents);
	static char bytes[LONG + 2];
	struct ask a = fetch(real, n);

	expect(ERR_NONE, &a);
	assert_int_equal(a.r.got.size, strlen(contents));
	assert_string_equal(a.r.got.checksum, v.checksum);
	FILE *f = fopen(a.r.file, "re");
	assert_non_null(f);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	assert_string_equal(bytes, contents);
	assert_int_equal(unlink(a.r.file), 0);
}

/* --- the verbs ------------------------------------------------------------- */

static void a_probe_tells_the_permanent_name(void **state)
{
	struct real *real = *state;
	struct ask a = ask_for(STORE_PROBE, "");

	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	assert_memory_equal(a.r.got.name, "s3:127.0.0.1:", 13);
	assert_false(a.r.got.first_use);
}

static void what_is_put_comes_back_byte_by_byte(void **state)
{
	struct real *real = *state;
	struct version v = version_in(real, 'a', real->contents),
		       parent = version_in(real, 'b', "");
	struct ask a = ask_to_put(&real->w, key(real, 0), &v, real->contents);

	parent.sequence = 7;
	version_descend(&v, &parent);
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	is_fetched(real, 0, real->contents);
	a = ask_for(STORE_HEAD, key(real, 0));
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	assert_int_equal(a.r.got.size, LONG);
	assert_true(a.r.got.tagged);
	assert_string_equal(a.r.got.tags.id, v.id);
	assert_string_equal(a.r.got.tags.host, "field-1");
	assert_string_equal(a.r.got.tags.base[0], v.base[0]);
	assert_string_equal(a.r.got.tags.past[0].machine, v.past[0].machine);
	assert_int_equal(a.r.got.tags.past[0].sequence, 7);
}

static void metadata_goes_into_memory_with_its_tags(void **state)
{
	struct real *real = *state;
	const struct version v = version_in(real, 'a', "x");
	struct ask a;

	assert_int_equal(put_metadata(&real->w, key(real, 0), &v, "{\"a\": 1}"), ERR_NONE);
	a = ask_for(STORE_GET, key(real, 0));
	objkey_beside(a.r.key, key(real, 0), OBJKEY_METADATA);
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	assert_string_equal(a.r.got.bytes, "{\"a\": 1}");
	assert_int_equal(a.r.got.size, 8);
	assert_string_equal(a.r.got.tags.id, v.id);
	store_request_end(&a.r);
	assert_int_equal(put_metadata(&real->w, key(real, 0), &v, "{\"a\": 1}"), ERR_NONE);
	const struct version other = version_in(real, 'b', "x");
	assert_int_equal(put_metadata(&real->w, key(real, 0), &other, "{\"a\": 2}"), ERR_EXISTS);
}

static void p5_a_key_is_given_once(void **state)
{
	struct real *real = *state;
	const struct version ours = version_in(real, 'a', "first"),
			     others = version_in(real, 'b', "other");

	put_one(real, 0, 'a', "first");
	struct ask a = ask_to_put(&real->w, key(real, 0), &others, "other");
	ask(&real->w, &a);
	expect(ERR_EXISTS, &a);
	assert_non_null(strstr(a.e.text, key(real, 0)));
	a = ask_to_put(&real->w, key(real, 0), &ours, "first"); /* the answer was lost */
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	is_fetched(real, 0, "first");
}

#define RACERS 8

struct racer {
	struct store *store;
	struct version version;
	struct ask ask;
};

/* Swift has no condition: it says so, and the last one wins. */
static void p5_of_many_at_once_one_gets_the_key(void **state)
{
	struct real *real = *state;
	const struct store_s3_options options = real_options();
	struct racer racers[RACERS];
	bool unconditional = false;
	unsigned won = 0;

	for (struct racer *r = racers; r < racers + RACERS; r++) {
		r->store = open_store(&real->w, &options);
		r->version = version_in(real, (char)('0' + (r - racers)), "same length");
		r->ask = ask_to_put(&real->w, key(real, 0), &r->version, "same length");
	}
	for (struct racer *r = racers; r < racers + RACERS; r++)
		ask_start(&real->w, r->store, &r->ask);
	for (struct racer *r = racers; r < racers + RACERS; r++) {
		world_wait(&real->w, &r->ask.ended);
		won += !r->ask.e.code;
		if (r->ask.e.code && r->ask.e.code != ERR_OFFLINE) /* 409 */
			expect(ERR_EXISTS, &r->ask);
	}
	for (struct racer *r = racers; r < racers + RACERS; r++) {
		unconditional = unconditional || store_facts(r->store).unconditional;
		world_end_store(&real->w, r->store);
	}
	assert_true(unconditional ? won >= 1 : won == 1);
}

static void what_is_not_there_is_missing(void **state)
{
	struct real *real = *state;
	static const enum store_verb verbs[] = {STORE_HEAD, STORE_GET, STORE_COPY};

	for (size_t i = 0; i < LENGTH(verbs); i++) {
		struct ask a = ask_for(verbs[i], key(real, 0));

		ask(&real->w, &a);
		expect(ERR_MISSING, &a);
		assert_non_null(strstr(a.e.text, key(real, 0)));
	}
	struct ask a = fetch(real, 0);
	expect(ERR_MISSING, &a);
	assert_int_equal(access(a.r.file, F_OK), -1);
}

static void what_is_deleted_is_gone_also_the_second_time(void **state)
{
	struct real *real = *state;

	put_one(real, 0, 'a', "x");
	for (int i = 0; i < 2; i++) {
		struct ask a = ask_for(STORE_DELETE, key(real, 0));

		ask(&real->w, &a);
		expect(ERR_NONE, &a);
	}
	struct ask a = ask_for(STORE_HEAD, key(real, 0));
	ask(&real->w, &a);
	expect(ERR_MISSING, &a);
}

static struct ask list(struct real *real, const char *from)
{
	struct ask a = ask_for(STORE_LIST, "");

	(void)snprintf(a.r.key, sizeof(a.r.key), "backups/%s/", real->db_name);
	(void)snprintf(a.r.got.cursor, sizeof(a.r.got.cursor), "%s", from);
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	return a;
}

static void a_listing_has_what_is_there_from_any_key_on(void **state)
{
	struct real *real = *state;
	const struct version v = version_in(real, 'a', "x");

	for (unsigned i = 0; i < 3; i++)
		put_one(real, i, 'a', "x");
	assert_int_equal(put_metadata(&real->w, key(real, 1), &v, "{}"), ERR_NONE);
	struct ask a = list(real, "");
	assert_int_equal(a.r.got.entry_count, 4);
	assert_string_equal(a.r.got.entries[0].key, key(real, 0));
	assert_string_equal(a.r.got.entries[3].key, key(real, 2));
	assert_int_equal(a.r.got.entries[2].size, 2);
	assert_true(a.r.got.entries[0].etag[0]);
	assert_true(llabs(a.r.got.entries[0].modified - alarm_clock()) < 600 * STAMP_SECOND);
	assert_string_equal(a.r.got.cursor, "");
	store_request_end(&a.r);
	a = list(real, key(real, 1));
	assert_int_equal(a.r.got.entry_count, 2);
	assert_string_equal(a.r.got.entries[1].key, key(real, 2));
	store_request_end(&a.r);
}

static void a_copy_onto_itself_changes_nothing(void **state)
{
	struct real *real = *state;

	put_one(real, 0, 'a', "x");
	struct ask listing = list(real, ""), a = ask_for(STORE_COPY, key(real, 0));
	a.r.etag = listing.r.got.entries[0].etag;
	ask(&real->w, &a);
	expect(ERR_NONE, &a);
	is_fetched(real, 0, "x");
	a = ask_for(STORE_HEAD, key(real, 0));
	ask(&real->w, &a);
	assert_true(a.r.got.tagged);
	store_request_end(&listing.r);
}

/* --- what is refused, and how it is explained ------------------------------ */

static struct ask probe(struct real *real, const struct store_s3_options *o)
{
	struct store *s = open_store(&real->w, o);
	struct ask a = ask_for(STORE_PROBE, "");

	ask_of(s, &real->w, &a);
	world_end_store(&real->w, s);
	print_message("# %s\n", a.e.text);
	return a;
}

static void wrong_keys_are_refused_in_words(void **state)
{
	struct real *real = *state;
	struct store_s3_options o = real_options();

	o.keys.secret = "not-the-secret-of-that-key";
	struct ask a = probe(real, &o);
	expect(ERR_REFUSED, &a);
	assert_non_null(strstr(a.e.text, "secret_access_key"));
	assert_null(strstr(a.e.text, o.keys.secret));

	o = real_options();
	o.keys.access_key = "acct:nobody";
	a = probe(real, &o);
	expect(ERR_REFUSED, &a);
	assert_non_null(strstr(a.e.text, "check "));
}

static void a_bucket_that_is_not_there_is_refused_in_words(void **state)
{
	struct real *real = *state;
	struct store_s3_options o = real_options();

	o.bucket.name = "no-such-bucket-at-all";
	struct ask a = probe(real, &o);
	expect(ERR_REFUSED, &a);
	assert_non_null(strstr(a.e.text, "no-such-bucket-at-all"));
}

/* Only Swift looks at the region. */
static void another_region_is_refused_in_words_where_it_matters(void **state)
{
	struct real *real = *state;
	struct store_s3_options o = real_options();

	o.bucket.region = "eu-nowhere-9";
	struct ask a = probe(real, &o);
	if (a.e.code) {
		expect(ERR_REFUSED, &a);
		assert_non_null(strstr(a.e.text, "region"));
	}
}

static void a_clock_that_is_far_off_is_corrected(void **state)
{
	struct real *real = *state;

	clock_is_ahead = INT64_C(3) * 3600 * STAMP_SECOND;
	struct ask a = ask_for(STORE_PROBE, "");
	ask(&real->w, &a);
	if (a.e.code && store_facts(real->w.store).skew == STAMP_NONE) {
		expect(ERR_OFFLINE, &a); /* a store without a `Date` */
		assert_non_null(strstr(a.e.text, "clock"));
		return;
	}
	expect(ERR_NONE, &a);
	int64_t skew = store_facts(real->w.store).skew;
	assert_true(skew == STAMP_NONE || llabs(skew - clock_is_ahead) < 10 * STAMP_SECOND);
	put_one(real, 0, 'a', "x");
	clock_is_ahead = 0; /* somebody set it */
	put_one(real, 1, 'a', "x");
	skew = store_facts(real->w.store).skew;
	assert_true(skew == STAMP_NONE || llabs(skew) < 10 * STAMP_SECOND);
}

static void other_bytes_than_were_captured_are_never_stored(void **state)
{
	struct real *real = *state;
	const struct version v = version_in(real, 'a', "captured");
	struct ask a = ask_to_put(&real->w, key(real, 0), &v, "rotten!!");

	ask(&real->w, &a);
	expect(ERR_CORRUPT, &a);
	assert_non_null(strstr(a.e.text, "is damaged"));
	a = ask_for(STORE_HEAD, key(real, 0));
	ask(&real->w, &a);
	expect(ERR_MISSING, &a);
}

#define REAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REAL(a_probe_tells_the_permanent_name),
		REAL(what_is_put_comes_back_byte_by_byte),
		REAL(metadata_goes_into_memory_with_its_tags),
		REAL(p5_a_key_is_given_once),
		REAL(p5_of_many_at_once_one_gets_the_key),
		REAL(what_is_not_there_is_missing),
		REAL(what_is_deleted_is_gone_also_the_second_time),
		REAL(a_listing_has_what_is_there_from_any_key_on),
		REAL(a_copy_onto_itself_changes_nothing),
		REAL(wrong_keys_are_refused_in_words),
		REAL(a_bucket_that_is_not_there_is_refused_in_words),
		REAL(another_region_is_refused_in_words_where_it_matters),
		REAL(a_clock_that_is_far_off_is_corrected),
		REAL(other_bytes_than_were_captured_are_never_stored),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
