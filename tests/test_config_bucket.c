/* Where the keys of a bucket come from, and what is said where there are none. */
#include "check.h"
#include "common/place.h"
#include "config_world.h"

#define REST "\n[database rest.db]\npath = /rest\n"
#define R2   "[sync]\nbackend = r2\n[r2]\n"
#define S3   "[sync]\nbackend = s3\n"

static struct facts nothing;

static const char aws_file[] = "aws_access_key_id = of nobody\n"
			       "[default]\r\n"
			       "# aws_access_key_id = comment\n"
			       "aws_access_key_id = file-id ; no comment\r\n"
			       "aws_secret_access_key=file/secret=\n"
			       "region = nowhere\n"
			       "nonsense\n"
			       "[ work ]\n"
			       "AWS_ACCESS_KEY_ID = work-id\n"
			       "aws_secret_access_key = work-secret\n"
			       "aws_session_token = work-token\n"
			       "[half]\n"
			       "aws_secret_access_key = half-secret";

/* clang-format off */
static const struct {
	const char *text;
	struct facts facts;
	const char *keys; /* id, secret, token */
} cases[] = {
	/* r2: the environment has the last word */
	{R2 "access_key_id = i\nsecret_access_key = s\nsession_token = t" REST, {.credentials = {{0}}},
		"i s t"},
	{R2 "access_key_id = i\nsecret_access_key = s" REST,
		{.variables = {{"R2_ACCESS_KEY_ID", "I"}, {"R2_SECRET_ACCESS_KEY", "S"},
			{"R2_SESSION_TOKEN", "T"}}}, "I S T"},
	{R2 "access_key_id = ${ID}\nsecret_access_key_file = /key" REST,
		{.credentials = {{"ID", "c\n"}}, .files = {{"/key", " f \n"}}}, "c f "},
	/* a credential before the variable of its name */
	{R2 "secret_access_key = s" REST, {.credentials = {{"R2_SECRET_ACCESS_KEY", "C\n"}},
		.variables = {{"R2_ACCESS_KEY_ID", "I"}, {"R2_SECRET_ACCESS_KEY", "S"}}}, "I C "},
	/* a token belongs to its key */
	{R2 "access_key_id = i\nsecret_access_key = s\nsession_token = t" REST,
		{.variables = {{"R2_ACCESS_KEY_ID", "I"}}}, "I s "},
	{R2 "access_key_id = i\nsecret_access_key = s" REST,
		{.variables = {{"R2_SESSION_TOKEN", "T"}}}, "i s "},
	/* r2: AWS's variables where there is nothing else, and no file */
	{R2 REST, {.variables = {{"AWS_ACCESS_KEY_ID", "I"}, {"AWS_SECRET_ACCESS_KEY", "S"},
		{"AWS_SESSION_TOKEN", "T"}}}, "I S T"},
	{R2 "access_key_id = i\nsecret_access_key = s" REST,
		{.variables = {{"AWS_ACCESS_KEY_ID", "I"}, {"AWS_SECRET_ACCESS_KEY", "S"},
			{"AWS_SESSION_TOKEN", "T"}}}, "i s "},
	{R2 REST, {.variables = {{"HOME", "/h"}}, .files = {{"/h/.aws/credentials", aws_file}}},
		"  "},

	/* s3: [s3], [r2], the file, and before all of them the variables */
	{S3 "[r2]\naccess_key_id = i\nsecret_access_key = s\nsession_token = t\n[s3]\n"
		"access_key_id = j\nsecret_access_key = u" REST, {.credentials = {{0}}}, "j u "},
	{S3 "[r2]\naccess_key_id = i\nsecret_access_key = s\nsession_token = t" REST,
		{.variables = {{"HOME", "/h"}}, .files = {{"/h/.aws/credentials", aws_file}}},
		"i s t"},
	{S3 "[r2]\naccess_key_id = i\nsecret_access_key = s\n[s3]\nsession_token = t" REST,
		{.credentials = {{0}}}, "i s "},
	{S3 REST, {.variables = {{"R2_ACCESS_KEY_ID", "I"}, {"R2_SECRET_ACCESS_KEY", "S"}}}, "I S "},
	{S3 "[s3]\naccess_key_id = i\nsecret_access_key = s\nsession_token = t" REST,
		{.variables = {{"AWS_ACCESS_KEY_ID", "I"}, {"AWS_SECRET_ACCESS_KEY", "S"}}}, "I S "},
	{S3 "[s3]\naccess_key_id = i\nsecret_access_key = s\nsession_token = t" REST,
		{.variables = {{"AWS_SESSION_TOKEN", "T"}}}, "i s t"},
	{S3 "[s3]\naccess_key_id = ${NO}\nsecret_access_key_file = /no" REST,
		{.variables = {{"HOME", "/h"}}, .files = {{"/h/.aws/credentials", aws_file}}},
		"file-id ; no comment file/secret= "},
	{S3 REST, {.variables = {{"HOME", "/h"}, {"AWS_PROFILE", "work"}},
		.files = {{"/h/.aws/credentials", aws_file}}}, "work-id work-secret work-token"},
	{S3 REST, {.variables = {{"HOME", "/h"}, {"AWS_PROFILE", "half"}},
		.files = {{"/h/.aws/credentials", aws_file}}}, " half-secret "},
	{S3 "[s3]\naccess_key_id = i" REST, {.variables = {{"HOME", "/h"}, {"AWS_PROFILE", "work"}},
		.files = {{"/h/.aws/credentials", aws_file}}}, "i work-secret "},
	{S3 REST, {.variables = {{"HOME", "/h"}, {"AWS_SHARED_CREDENTIALS_FILE", "/else"}},
		.files = {{"/else", aws_file}}}, "file-id ; no comment file/secret= "},
	{S3 REST, {.variables = {{"HOME", "/h"}, {"AWS_PROFILE", "nobody's"}},
		.files = {{"/h/.aws/credentials", aws_file}}}, "  "},
	{S3 REST, {.variables = {{"HOME", "/h"}}}, "  "},
	{S3 REST, {.credentials = {{0}}}, "  "},
};
/* clang-format on */

