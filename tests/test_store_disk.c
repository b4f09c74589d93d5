/* A store on disks that are full, read-only, taken away, failing, or know no links.
 *
 * The first tests fork, so nothing before them may start a thread.
 */
#include "check.h"
#include "store_world.h"

static bool may_mount; /* we have mounts of our own */

static bool probe(struct world *w)
{
	struct ask a = ask_for(STORE_PROBE, "");

	return ask(w, &a) == ERR_NONE;
}

static const struct row {
	unsigned call, error;
	enum err_code code;
	const char *says;
} rows[] = {
	{SYS_linkat,  EIO,      ERR_OFFLINE, "store not reached: /"                    },
	{SYS_linkat,  ENODEV,   ERR_OFFLINE, "store not reached: /"                    },
	{SYS_linkat,  ENOTCONN, ERR_OFFLINE, "store not reached: /"                    },
	{SYS_mkdirat, ESTALE,   ERR_OFFLINE, "backups: Stale file handle"              },
	{SYS_mkdirat, ENOENT,   ERR_OFFLINE, "store not reached: /"                    },
	{SYS_fsync,   EIO,      ERR_OFFLINE, "Input/output error"                      },
	{SYS_linkat,  ENOSPC,   ERR_FULL,    "/store is full: link .casmand-aaaaaaaa-1"},
	{SYS_linkat,  EDQUOT,   ERR_FULL,    "Disk quota exceeded"                     },
	{SYS_linkat,  EACCES,   ERR_DENIED,  "has no right to that in the store /"     },
	{SYS_mkdirat, EACCES,   ERR_DENIED,  "make the folder backups: Permission"     },
};
static const struct row *row;

static void deny(void)
{
	scratch_deny(row->call, row->error);
}

static bool put_fails_as_told(struct world *w)
{
	struct version v = version_of('1', "contents");
	struct ask a = ask_to_put(w, KEY, &v, "contents");

	if (ask(w, &a) == row->code && strstr(a.e.text, row->says))
		return true;
	printf("# %d: %s\n", a.e.code, a.e.text);
	(void)fflush(stdout);
	return false;
}

static void what_the_file_system_says_is_told_as_what_it_means(void **state)
{
	struct world *w = *state;

	world_run(w, NULL, probe);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		row = &rows[i];
		world_run(w, deny, put_fails_as_told);
		(void)rmdir(in_store(w, "backups/parts.db"));
		(void)rmdir(in_store(w, "backups"));
		assert_int_equal(scratch_count(w->place), 1); /* the marker, and nothing half */
	}
}

/* P5 */
static bool write_once(struct world *w)
{
	struct version a = version_of('1', "mine"), b = version_of('2', "yours");

	return probe(w) && put(w, KEY, &a, "mine") == ERR_NONE &&
		put(w, KEY, &b, "yours") == ERR_EXISTS && put(w, KEY, &a, "mine") == ERR_NONE &&
		put_metadata(w, KEY, &a, "{}") == ERR_NONE &&
		put_metadata(w, KEY, &b, "[]") == ERR_EXISTS;
}

static void deny_links(void)
{
	scratch_deny(SYS_linkat, EPERM);
}

static void without_links_nothing_is_overwritten_either(void **state)
{
	struct world *w = *state;

	world_run(w, deny_links, write_once);
	holds(in_store(w, KEY), "mine");
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
}

static void on_fat_nothing_is_overwritten_either(void **state)
{
	struct world *w = *state;
	char image[SCRATCH_PATH];

	(void)snprintf(image, sizeof(image), "%s", scratch_at(&w->scratch, "image"));
	assert_int_equal(mkdir(w->place, 0700), 0);
	if (!may_mount || !scratch_mount_fat(image, w->place))
		return;
	assert_true(write_once(w));
	holds(in_store(w, KEY), "mine");
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
	assert_int_equal(umount(w->place), 0);
}

static void a_full_store_is_told_and_left_without_a_half_version(void **state)
{
	struct world *w = *state;
	static char much[200000];
	struct version small = version_of('2', "small");

	memset(much, 'x', sizeof(much) - 1);
	struct version large = version_of('1', much);
	assert_int_equal(mkdir(w->place, 0700), 0);
	if (!may_mount)
		return;
	assert_int_equal(mount("tmpfs", w->place, "tmpfs", 0, "size=64k"), 0);
	assert_true(probe(w));
	struct ask a = ask_to_put(w, KEY, &large, much);
	assert_int_equal(ask(w, &a), ERR_FULL);
	assert_non_null(strstr(a.e.text, "/store is full: write "));
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 0);
	assert_int_equal(put(w, KEY, &small, "small"), ERR_NONE);
	assert_int_equal(umount(w->place), 0);
}

static void a_read_only_store_can_be_read(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask head = ask_for(STORE_HEAD, KEY), delete = ask_for(STORE_DELETE, KEY);

	assert_int_equal(mkdir(w->place, 0700), 0);
	if (!may_mount)
		return;
	assert_int_equal(mount("tmpfs", w->place, "tmpfs", 0, "size=64k"), 0);
	assert_true(probe(w));
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	assert_int_equal(mount(NULL, w->place, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_true(probe(w));
	assert_int_equal(ask(w, &head), ERR_NONE);
	struct ask a = ask_to_put(w, OTHER_KEY, &v, "contents");
	assert_int_equal(ask(w, &a), ERR_REFUSED);
	assert_non_null(strstr(a.e.text, "ReadWritePaths=): create"));
	assert_int_equal(ask(w, &delete), ERR_REFUSED);
	assert_int_equal(umount(w->place), 0);
}

/* The folder `disk` of the scratch folder is the USB disk. */
static void a_disk_that_is_taken_away_is_missed_until_it_is_back(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	char disk[SCRATCH_PATH];

	(void)snprintf(disk, sizeof(disk), "%s", scratch_at(&w->scratch, "disk"));
	assert_int_equal(mkdir(disk, 0700), 0);
	assert_int_equal(mkdir(w->place, 0700), 0);
	if (!may_mount)
		return;
	assert_int_equal(mount(disk, w->place, NULL, MS_BIND, NULL), 0);
	assert_true(probe(w));
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	assert_int_equal(umount(w->place), 0);

	struct ask a = ask_to_put(w, OTHER_KEY, &v, "contents"), list = ask_for(STORE_LIST, "");
	assert_int_equal(ask(w, &a), ERR_OFFLINE);
	assert_non_null(strstr(a.e.text, "has no .casmand-store (is the disk mounted?)"));
	assert_int_equal(ask(w, &list), ERR_OFFLINE); /* and not an empty store */
	assert_false(probe(w));
	assert_int_equal(scratch_count(w->place), 0);

	assert_int_equal(mount(disk, w->place, NULL, MS_BIND, NULL), 0);
	assert_int_equal(ask(w, &a), ERR_NONE);
	assert_int_equal(umount(w->place), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(what_the_file_system_says_is_told_as_what_it_means),
		IN_WORLD(without_links_nothing_is_overwritten_either),
		IN_WORLD(on_fat_nothing_is_overwritten_either),
		IN_WORLD(a_full_store_is_told_and_left_without_a_half_version),
		IN_WORLD(a_read_only_store_can_be_read),
		IN_WORLD(a_disk_that_is_taken_away_is_missed_until_it_is_back),
	};

	may_mount = scratch_own_mounts();
	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
