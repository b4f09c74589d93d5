#include "daemon/doctor_alone.h"

#include "common/charset.h"
#include "common/log.h"
#include "common/scoped.h"
#include "daemon/doctor.h"
#include "daemon/io/account.h"
#include "daemon/load.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define OWN_STATE "/tmp/casmand-doctor-XXXXXX"

struct alone {
	uv_loop_t loop;
	const char *config_path;
	struct config *config;
	char folder[sizeof(OWN_STATE)];
	struct state *state; /* of its own, thrown away: the daemon's may be in use */
	struct storage *storage;
	bool json;
	int code;
};

/* --- whose eyes ---------------------------------------------------------------- */

static void become_service(const char *config_path)
{
	struct text mistakes = {0};
	struct config *config;
	struct stat st;
	struct err e;

	if (geteuid() != 0 || load_config(&config, config_path, &mistakes, &e)) {
		text_free(&mistakes);
		return;
	}
	if (stat(config->state_dir, &st) == 0 && st.st_uid != 0)
		REQUIRE(account_become(st.st_uid, st.st_gid));
	config_free(config);
}

/* --- the store ------------------------------------------------------------------- */

static void ignored(void *arg)
{
	(void)arg;
}

/* Asking a folder that is no store would make it one. */
static bool is_made(const struct alone *a, struct findings *f)
{
	struct text marker = {0};

	if (a->config->backend != BACKEND_FILE)
		return true;
	text_add(&marker, "%s/.casmand-store", a->config->file_path);
	scoped(heap) char *path = text_take(&marker);
	if (access(path, F_OK) == 0)
		return true;
	finding_add(f, FINDING_ODD, "store",
		"%s is not there: no store yet, or its disk is not mounted", path);
	finding_mend(f, "nothing, if casmand never used it; else mount its disk");
	return false;
}

static struct storage *open_storage(void *arg, struct findings *f)
{
	struct alone *a = arg;
	struct text mistakes = {0};
	struct err e;

	if (load_config(&a->config, a->config_path, &mistakes, &e) || !is_made(a, f)) {
		text_free(&mistakes);
		return NULL;
	}
	memcpy(a->folder, OWN_STATE, sizeof(OWN_STATE));
	if (!mkdtemp(a->folder)) {
		a->folder[0] = '\0';
		return NULL;
	}
	if (state_open(&a->state, a->folder, &e))
		return NULL;
	a->storage = storage_open(&a->loop, a->config, a->state,
		&(struct storage_events){.changed = ignored, .reached = ignored});
	return a->storage;
}

static void remove_own_state(const char *folder)
{
	DIR *d = *folder ? opendir(folder) : NULL;

	if (!d)
		return;
	for (struct dirent *entry; (entry = readdir(d));) /* NOLINT(concurrency-mt-unsafe): ours */
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
	(void)rmdir(folder);
}

/* --- telling ----------------------------------------------------------------------- */

static void print(const struct findings *f, bool json)
{
	struct text out = {0};

	if (json) {
		struct doc *d = findings_doc(f);
		scoped(heap) char *line = doc_text(d);

		text_add(&out, "%s\n", line);
		doc_free(d);
	} else {
		findings_text(f, charset_is_utf8(), &out);
	}
	(void)fputs(out.at, stdout);
	text_free(&out);
}

static void on_done(void *arg, const struct findings *f)
{
	struct alone *a = arg;

	print(f, a->json);
	a->code = findings_count(f, FINDING_WRONG) || fflush(stdout) ? 1 : 0;
	if (a->storage)
		storage_close(a->storage, ignored, a);
}

int doctor_alone(const char *config_path, bool json)
{
	struct alone a = {.config_path = config_path, .json = json};

	log_open(LOG_ERROR); /* what it finds is its output */
	become_service(config_path);
	REQUIRE(uv_loop_init(&a.loop) == 0);
	(void)doctor_open(&(struct doctor_start){.loop = &a.loop,
		.config_path = config_path,
		.storage = open_storage,
		.done = on_done,
		.arg = &a});
	uv_run(&a.loop, UV_RUN_DEFAULT);
	REQUIRE(uv_loop_close(&a.loop) == 0);
	state_close(a.state);
	remove_own_state(a.folder);
	config_free(a.config);
	return a.code;
}