static void credentials_come_from_the_first_place_that_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct facts facts = cases[i].facts;
		struct config *c = parse_well(cases[i].text, &facts);
		const struct config_bucket *b = config_bucket(c);
		struct text keys = {0};

		text_add(&keys, "%s %s %s", b->access_key_id, b->secret_access_key,
			b->session_token);
		assert_string_equal(keys.at, cases[i].keys);
		text_free(&keys);
		config_free(c);
	}
}

static void what_s3_leaves_open_is_that_of_r2(void **state)
{
	(void)state;
	static const char r2[] = "[r2]\nbucket_name = b\nendpoint = https://e\nregion = r\n"
				 "ca_file = /ca\naccount_id = a\n";
	struct facts facts = {.variables = {{"AWS_DEFAULT_REGION", "d"}}};
	struct text text = {0};

	text_add(&text, S3 "%s" REST, r2);
	struct config *c = parse_well(text.at, &nothing);
	assert_string_equal(c->s3.bucket_name, "b");
	assert_string_equal(c->s3.endpoint, "https://e");
	assert_string_equal(c->s3.region, "r");
	assert_string_equal(c->s3.ca_file, "/ca");
	config_free(c);

	text_free(&text);
	text_add(&text, S3 "%s[s3]\nbucket_name = B\nendpoint = http://E\nca_file = /CA" REST, r2);
	c = parse_well(text.at, &facts);
	assert_string_equal(c->s3.bucket_name, "B");
	assert_string_equal(c->s3.endpoint, "http://E");
	assert_string_equal(c->s3.region, "d");
	assert_string_equal(c->s3.ca_file, "/CA");
	text_free(&text);
	config_free(c);
}

static void a_bucket_has_its_defaults_and_the_variables_of_the_python_client(void **state)
{
	(void)state;
	struct facts facts = {
		.variables = {{"R2_ACCOUNT_ID", "1a"}, {"R2_BUCKET_NAME", "b"},
			      {"R2_ENDPOINT", "https://e"}, {"AWS_REGION", "not R2's"}}
        };
	struct config *c = parse_well(R2 "account_id = 2b" REST, &nothing);

	assert_int_equal(c->backend, BACKEND_R2);
	assert_ptr_equal(config_bucket(c), &c->r2);
	assert_string_equal(c->r2.account_id, "2b");
	assert_string_equal(c->r2.bucket_name, "casman-databases");
	assert_string_equal(c->r2.endpoint, "");
	assert_string_equal(c->r2.region, "auto");
	assert_string_equal(c->r2.ca_file, "");
	assert_int_equal(c->r2.path_style, S3BUCKET_AUTO);
	config_free(c);

	c = parse_well(R2 "account_id = 2b" REST, &facts);
	assert_string_equal(c->r2.account_id, "1a");
	assert_string_equal(c->r2.bucket_name, "b");
	assert_string_equal(c->r2.endpoint, "https://e");
	assert_string_equal(c->r2.region, "auto");
	config_free(c);

	c = parse_well(S3 "[s3]\npath_style = no" REST, &nothing);
	assert_ptr_equal(config_bucket(c), &c->s3);
	assert_string_equal(c->s3.bucket_name, "casman-databases");
	assert_string_equal(c->s3.region, "auto");
	assert_int_equal(c->s3.path_style, S3BUCKET_IN_HOST);
	config_free(c);
}

