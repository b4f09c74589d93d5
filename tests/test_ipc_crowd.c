/* Peers that flood, that are many, and who they are. */
#include "ipc_lab.h"

#include <grp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define USERS  100   /* the group "users", which every Debian has */
#define NOBODY 65534 /* a user, and the group of its own, that every Debian has */

/* ---- floods ---- */

#define FLOOD 10000

static struct ipc_peer *flooder;
static unsigned flood_when_other_spoke;

static void count_flood(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)length;
	if (text[0] == 'x')
		flooder = p;
	else
		flood_when_other_spoke = lab->lines - 1;
}

/* 64 lines of one peer in a turn, and then somebody else. */
static void a_flood_holds_up_only_its_sender(void **state)
{
	(void)state;
	static char flood[2 * FLOOD];
	struct lab lab;

	for (size_t i = 0; i < sizeof(flood); i += 2)
		flood[i] = 'x', flood[i + 1] = '\n';
	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = count_flood;
	int loud = knock(&lab), quiet = knock(&lab);
	say_bytes(&lab, loud, flood, sizeof(flood));
	UNTIL(&lab, lab.lines > 0);
	assert_int_equal(lab.lines, 64);
	say(&lab, quiet, "please\n");
	unsigned turns = lab.turns;
	UNTIL(&lab, flood_when_other_spoke > 0);
	assert_true(lab.turns <= turns + 1);
	assert_true(flood_when_other_spoke <= 2 * 64);
	UNTIL(&lab, lab.lines == FLOOD + 1);
	assert_true(lab.turns >= FLOOD / 64);
	assert_true(lab_sleeps(&lab));
	close(loud);
	close(quiet);
	lab_close(&lab);
}

struct caller {
	pthread_t thread;
	struct sockaddr_un name;
	int right;
};

#define CALLERS 32
#define CALLS   50

static void *call(void *arg)
{
	struct caller *c = arg;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&c->name, sizeof(c->name)))
		return NULL;
	for (int n = 0; n < CALLS; n++) {
		char line[32], answer[32];
		int length = snprintf(line, sizeof(line), "%d of %d\n", n, CALLS);

		if (send(fd, line, (size_t)length, MSG_NOSIGNAL) != length ||
			recv(fd, answer, (size_t)length, MSG_WAITALL) != length)
			break;
		c->right += memcmp(line, answer, (size_t)length) == 0;
	}
	close(fd);
	return NULL;
}

static void many_peers_are_served_at_once(void **state)
{
	(void)state;
	static struct caller callers[CALLERS];
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	for (size_t i = 0; i < CALLERS; i++) {
		callers[i].name.sun_family = AF_UNIX;
		memcpy(callers[i].name.sun_path, lab.path, sizeof(lab.path));
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
	}
	UNTIL(&lab, lab.gone == CALLERS);
	for (size_t i = 0; i < CALLERS; i++) {
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
		assert_int_equal(callers[i].right, CALLS);
	}
	lab_close(&lab);
}

/* ---- many ---- */

