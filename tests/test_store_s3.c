/* The S3 store against answers that real servers do not give on demand. */
#include "common/stamp.h"
#include "daemon/io/alarm.h"
#include "s3_store_world.h"

#include <sys/resource.h>
#include <time.h>

#define CONTENTS "contents"

static struct ask put_it(struct s3_world *s, const struct version *v)
{
	struct ask a = ask_to_put(&s->w, KEY, v, CONTENTS);

	ask(&s->w, &a);
	return a;
}

/* --- PUT ------------------------------------------------------------------- */

static void a_put_is_one_request_on_a_condition(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){OK_PUT, NULL});
	struct ask a = put_it(&s, &v);
	fails_with(&a, ERR_NONE, "");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "PUT /casman/" KEY " HTTP/1.1\r\n"), 1);
	assert_int_equal(heard(&s, "if-none-match: *\r\n"), 1);
	assert_int_equal(heard(&s, "Content-Length: 8\r\n"), 1);
	assert_int_equal(heard(&s, "x-amz-meta-casmand-id: " ID("a") "\r\n"), 1);
	assert_int_equal(heard(&s, "x-amz-security-token: " TOKEN "\r\n"), 1);
	assert_non_null(strstr(s.server.requests, v.checksum));
	assert_non_null(strstr(s.server.requests, "\r\n\r\n" CONTENTS));
}

/* A row is a conversation: PUT, and HEAD where the store asks itself. */
static void p5_a_put_that_finds_something_asks_whose_it_is(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	static const struct {
		const char *name, *answers[4], *words;
		enum err_code code;
		bool unconditional;
	} rows[] = {
		{"ours: the answer was lost",    {IS_TAKEN, OBJECT("a")},                                "",                                ERR_NONE,    false},
		{"another's",                    {IS_TAKEN, OBJECT("b")},                                KEY ": another's",                 ERR_EXISTS,  false},
		{"python's",                     {IS_TAKEN, OK_PUT},                                     "another's",                       ERR_EXISTS,  false},
		{"with tags that make no sense",
                 {IS_TAKEN,
				"HTTP/1.1 200 OK\r\n" ETAG
				"x-amz-meta-casmand-id: nonsense\r\nContent-Length: 8\r\n\r\n"},
                 "another's",													       ERR_EXISTS,  false},
		{"gone meanwhile",               {IS_TAKEN, NO_OBJECT},                                  "is gone",                         ERR_OFFLINE, false},
		{"busy",			 {"HTTP/1.1 409 Conflict\r\n" EMPTY},                    "busy",                            ERR_OFFLINE, false},
		{"no condition, nothing there",  {NO_WAY, NO_OBJECT, OK_PUT},                            "",                                ERR_NONE,    true },
		{"no condition, ours",           {NO_WAY, OBJECT("a")},                                  "",                                ERR_NONE,    false},
		{"no condition, another's",      {NO_WAY, OBJECT("b")},                                  "another's",                       ERR_EXISTS,  false},
		{"no PUT at all",                {NO_WAY, NO_OBJECT, NO_WAY},                            "cannot put an object (HTTP 501)",
                 ERR_REFUSED,															    false},
		{"the HEAD fails",               {NO_WAY, "HTTP/1.1 503 Service Unavailable\r\n" EMPTY},
                 "out of order",													    ERR_OFFLINE, false},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		print_message("# %s\n", rows[i].name);
		s3_world_open(&s, rows[i].answers);
		struct ask a = put_it(&s, &v);
		fails_with(&a, rows[i].code, rows[i].words);
		assert_int_equal(store_facts(s.w.store).unconditional, rows[i].unconditional);
		s3_world_close(&s);
	}
}

static void a_store_without_conditions_is_asked_first_the_next_time(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s,
		(const char *const[]){
			NO_WAY, NO_OBJECT, OK_PUT, NO_OBJECT, OK_PUT, OBJECT("b"), NULL});
	for (int i = 0; i < 2; i++) {
		struct ask a = put_it(&s, &v);

		fails_with(&a, ERR_NONE, "");
	}
	struct ask a = put_it(&s, &v);
	fails_with(&a, ERR_EXISTS, "another's");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "PUT /casman/"), 3); /* the body went out once too often */
	assert_int_equal(heard(&s, "if-none-match: "), 1);
	assert_int_equal(heard(&s, "HEAD /casman/"), 3);
}

#define MISMATCH                                                                                   \
	"!HTTP/1.1 400 Bad Request\r\n\r\n"                                                        \
	"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"

static void p9_other_bytes_than_were_signed_make_it_look_at_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *in_file;
		enum err_code code;
		const char *words;
	} rows[] = {
		{CONTENTS,   ERR_OFFLINE, "other bytes arrived" },
		{"c0ntents", ERR_CORRUPT, "spooled is damaged: "},
	};
	const struct version v = version_of('a', CONTENTS);

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		s3_world_open(&s, (const char *const[]){MISMATCH, NULL});
		struct ask a = ask_to_put(&s.w, KEY, &v, rows[i].in_file);
		ask(&s.w, &a);
		fails_with(&a, rows[i].code, rows[i].words);
		s3_world_close(&s);
	}
}