static void a_backend_without_a_bucket_has_none(void **state)
{
	(void)state;
	static const char *const texts[] = {REST, "[sync]\nbackend = disabled" REST};
	struct facts facts = {.variables = {{"R2_ENDPOINT", "no URL"}}};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct config *c = parse_well(texts[i], &facts);

		assert_null(config_bucket(c));
		config_free(c);
	}
}

/* Design, section 9: missing credentials make the store unavailable, nothing else. */
static void credentials_that_are_missing_are_no_mistake_and_it_is_said_what_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *text, *missing, *section;
	} lacking[] = {
		{R2 REST,
                 "there is no account_id and no access_key_id and no secret_access_key for "
			"backend = r2. Mend: export R2_ACCOUNT_ID, R2_ACCESS_KEY_ID, "
			"R2_SECRET_ACCESS_KEY and run", "[r2]"},
		{R2 "endpoint = https://e\naccess_key_id = i" REST,
                 "there is no secret_access_key for backend = r2. Mend: export "
			"R2_SECRET_ACCESS_KEY and run", "[r2]"},
		{S3 "[s3]\nsecret_access_key = s" REST,
                 "there is no access_key_id for backend = s3. Mend: export "
			"AWS_ACCESS_KEY_ID and run",    "[s3]"},
	};
	struct err e;

	for (size_t i = 0; i < LENGTH(lacking); i++) {
		struct config *c = parse_well(lacking[i].text, &nothing);

		assert_int_equal(config_ready(c, &e), ERR_CONFIG);
		assert_memory_equal(e.text, lacking[i].missing, strlen(lacking[i].missing));
		assert_non_null(strstr(e.text, PLACE_ENVIRONMENT));
		assert_non_null(strstr(e.text, lacking[i].section));
		config_free(c);
	}
	struct config *c = parse_well(
		R2 "account_id = a\naccess_key_id = i\nsecret_access_key = s" REST, &nothing);
	assert_int_equal(config_ready(c, &e), ERR_NONE);
	config_free(c);
}

static void credentials_that_cannot_be_had_are_told_with_their_line(void **state)
{
	(void)state;
	struct config *c = parse_well(R2 "access_key_id = ${R2_ACCESS_KEY_ID}\n"
					 "secret_access_key_file = /gone" REST,
		&nothing);

	assert_string_equal(c->warnings.at,
		"casmand.conf:4: [r2] access_key_id: ${R2_ACCESS_KEY_ID} is not set: there is "
		"neither a credential nor an environment variable of this name\n"
		"casmand.conf:5: [r2] secret_access_key_file: open /gone: No such file or "
		"directory\n");
	assert_string_equal(c->r2.access_key_id, "");
	config_free(c);
}

/* P10 */
static void keys_and_tokens_are_secrets_in_both_sections(void **state)
{
	(void)state;
	static const char text[] =
		S3 "[r2]\naccess_key_id = hush1\nsecret_access_key = hush2\nsession_token = hush3\n"
		   "[s3]\naccess_key_id = hush4\nsecret_access_key = hush5\nsession_token = "
		   "hush6" REST;
	struct config *c = parse_well(text, &nothing);
	char *print = printed(c);

	assert_null(strstr(print, "hush"));
	assert_non_null(strstr(print, "\nsession_token = ******\n"));
	assert_true(c->holds_secret);
	free(print);
	config_free(c);

	c = parse_well(R2 "access_key_id = hush\nsecret_access_key = ${HUSH}" REST, &nothing);
	print = printed(c);
	assert_null(strstr(print, "hush"));
	assert_false(c->holds_secret);
	free(print);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_come_from_the_first_place_that_has_them),
		cmocka_unit_test(what_s3_leaves_open_is_that_of_r2),
		cmocka_unit_test(a_bucket_has_its_defaults_and_the_variables_of_the_python_client),
		cmocka_unit_test(a_backend_without_a_bucket_has_none),
		cmocka_unit_test(
			credentials_that_are_missing_are_no_mistake_and_it_is_said_what_to_do),
		cmocka_unit_test(credentials_that_cannot_be_had_are_told_with_their_line),
		cmocka_unit_test(keys_and_tokens_are_secrets_in_both_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