/* Connects as somebody else: the kernel notes who it was. */
static int knock_as(struct lab *lab, uid_t uid, gid_t gid, gid_t supplementary)
{
	assert_int_equal(setgroups(1, &supplementary), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	int fd = knock(lab);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	return fd;
}

static bool lacks_root(void)
{
	if (geteuid() == 0)
		return false;
	print_message("# skipped: only root can connect as somebody else\n");
	return true;
}

static void lab_open_to_users(struct lab *lab)
{
	lab_open(lab, (struct ipc_options){.group = "users"});
	assert_int_equal(chmod(lab->folder, 0755), 0);
}

static int many[1024];
static unsigned knocked;

/* That many are welcome and the next is refused, and says why, and then one may come again. */
static void fill_up(struct lab *lab, uid_t uid, unsigned most)
{
	unsigned first = knocked, refused = lab->trouble[IPC_FULL];

	while (knocked < first + most) {
		many[knocked++] = uid ? knock_as(lab, uid, USERS, USERS) : knock(lab);
		lab_some_turns(lab);
	}
	say(lab, many[knocked - 1], "hello\n");
	hears(lab, many[knocked - 1], "hello\n");
	assert_int_equal(lab->trouble[IPC_FULL], refused);
	int last = uid ? knock_as(lab, uid, USERS, USERS) : knock(lab);
	say(lab, last, "please\n");
	hears(lab, last, "full\n");
	hears_the_end(lab, last);
	close(last);
	assert_int_equal(lab->trouble[IPC_FULL], refused + 1);
}

static void allow_descriptors(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void connections_of_one_user_and_of_all_are_limited(void **state)
{
	(void)state;
	struct lab lab;

	if (lacks_root())
		return;
	allow_descriptors(2048);
	lab_open_to_users(&lab);
	knocked = 0;
	fill_up(&lab, NOBODY, 64);
	close(many[--knocked]);
	UNTIL(&lab, lab.gone == 2);
	fill_up(&lab, NOBODY, 1); /* there was room for one again */
	fill_up(&lab, 0, 256);
	for (uid_t uid = 2001; uid <= 2003; uid++)
		fill_up(&lab, uid, 64);
	assert_int_equal(knocked, 512);
	fill_up(&lab, 2004, 0); /* its first */
	while (knocked > 0)
		close(many[--knocked]);
	lab_close(&lab);
}

/* Those who are told that there is no room take room, too. */
static void refusals_are_limited_too(void **state)
{
	(void)state;
	struct lab lab;
	unsigned more = 100;

	allow_descriptors(2048);
	lab_open(&lab, (struct ipc_options){0});
	for (knocked = 0; knocked < 256 + more; knocked++) {
		many[knocked] = knock(&lab);
		uv_run(&lab.loop, UV_RUN_NOWAIT);
	}
	lab_some_turns(&lab);
	assert_int_equal(lab.trouble[IPC_FULL], 64);
	hears_the_end(&lab, many[knocked - 1]);
	assert_int_equal(lab.gone, 0);
	while (knocked > 0)
		close(many[--knocked]);
	lab_close(&lab);
}

/* No descriptor left: who knocks waits, the loop does not spin, and goes on by itself. */
static void without_descriptors_it_rests(void **state)
{
	(void)state;
	struct rlimit before, limit;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int one = knock(&lab);
	say(&lab, one, "hello\n");
	hears(&lab, one, "hello\n");
	int two = knock(&lab);
	int lowest = dup(two);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

	say(&lab, two, "please\n");
	assert_true(lab_for(&lab, 100) < 20);
	say(&lab, one, "still here\n");
	hears(&lab, one, "still here\n");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	hears(&lab, two, "please\n");
	assert_true(lab_sleeps(&lab));
	close(one);
	close(two);
	lab_close(&lab);
}

/* ---- who ---- */

static void the_kernel_says_who_a_peer_is(void **state)
{
	(void)state;
	static const struct {
		const char *group;
		bool admin;
		uid_t uid;
		gid_t gid, supplementary;
	} cases[] = {
		{"",              true,  0,      0,      0     },
		{"no such group", true,  0,      0,      0     },
		{"",              false, NOBODY, NOBODY, USERS },
		{"no such group", false, NOBODY, NOBODY, USERS },
		{"users",         true,  NOBODY, NOBODY, USERS }, /* supplementary */
		{"users",         true,  NOBODY, USERS,  NOBODY}, /* primary */
		{"root",          false, NOBODY, NOBODY, USERS },
		{"daemon",        false, NOBODY, NOBODY, USERS },
	};
	struct lab lab;

	if (lacks_root())
		return;
	lab_open_to_users(&lab);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int fd = knock_as(&lab, cases[i].uid, cases[i].gid, cases[i].supplementary);

		say(&lab, fd, "hello\n");
		hears(&lab, fd, "hello\n");
		assert_int_equal(ipc_uid(lab.peer), cases[i].uid);
		if (ipc_is_admin(lab.peer, cases[i].group) != cases[i].admin)
			fail_msg("case %zu", i);
		close(fd);
		UNTIL(&lab, lab.gone == i + 1);
	}
	lab_close(&lab);
}

static void of_many_groups_each_counts(void **state)
{
	(void)state;
	enum { GROUPS = 5000 };
	static gid_t groups[GROUPS];
	struct lab lab;

	if (lacks_root())
		return;
	for (gid_t i = 0; i < GROUPS; i++)
		groups[i] = 100000 + i;
	groups[GROUPS - 1] = USERS;
	lab_open(&lab, (struct ipc_options){0});
	assert_int_equal(chmod(lab.folder, 0755), 0);
	assert_int_equal(chmod(lab.path, 0666), 0);
	assert_int_equal(setgroups(GROUPS, groups), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	int fd = knock(&lab);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	say(&lab, fd, "hello\n");
	hears(&lab, fd, "hello\n");
	assert_true(ipc_is_admin(lab.peer, "users"));
	assert_false(ipc_is_admin(lab.peer, "daemon"));
	close(fd);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_holds_up_only_its_sender),
		cmocka_unit_test(many_peers_are_served_at_once),
		cmocka_unit_test(connections_of_one_user_and_of_all_are_limited),
		cmocka_unit_test(refusals_are_limited_too),
		cmocka_unit_test(without_descriptors_it_rests),
		cmocka_unit_test(the_kernel_says_who_a_peer_is),
		cmocka_unit_test(of_many_groups_each_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
