/* GET, FETCH and LIST, against answers that real servers do not give on demand. */
#include "common/stamp.h"
#include "s3_store_world.h"

#include <sys/resource.h>

#define CONTENTS "contents"

/* --- GET and FETCH --------------------------------------------------------- */

static struct ask fetch(struct s3_world *s)
{
	static char path[SCRATCH_PATH];
	struct ask a = ask_for(STORE_FETCH, KEY);

	(void)snprintf(path, sizeof(path), "%s/fetched", s->w.scratch.path);
	a.r.file = path;
	ask(&s->w, &a);
	return a;
}

static void what_is_fetched_is_a_new_private_file_with_its_checksum(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;
	struct stat st;

	s3_world_open(&s, (const char *const[]){OBJECT("a") CONTENTS, OBJECT("a") CONTENTS, NULL});
	struct ask a = fetch(&s);
	fails_with(&a, ERR_NONE, "");
	holds(a.r.file, CONTENTS);
	assert_int_equal(stat(a.r.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(a.r.got.size, 8);
	assert_string_equal(a.r.got.checksum, v.checksum);
	assert_string_equal(a.r.got.tags.id, v.id);
	struct ask again = fetch(&s); /* not into an old one */
	fails_with(&again, ERR_EXISTS, "create ");
	holds(a.r.file, CONTENTS);
	s3_world_close(&s);
	assert_int_equal(heard(&s, "GET "), 1);
}

static void p9_what_cannot_be_fetched_whole_leaves_no_file(void **state)
{
	(void)state;
	static const struct {
		const char *name, *answer;
		enum err_code code;
		const char *words;
	} rows[] = {
		{"cut",                     "!" OBJECT("a") "conte",                                ERR_OFFLINE, "/casman: "          },
		{"not there",
                 "!HTTP/1.1 404 Not Found\r\n\r\n"
			"<Error><Code>NoSuchKey</Code></Error>",				    ERR_MISSING, KEY                  },
		{"a portal's page",
                 "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
			"Content-Length: 6\r\n\r\n<html>",					  ERR_OFFLINE, "a web page answered"},
		{"no S3",                   "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ncontents", ERR_OFFLINE,
                 "no S3 answered"												     },
		{"in an archive",
                 "!HTTP/1.1 403 Forbidden\r\n\r\n"
			"<Error><Code>InvalidObjectState</Code></Error>",			   ERR_REFUSED, "archive"            },
		{"tags that make no sense",
                 "HTTP/1.1 200 OK\r\n" ETAG
			"x-amz-meta-casmand-id: nonsense\r\nContent-Length: 1\r\n\r\nx",            ERR_CORRUPT, KEY                  },
		{"silence",                 "",						     ERR_OFFLINE, "no progress"        },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		print_message("# %s\n", rows[i].name);
		s3_world_open(&s, (const char *const[]){rows[i].answer, NULL});
		struct ask a = fetch(&s);
		fails_with(&a, rows[i].code, rows[i].words);
		assert_int_equal(access(a.r.file, F_OK), -1);
		s3_world_close(&s);
	}
}

static void a_disk_that_is_full_is_said_by_name(void **state)
{
	(void)state;
	const struct rlimit little = {4, RLIM_INFINITY}, much = {RLIM_INFINITY, RLIM_INFINITY};
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){OBJECT("a") CONTENTS, NULL});
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	struct ask a = fetch(&s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &much), 0);
	assert_true(a.e.code == ERR_IO || a.e.code == ERR_FULL);
	assert_memory_equal(a.e.text, a.r.file, strlen(a.r.file));
	assert_non_null(strstr(a.e.text, "File too large"));
	assert_int_equal(access(a.r.file, F_OK), -1);
	s3_world_close(&s);
}

static void metadata_has_its_limit(void **state)
{
	(void)state;
	static char most[STORE_GET_MAX + 300], more[STORE_GET_MAX + 300];
	struct s3_world s;
	struct ask a = ask_for(STORE_GET, KEY OBJKEY_METADATA);

	memset(most, 'x', sizeof(most) - 1);
	memset(more, 'x', sizeof(more) - 1);
	int head = snprintf(most, sizeof(most),
		"HTTP/1.1 200 OK\r\n" ETAG "Content-Length: %d\r\n\r\n", STORE_GET_MAX);
	most[head] = 'x';
	most[head + STORE_GET_MAX] = '\0';
	head = snprintf(more, sizeof(more),
		"!HTTP/1.1 200 OK\r\n" ETAG "Content-Length: %d\r\n\r\n", STORE_GET_MAX + 1);
	more[head] = 'x';
	s3_world_open(&s, (const char *const[]){most, more, NULL});
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	assert_int_equal(a.r.got.size, STORE_GET_MAX);
	assert_int_equal(strlen(a.r.got.bytes), STORE_GET_MAX);
	store_request_end(&a.r);
	ask(&s.w, &a);
	fails_with(&a, ERR_CORRUPT, "larger than it may be");
	s3_world_close(&s);
}

/* --- LIST ------------------------------------------------------------------ */

#define ENTRY(key)                                                                                 \
	"<Contents><Key>" key "</Key><Size>8</Size><ETag>\"e\"</ETag>"                             \
	"<StorageClass>STANDARD_IA</StorageClass>"                                                 \
	"<LastModified>2026-11-20T14:30:22.000Z</LastModified></Contents>"
#define PAGE(entries, rest)                                                                        \
	"!HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<ListBucketResult>" entries      \
	"<EncodingType>url</EncodingType>" rest "</ListBucketResult>"
