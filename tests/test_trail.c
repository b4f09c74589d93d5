#include "check.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/trail.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static char root[] = "/tmp/casmand-trail-XXXXXX";

static int plant(void **state)
{
	(void)state;
	static const char *const links[][2] = {
		{"a/b",           "short"    },
		{root,            "a/back"   },
		{"../b/parts.db", "a/b/up.db"},
		{"two.db",        "one.db"   },
		{"a/b/parts.db",  "two.db"   },
		{"gone/parts.db", "lost.db"  },
		{"loop",          "loop"     },
	};
	static const char *const files[] = {"file", "a/b/parts.db"};

	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("a/b", 0755), 0);
	for (size_t i = 0; i < LENGTH(links); i++)
		assert_int_equal(symlink(links[i][0], links[i][1]), 0);
	for (size_t i = 0; i < LENGTH(files); i++)
		assert_int_equal(mknod(files[i], S_IFREG | 0644, 0), 0);
	return 0;
}

static int unlink_one(const char *path, const struct stat *s, int type, struct FTW *where)
{
	(void)s;
	(void)type;
	(void)where;
	return remove(path);
}

static int clear(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	return nftw(root, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "@a" for what is below our root, "@" for the root itself. */
static void add_path(struct text *t, const char *path)
{
	size_t length = strlen(root);

	if (strncmp(path, root, length) != 0)
		text_add(t, "%s", path);
	else if (path[length] == '/')
		text_add(t, "@%s", path + length + 1);
	else
		text_add(t, "@");
}

/* As the table below writes it; the ways to our root itself are left out. */
static char *told(const struct trail *t)
{
	static const char *const words[] = {
		[TRAIL_FOLDER] = "",
		[TRAIL_LINK] = "->",
		[TRAIL_ABOVE] = "above ",
		[TRAIL_WAIT] = "wait ",
		[TRAIL_HOME] = "home ",
	};
	struct text out = {0};

	add_path(&out, t->path);
	text_add(&out, ":");
	for (size_t i = 0; i < t->count; i++) {
		const struct trail_step *s = &t->steps[i];
		if (s->kind == TRAIL_FOLDER && strncmp(s->path, root, strlen(root)) != 0)
			continue;
		text_add(&out, " %s", words[s->kind]);
		add_path(&out, s->path);
		if (s->name)
			text_add(&out, "(%s)", s->name);
	}
	return text_take(&out);
}

static char *follow(const char *name, struct err *e)
{
	scoped(heap) char *path = NULL;
	struct trail t;

	assert_true(asprintf(&path, "%s/%s", root, name) > 0);
	enum err_code code = trail_follow(&t, path, e);
	assert_int_equal(code, e->code);
	char *text = told(&t);
	trail_free(&t);
	return text;
}

static void a_trail_has_every_folder_and_link_on_the_way(void **state)
{
	(void)state;
	static const struct {
		const char *path, *trail;
	} rows[] = {
		{"a/b/parts.db",          "@a/b/parts.db: @ @a @a/b home @a/b(parts.db)"                    },
		{"/a//./b/../b/parts.db", "@a/b/parts.db: @ @a @a/b @a/b home @a/b(parts.db)"               },
		{"a/b/new.db",            "@a/b/new.db: @ @a @a/b above @a(b) home @a/b(new.db)"            },
		{"a/x/y/parts.db",        "@a/x/y/parts.db: @ @a above @(a) wait @a(x)"                     },
		{"a/x//y/../z.db",        "@a/x/y/../z.db: @ @a above @(a) wait @a(x)"                      },
		{"file/parts.db",         "@file/parts.db: @ above /tmp(*) wait @(file)"                    },
		{"short/parts.db",        "@a/b/parts.db: @ ->@short @a @a/b home @a/b(parts.db)"           },
		{"a/back/file",           "@file: @ @a ->@a/back @ home @(file)"                            },
		{"a/b/up.db",             "@a/b/parts.db: @ @a @a/b ->@a/b/up.db @a/b home @a/b(parts.db)"  },
		{"one.db",                "@a/b/parts.db: @ ->@one.db ->@two.db @a @a/b home @a/b(parts.db)"},
		{"lost.db",               "@gone/parts.db: @ ->@lost.db above /tmp(*) wait @(gone)"         },
		{"a",                     "@a: @ home @(a)"						 },
		{"a/b/..",                "@a: @ @a @a/b home @(a)"                                         },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct err e;
		scoped(heap) char *text = follow(rows[i].path, &e);
		scoped(heap) char *wanted = NULL;
		const char *star = strchr(rows[i].trail, '*');

		if (star)
			assert_true(asprintf(&wanted, "%.*s%s%s", (int)(star - rows[i].trail),
					    rows[i].trail, root + strlen("/tmp/"), star + 1) > 0);
		else
			wanted = text_copy(rows[i].trail);
		assert_string_equal(text, wanted);
		assert_int_equal(e.code, ERR_NONE);
	}
}

static void nothing_is_above_the_root(void **state)
{
	(void)state;
	static const struct {
		const char *path, *trail;
	} rows[] = {
		{"/no-such.db",       "/no-such.db: home /(no-such.db)"},
		{"/no-such/x.db",     "/no-such/x.db: wait /(no-such)" },
		{"/../../no-such.db", "/no-such.db: home /(no-such.db)"},
		{"/",                 "/: home /()"                    },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct trail t;
		struct err e;

		assert_int_equal(trail_follow(&t, rows[i].path, &e), ERR_NONE);
		scoped(heap) char *text = told(&t);
		assert_string_equal(text, rows[i].trail);
		trail_free(&t);
	}
}

static void a_circle_of_links_is_an_error(void **state)
{
	(void)state;
	struct err e;
	scoped(heap) char *text = follow("loop/parts.db", &e);

	assert_int_equal(e.code, ERR_FAILED);
	assert_non_null(strstr(e.text, "circle"));
	assert_non_null(strstr(e.text, root));
	assert_non_null(strstr(text, "->@loop above"));
}

static void a_path_that_is_too_long_is_an_error(void **state)
{
	(void)state;
	char name[300];
	struct err e;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	scoped(heap) char *text = follow(name, &e);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.text, "File name too long"));
	assert_non_null(strstr(text, " home @(xxx"));
}

static void a_folder_that_may_not_be_entered_is_an_error(void **state)
{
	(void)state;
	struct err e;

	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(chmod("a", 0600), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	scoped(heap) char *text = follow("a/b/parts.db", &e);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("a", 0755), 0);
	assert_int_equal(e.code, ERR_DENIED);
	assert_non_null(strstr(e.text, "must be able to enter"));
	assert_string_equal(text, "@a/b/parts.db: @ @a above @(a) wait @a(b)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trail_has_every_folder_and_link_on_the_way),
		cmocka_unit_test(nothing_is_above_the_root),
		cmocka_unit_test(a_circle_of_links_is_an_error),
		cmocka_unit_test(a_path_that_is_too_long_is_an_error),
		cmocka_unit_test(a_folder_that_may_not_be_entered_is_an_error),
	};

	return cmocka_run_group_tests(tests, plant, clear);
}
