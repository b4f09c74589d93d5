#include "client/doctor.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum err_code ask_doctor(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	(void)params;
	return link_call(l, "doctor", NULL, a, e);
}

enum proto_exit exit_of_doctor(const struct doc *result)
{
	const struct doc *list = doc_get(result, "findings");

	for (size_t i = 0; i < doc_length(list); i++)
		if (strcmp(doc_as_text(doc_get(doc_at(list, i), "grade"), "wrong"), "wrong") == 0)
			return EXIT_FAILED;
	return EXIT_DONE;
}

/* --- where casmand is down --------------------------------------------------- */

/* Runs casmand with these words, its output going into `fd`; false: there is none. */
static bool start(char *const *words, int fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;

	REQUIRE(posix_spawn_file_actions_init(&files) == 0);
	REQUIRE(posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO) == 0);
	int failed = posix_spawnp(pid, "casmand", &files, NULL, words, environ);
	if (failed)
		failed = posix_spawn(pid, CASMAND, &files, NULL, words, environ);
	posix_spawn_file_actions_destroy(&files);
	return !failed;
}

static void read_all(int fd, struct text *to)
{
	char piece[4096];
	ssize_t count;

	while ((count = read(fd, piece, sizeof(piece))) > 0 || (count < 0 && errno == EINTR))
		if (count > 0)
			text_bytes(to, piece, (size_t)count);
}

static enum err_code run(char *const *words, struct text *said, struct err *e)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "make a pipe");
	bool started = start(words, ends[1], &pid);
	close(ends[1]);
	if (started) {
		read_all(ends[0], said);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return started ? ERR_NONE : e->code; /* as it was: no casmand is there */
}

/* What it found, and before all that it is down. */
static struct doc *with_down(const struct doc *result, const struct err *down)
{
	struct doc *whole = doc_object(), *list = doc_array(), *first = doc_object();
	const struct doc *found = doc_get(result, "findings");

	doc_put_text(first, "grade", "wrong");
	doc_put_text(first, "topic", "casmand");
	doc_put_text(first, "text", down->text);
	doc_put_text(first, "mend", "systemctl start casmand; journalctl -u casmand says why not");
	doc_add(list, first);
	for (size_t i = 0; i < doc_length(found); i++)
		doc_add(list, doc_copy(doc_at(found, i)));
	doc_put(whole, "findings", list);
	return whole;
}

enum err_code doctor_alone(struct doc *params, struct doc **result, struct err *e)
{
	const char *config = doc_as_text(doc_get(params, "config"), NULL);
	char *file = config ? text_copy(config) : NULL;
	char name[] = "casmand", doctor[] = "--doctor", json[] = "--json", option[] = "--config";
	char *words[] = {name, doctor, json, file ? option : NULL, file, NULL};
	const struct err down = *e;
	struct text said = {0};
	struct doc *found;

	if (!run(words, &said, e)) {
		e->code = doc_parse(&found, said.at ? said.at : "", said.length, e);
		if (!e->code) {
			*result = with_down(found, &down);
			doc_free(found);
		} else {
			err_note(e, "casmand --doctor");
		}
	}
	text_free(&said);
	free(file);
	return e->code;
}