#define LAST "<IsTruncated>false</IsTruncated>"
#define MORE(at)                                                                                   \
	"<IsTruncated>true</IsTruncated><NextContinuationToken>" at "</NextContinuationToken>"
#define LONG_NAME "backups/parts.db/20241208_143022_parts.db.not-ours-" ID("x") ID("y") ID("z")

static struct ask list(struct s3_world *s, const char *from)
{
	struct ask a = ask_for(STORE_LIST, "backups/");

	(void)snprintf(a.r.got.cursor, sizeof(a.r.got.cursor), "%s", from);
	ask(&s->w, &a);
	return a;
}

static void a_listing_has_only_keys_of_our_shape(void **state)
{
	(void)state;
	struct s3_world s;

	s3_world_open(&s,
		(const char *const[]){PAGE(ENTRY(KEY) ENTRY(KEY ".casmand.json") ENTRY(KEY
						   ".metadata.json") ENTRY("backups/readme.txt"),
					      LAST),
			NULL});
	struct ask a = list(&s, "");
	fails_with(&a, ERR_NONE, "");
	assert_int_equal(a.r.got.entry_count, 2);
	assert_string_equal(a.r.got.entries[0].key, KEY);
	assert_int_equal(a.r.got.entries[0].size, 8);
	assert_int_equal(a.r.got.entries[0].modified, INT64_C(1795185022) * STAMP_SECOND);
	assert_string_equal(a.r.got.entries[0].etag, "\"e\"");
	assert_string_equal(a.r.got.entries[0].class, "STANDARD_IA");
	assert_string_equal(a.r.got.entries[1].key, KEY ".metadata.json");
	assert_string_equal(a.r.got.cursor, "");
	store_request_end(&a.r);
	s3_world_close(&s);
}

static void a_page_goes_on_behind_the_last_key(void **state)
{
	(void)state;
	struct s3_world s;

	s3_world_open(&s,
		(const char *const[]){
			PAGE(ENTRY(KEY), MORE("t")), PAGE(ENTRY(OTHER_KEY), LAST), NULL});
	struct ask a = list(&s, "");
	fails_with(&a, ERR_NONE, "");
	assert_string_equal(a.r.got.cursor, KEY);
	store_request_end(&a.r);
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	assert_string_equal(a.r.got.entries[0].key, OTHER_KEY);
	assert_string_equal(a.r.got.cursor, "");
	store_request_end(&a.r);
	s3_world_close(&s);
	assert_int_equal(
		heard(&s, "start-after=backups%2Fparts.db%2F20241208_143022_parts.db "), 1);
}

static void a_page_that_ends_with_a_strange_long_key_is_followed_at_once(void **state)
{
	(void)state;
	struct s3_world s;

	s3_world_open(&s,
		(const char *const[]){PAGE(ENTRY(KEY) ENTRY(LONG_NAME), MORE("t+1")),
			PAGE("", MORE("t2")), PAGE(ENTRY(OTHER_KEY), LAST), NULL});
	struct ask a = list(&s, "");
	fails_with(&a, ERR_NONE, "");
	assert_int_equal(a.r.got.entry_count, 2);
	assert_string_equal(a.r.got.entries[1].key, OTHER_KEY);
	store_request_end(&a.r);
	s3_world_close(&s);
	assert_int_equal(heard(&s, "continuation-token=t%2B1&"), 1);
	assert_int_equal(heard(&s, "continuation-token=t2&"), 1);
}

static void a_listing_that_makes_no_sense_ends(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum err_code code;
		const char *words;
	} rows[] = {
		{PAGE(ENTRY(KEY),       MORE("t")), ERR_REFUSED,                                                     "from the beginning again"},
		{PAGE(ENTRY("a"),                     "<IsTruncated>true</IsTruncated>"),                 ERR_OFFLINE,
                 "does not tell where"},
		{"!HTTP/1.1 200 OK\r\n\r\n<ListBucketResult><IsTru", ERR_OFFLINE,           "no S3 answered"                        },
		{"!HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html>",     ERR_OFFLINE,
                 "a web page answered"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		s3_world_open(&s, (const char *const[]){rows[i].answer, NULL});
		struct ask a = list(&s, KEY);
		fails_with(&a, rows[i].code, rows[i].words);
		assert_null(a.r.got.entries);
		assert_string_equal(a.r.got.cursor, KEY);
		s3_world_close(&s);
	}
}

static void a_listing_without_end_has_one(void **state)
{
	(void)state;
	static const char *answers[200];
	struct s3_world s;

	for (size_t i = 0; i + 1 < LENGTH(answers); i++)
		answers[i] = PAGE("", MORE("t"));
	s3_world_open(&s, answers);
	struct ask a = list(&s, "");
	fails_with(&a, ERR_REFUSED, "does not come to an end");
	s3_world_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_fetched_is_a_new_private_file_with_its_checksum),
		cmocka_unit_test(p9_what_cannot_be_fetched_whole_leaves_no_file),
		cmocka_unit_test(a_disk_that_is_full_is_said_by_name),
		cmocka_unit_test(metadata_has_its_limit),
		cmocka_unit_test(a_listing_has_only_keys_of_our_shape),
		cmocka_unit_test(a_page_goes_on_behind_the_last_key),
		cmocka_unit_test(a_page_that_ends_with_a_strange_long_key_is_followed_at_once),
		cmocka_unit_test(a_listing_that_makes_no_sense_ends),
		cmocka_unit_test(a_listing_without_end_has_one),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