static void a_spool_file_that_is_lost_or_cut_is_never_sent(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){OK_PUT, NULL});
	struct ask a = ask_to_put(&s.w, KEY, &v, "content");
	ask(&s.w, &a);
	fails_with(&a, ERR_CORRUPT, "spooled is damaged: 7 bytes");
	a.r.file = "/nowhere/spooled";
	ask(&s.w, &a);
	fails_with(&a, ERR_MISSING, "/nowhere/spooled");
	s3_world_close(&s);
	assert_int_equal(s.server.connections, 0);
}

/* MISSING and CORRUPT would say that the spool file is bad. */
static void no_answer_to_a_put_says_that_our_own_file_is_bad(void **state)
{
	(void)state;
	static char page[200000];
	static const char cut[] = "!HTTP/1.1 200 OK\r\n" ETAG "Content-Length: 500\r\n\r\n<a";
	static const char xml[] = "!HTTP/1.1 404 Not Found\r\n\r\n"
				  "<Error><Code>NoSuchKey</Code></Error>";
	const struct version v = version_of('a', CONTENTS);
	const char *const answers[] = {page, xml, cut, "!SSH-2.0\r\n", NULL};

	int head = snprintf(page, sizeof(page),
		"!HTTP/1.1 403 No\r\nContent-Type: text/html\r\n"
		"Content-Length: 150000\r\n\r\n");
	memset(page + head, 'x', 150000);
	for (size_t i = 0; answers[i]; i++) {
		struct s3_world s;

		s3_world_open(&s, (const char *const[]){answers[i], NULL});
		struct ask a = put_it(&s, &v);
		print_message("# %s\n", a.e.text);
		assert_true(a.e.code == ERR_OFFLINE || a.e.code == ERR_REFUSED);
		s3_world_close(&s);
	}
}

/* --- what the store says of itself ----------------------------------------- */

static void how_long_it_wants_to_be_left_alone_is_told(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){
			"HTTP/1.1 503 Slow Down\r\nRetry-After: 7\r\n" EMPTY, OBJECT("a"), NULL});
	ask(&s.w, &a);
	assert_int_equal(a.e.code, ERR_OFFLINE);
	assert_int_equal(a.r.got.wait, 7000);
	ask(&s.w, &a);
	assert_int_equal(a.e.code, ERR_NONE);
	assert_int_equal(a.r.got.wait, 0);
	s3_world_close(&s);
}

#define SKEWED(date)                                                                               \
	"!HTTP/1.1 403 Forbidden\r\nDate: " date "\r\n\r\n"                                        \
	"<Error><Code>RequestTimeTooSkewed</Code></Error>"

static void a_clock_that_the_store_does_not_take_is_corrected_by_its_own(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){
			SKEWED("Sat, 01 Jan 2050 10:00:00 GMT"), OBJECT("a"), OBJECT("a"), NULL});
	assert_true(store_facts(s.w.store).skew == STAMP_NONE);
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	int64_t store_clock = alarm_clock() - store_facts(s.w.store).skew;
	assert_true(llabs(store_clock - INT64_C(2524644000) * STAMP_SECOND) < 60 * STAMP_SECOND);
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "x-amz-date: 20500101T10"), 2); /* and from now on */
}

static void it_is_signed_again_only_once(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){SKEWED("Sat, 01 Jan 2050 10:00:00 GMT"),
			SKEWED("Sun, 01 Jan 2051 10:00:00 GMT"), NULL});
	ask(&s.w, &a);
	fails_with(&a, ERR_OFFLINE, "the clock of this machine is");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "HEAD "), 2);
}

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

/* --- COPY and DELETE ------------------------------------------------------- */

static void copies_and_deletions_are_done_also_where_there_is_nothing_to_do(void **state)
{
	(void)state;
	static const struct {
		enum store_verb verb;
		enum err_code code;
		const char *answer, *words;
	} rows[] = {
		{STORE_COPY,   ERR_NONE,    "!HTTP/1.1 200 OK\r\n\r\n<CopyObjectResult/>", ""                    },
		{STORE_COPY,   ERR_OFFLINE,
                 "!HTTP/1.1 200 OK\r\n\r\n<Error><Code>InternalError</Code></Error>",      "out of order"        },
		{STORE_COPY,   ERR_NONE,
                 "!HTTP/1.1 400 Bad Request\r\n\r\n<Error><Code>InvalidRequest</Code>"
			"<Message>...itself without changing...</Message></Error>",        ""                    },
		{STORE_COPY,   ERR_MISSING, IS_TAKEN,                                      "not the one any more"},
		{STORE_DELETE, ERR_NONE,    "HTTP/1.1 204 No Content\r\n\r\n",             ""                    },
		{STORE_DELETE, ERR_NONE,
                 "!HTTP/1.1 404 No\r\n\r\n<Error><Code>NoSuchKey</Code></Error>",          ""                    },
		{STORE_DELETE, ERR_DENIED,
                 "!HTTP/1.1 403 No\r\n\r\n<Error><Code>AccessDenied</Code></Error>",       "may not delete"      },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;
		struct ask a = ask_for(rows[i].verb, KEY);

		a.r.etag = "\"e\"";
		s3_world_open(&s, (const char *const[]){rows[i].answer, NULL});
		ask(&s.w, &a);
		fails_with(&a, rows[i].code, rows[i].words);
		s3_world_close(&s);
		bool is_copy = rows[i].verb == STORE_COPY;
		assert_int_equal(heard(&s, "x-amz-copy-source-if-match: \"e\"\r\n"), is_copy);
		assert_int_equal(heard(&s, "Content-Length: 0\r\n"), is_copy);
	}
}

