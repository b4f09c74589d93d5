/* What lies in the inbox, file by file; tests/system/test_inbox.py has the rest of the story. */
#include "daemon/io/inbox.h"
#include "tests/scratch.h"

#include <string.h>
#include <sys/inotify.h>
#include <uv.h>

struct lab {
	struct scratch folder;
	uv_loop_t loop;
	struct inbox *inbox;
	unsigned news;
	bool closed;
};

static void on_news(void *arg)
{
	((struct lab *)arg)->news++;
}

static void on_closed(void *arg)
{
	((struct lab *)arg)->closed = true;
}

static void begin(struct lab *lab)
{
	struct err e;

	*lab = (struct lab){0};
	scratch_open(&lab->folder);
	assert_int_equal(uv_loop_init(&lab->loop), 0);
	const struct inbox_events events = {on_news, lab};
	if (inbox_open(&lab->inbox, &lab->loop, lab->folder.path, &events, &e))
		fail_msg("%s", e.text);
}

static void end(struct lab *lab)
{
	inbox_close(lab->inbox, on_closed, lab);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	assert_true(lab->closed);
	assert_int_equal(uv_loop_close(&lab->loop), 0);
	scratch_close(&lab->folder);
}

static void put(const struct lab *lab, const char *name, const char *text)
{
	int fd = openat(lab->folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* The next that is neither `.` nor `..`. */
static enum inbox_kind next(struct lab *lab, struct inbox_file *f)
{
	enum inbox_kind kind = INBOX_NOTHING;

	f->name[0] = '\0';
	while (kind == INBOX_NOTHING && !f->name[0])
		kind = inbox_next(lab->inbox, f);
	return kind;
}

static void look(struct lab *lab)
{
	struct err e;

	assert_int_equal(inbox_begin(lab->inbox, &e), ERR_NONE);
}

static void a_file_is_handed_over_with_its_owner_until_it_is_removed(void **state)
{
	(void)state;
	struct lab lab;
	struct inbox_file f;
	struct err e;

	begin(&lab);
	put(&lab, "one", "hello");
	for (int i = 0; i < 2; i++) {
		look(&lab);
		assert_int_equal(next(&lab, &f), INBOX_SCAN);
		assert_string_equal(f.name, "one");
		assert_int_equal(f.length, 5);
		assert_memory_equal(f.bytes, "hello", 5);
		assert_int_equal(f.owner, geteuid());
		assert_int_equal(next(&lab, &f), INBOX_END);
	}
	assert_int_equal(inbox_remove(lab.inbox, "one", &e), ERR_NONE);
	assert_int_equal(inbox_remove(lab.inbox, "one", &e), ERR_NONE);
	look(&lab);
	assert_int_equal(next(&lab, &f), INBOX_END);
	end(&lab);
}

static void a_file_that_goes_while_it_is_looked_at_is_nothing(void **state)
{
	(void)state;
	struct lab lab;
	struct inbox_file f;

	begin(&lab);
	put(&lab, "one", "1");
	put(&lab, "two", "2");
	look(&lab);
	assert_int_equal(next(&lab, &f), INBOX_SCAN); /* both names were read at once */
	const char *other = strcmp(f.name, "one") == 0 ? "two" : "one";
	assert_int_equal(unlinkat(lab.folder.fd, other, 0), 0);
	assert_int_equal(next(&lab, &f), INBOX_NOTHING);
	assert_int_equal(next(&lab, &f), INBOX_END);
	end(&lab);
}

static void who_holds_a_lease_on_a_file_is_not_waited_for(void **state)
{
	(void)state;
	struct lab lab;
	struct inbox_file f;

	begin(&lab);
	put(&lab, "leased", "1");
	int fd = openat(lab.folder.fd, "leased", O_RDWR | O_CLOEXEC);
	(void)signal(SIGIO, SIG_IGN);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
	look(&lab);
	assert_int_equal(next(&lab, &f), INBOX_NOTHING);
	assert_int_equal(close(fd), 0);
	look(&lab);
	assert_int_equal(next(&lab, &f), INBOX_SCAN);
	end(&lab);
}

static void a_file_that_is_being_made_has_an_hour(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		time_t age;
		enum inbox_kind kind;
	} cases[] = {
		{".new", 0,    INBOX_NOTHING},
		{".59m", 3500, INBOX_NOTHING},
		{".61m", 3700, INBOX_BAD    },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct lab lab;
		struct inbox_file f;
		const struct timespec then = {.tv_sec = time(NULL) - cases[i].age};

		begin(&lab);
		put(&lab, cases[i].name, "{}");
		assert_int_equal(
			utimensat(lab.folder.fd, cases[i].name, (struct timespec[]){then, then}, 0),
			0);
		look(&lab);
		assert_int_equal(next(&lab, &f), cases[i].kind);
		end(&lab);
	}
}

static void news_come_of_files_that_are_renamed_or_linked_into_it(void **state)
{
	(void)state;
	struct lab lab;

	begin(&lab);
	put(&lab, ".one", "");
	while (!lab.news)
		uv_run(&lab.loop, UV_RUN_ONCE);
	lab.news = 0;
	assert_int_equal(renameat(lab.folder.fd, ".one", lab.folder.fd, "one"), 0);
	while (!lab.news)
		uv_run(&lab.loop, UV_RUN_ONCE);
	lab.news = 0;
	assert_int_equal(linkat(lab.folder.fd, "one", lab.folder.fd, "two", 0), 0);
	while (!lab.news)
		uv_run(&lab.loop, UV_RUN_ONCE);
	end(&lab);
}

static void a_folder_that_others_may_tamper_with_is_refused(void **state)
{
	(void)state;
	static const struct {
		mode_t mode;
		enum err_code code;
	} cases[] = {
		{01730, ERR_NONE   },
		{00700, ERR_NONE   },
		{01770, ERR_NONE   },
		{00730, ERR_REFUSED},
		{01732, ERR_REFUSED},
		{01777, ERR_REFUSED},
	};
	struct scratch folder;
	struct err e = {0};

	scratch_open(&folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(fchmod(folder.fd, cases[i].mode), 0);
		assert_int_equal(inbox_check(folder.path, &e), cases[i].code);
	}
	if (geteuid() == 0) {
		assert_int_equal(fchmod(folder.fd, 01730), 0);
		assert_int_equal(fchown(folder.fd, 65534, 65534), 0);
		assert_int_equal(inbox_check(folder.path, &e), ERR_REFUSED);
		assert_non_null(strstr(e.text, "Mend: chown 0 "));
	}
	scratch_close(&folder);
	assert_int_equal(inbox_check(folder.path, &e), ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_handed_over_with_its_owner_until_it_is_removed),
		cmocka_unit_test(a_file_that_goes_while_it_is_looked_at_is_nothing),
		cmocka_unit_test(who_holds_a_lease_on_a_file_is_not_waited_for),
		cmocka_unit_test(a_file_that_is_being_made_has_an_hour),
		cmocka_unit_test(news_come_of_files_that_are_renamed_or_linked_into_it),
		cmocka_unit_test(a_folder_that_others_may_tamper_with_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
