#include "casmand.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char configuration[] = "[daemon]\n"
				    "state_dir = %s/state\n"
				    "socket = %s/socket\n"
				    "[sync]\n"
				    "backend = file\n"
				    "backup_on_scan_count = 0\n"
				    "backup_on_hours = 0\n"
				    "[file]\n"
				    "path = %s/store\n"
				    "[database parts.db]\n"
				    "path = %s/databases/parts.db\n"
				    "on_change = mark\n"
				    "scans_from = socket\n";

static void configure(const char *path, const char *folder)
{
	FILE *f = fopen(path, "we");

	if (!f)
		bench_fail("cannot write %s", path);
	(void)fprintf(f, configuration, folder, folder, folder, folder);
	if (fclose(f))
		bench_fail("cannot write %s", path);
}

static _Noreturn void become(const char *casmand, const char *config, int log)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(log, STDERR_FILENO);
	execl(casmand, casmand, "--config", config, (char *)NULL);
	bench_fail("cannot run %s", casmand);
}

/* Its log goes on into a pipe that nobody reads any more: it says next to nothing from here on. */
static void await_stored(int log)
{
	FILE *lines = fdopen(log, "r");
	char line[1000], all[8000] = "";

	if (!lines)
		bench_fail("no memory");
	while (fgets(line, sizeof(line), lines)) {
		strncat(all, line, sizeof(all) - strlen(all) - 1);
		if (strstr(line, ">stored db="))
			return;
	}
	bench_fail("casmand ended before it was ready:\n%s", all);
}

void casmand_start(struct casmand *d, const char *casmand, const char folder[BENCH_FOLDER])
{
	char path[BENCH_FOLDER + 32];
	int log[2];

	(void)snprintf(path, sizeof(path), "%s/databases", folder);
	if (mkdir(path, 0700))
		bench_fail("cannot make %s", path);
	(void)snprintf(path, sizeof(path), "%s/databases/parts.db", folder);
	sqlite3 *db = bench_open(path);
	bench_sql(db, "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)");
	sqlite3_close(db);
	(void)snprintf(d->socket, sizeof(d->socket), "%s/socket", folder);
	(void)snprintf(path, sizeof(path), "%s/casmand.conf", folder);
	configure(path, folder);
	if (pipe(log))
		bench_fail("no pipe");
	d->pid = fork();
	if (d->pid == 0)
		become(casmand, path, log[1]);
	close(log[1]);
	await_stored(log[0]);
}

void casmand_stop(struct casmand *d)
{
	int status = 0;

	kill(d->pid, SIGTERM);
	waitpid(d->pid, &status, 0);
	if (status)
		bench_fail("casmand ended with status %x", status);
}

double casmand_cpu(const struct casmand *d)
{
	char path[64];
	long long ns = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", d->pid);
	FILE *f = fopen(path, "re");
	if (!f || fscanf(f, "%lld", &ns) != 1)
		bench_fail("cannot read %s", path);
	(void)fclose(f);
	return (double)ns / 1e9;
}

int casmand_connect(const struct casmand *d)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, d->socket); /* the folder's path is short enough */
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		bench_fail("cannot connect to %s", d->socket);
	return fd;
}