/* --- opening --------------------------------------------------------------- */

static void a_bucket_has_one_name_whatever_the_way_to_it(void **state)
{
	(void)state;
	static const struct {
		struct s3bucket_options bucket;
		const char *place;
	} rows[] = {
		{{.endpoint = "https://s3.site:443", .name = "b"},                         "https://s3.site/b"},
		{{.endpoint = "http://S3.site/", .name = "b"},                             "http://s3.site/b" },
		{{.endpoint = "http://s3.site/b", .name = "b", .style = S3BUCKET_IN_HOST},
                 "http://s3.site/b"									   },
	};
	struct world w;

	world_begin(&w);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct store *s;
		struct err e;

		assert_int_equal(
			store_open_s3(&s, &w.loop,
				&(struct store_s3_options){
					.bucket = rows[i].bucket, .keys = {"a", "b", NULL}
                },
				&e),
			ERR_NONE);
		w.open++;
		assert_string_equal(store_place(s), rows[i].place);
		world_end_store(&w, s);
	}
	world_close(&w);
}

static void what_cannot_be_opened_names_the_key(void **state)
{
	(void)state;
	static char long_name[300];
	const struct {
		struct store_s3_options o;
		const char *words;
	} rows[] = {
		{{.bucket = {.name = "b"}},                                      "access_key_id is missing"    },
		{{.bucket = {.name = "b"}, .keys = {"a", "", ""}},               "secret_access_key is missing"},
		{{.bucket = {.name = "b"}, .keys = {"a", "canary", "canary\n"}}, "session_token: "             },
		{{.bucket = {.name = "/"}, .keys = {"a", "b", ""}},              "bucket_name: "               },
		{{.bucket = {.name = long_name, .endpoint = "http://host.name"},
			 .keys = {"a", "b", ""}},
                 "longer than 251 characters"								  },
	};
	struct world w;

	memset(long_name, 'x', 245);
	world_begin(&w);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct store *s;
		struct err e;

		assert_int_equal(store_open_s3(&s, &w.loop, &rows[i].o, &e), ERR_CONFIG);
		assert_non_null(strstr(e.text, rows[i].words));
		assert_null(strstr(e.text, "canary"));
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_put_is_one_request_on_a_condition),
		cmocka_unit_test(p5_a_put_that_finds_something_asks_whose_it_is),
		cmocka_unit_test(a_store_without_conditions_is_asked_first_the_next_time),
		cmocka_unit_test(p9_other_bytes_than_were_signed_make_it_look_at_the_file),
		cmocka_unit_test(a_spool_file_that_is_lost_or_cut_is_never_sent),
		cmocka_unit_test(no_answer_to_a_put_says_that_our_own_file_is_bad),
		cmocka_unit_test(how_long_it_wants_to_be_left_alone_is_told),
		cmocka_unit_test(a_clock_that_the_store_does_not_take_is_corrected_by_its_own),
		cmocka_unit_test(it_is_signed_again_only_once),
		cmocka_unit_test(what_is_fetched_is_a_new_private_file_with_its_checksum),
		cmocka_unit_test(p9_what_cannot_be_fetched_whole_leaves_no_file),
		cmocka_unit_test(a_disk_that_is_full_is_said_by_name),
		cmocka_unit_test(metadata_has_its_limit),
		cmocka_unit_test(a_listing_has_only_keys_of_our_shape),
		cmocka_unit_test(a_page_goes_on_behind_the_last_key),
		cmocka_unit_test(a_page_that_ends_with_a_strange_long_key_is_followed_at_once),
		cmocka_unit_test(a_listing_that_makes_no_sense_ends),
		cmocka_unit_test(a_listing_without_end_has_one),
		cmocka_unit_test(copies_and_deletions_are_done_also_where_there_is_nothing_to_do),
		cmocka_unit_test(a_bucket_has_one_name_whatever_the_way_to_it),
		cmocka_unit_test(what_cannot_be_opened_names_the_key),
	};

	digest_open();
	http_global();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
