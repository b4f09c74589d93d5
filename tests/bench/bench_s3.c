/* bench_s3 [KB...] - what it costs to bring a version into a bucket.
 *
 *   meson setup build/release --buildtype=release && ninja -C build/release
 *   RADOSGW_BYTES=8589934592 sh tests/servers/radosgw.sh 9000 key secret /tmp/radosgw test &
 *   CASMAND_S3_ENDPOINT=http://127.0.0.1:9000 CASMAND_S3_BUCKET=test CASMAND_S3_REGION=us-east-1 \
 *   CASMAND_S3_ACCESS=key CASMAND_S3_SECRET=secret CASMAND_S3_CA= build/release/tests/bench/bench_s3
 *
 * In each round, one after the other, so that whatever else the machine does hits both alike: a bare
 * `curl -T` of the file whose checksum is known (its own time, without that of starting it), and a
 * whole backup on a connection that is kept: database, metadata, HEAD.
 *
 * Milliseconds, medians; and the most memory that the process ever held.  Good: 340 KB in at most
 * 8 ms, 10 MB in 75, 100 MB and 1 GB in at most 1.2 times what curl takes; memory does not grow.
 *
 * KB: sizes of databases (340 10240 102400 1048576).
 */
#include "bench.h"
#include "daemon/io/digest.h"
#include "daemon/io/http.h"
#include "tests/s3/real.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#define ROUNDS_MOST 41
#define FIRST       INT64_C(1700000000) /* seconds: the first version's moment */
#define SECOND      INT64_C(1000000)

struct place {
	char folder[BENCH_FOLDER], file[BENCH_FOLDER + 16];
	uv_loop_t loop;
	struct store *store;
	struct version version;
	unsigned count; /* of keys so far */
	struct store_request request;
	bool answered;
	struct err error;
};

static void make_file(struct place *p, long kb)
{
	struct version *v = &p->version;
	unsigned char bytes[256];
	FILE *f = fopen(p->file, "we");
	struct err e;

	for (long i = 0; f && i < kb * 4; i++) {
		digest_random(bytes, sizeof(bytes));
		if (fwrite(bytes, sizeof(bytes), 1, f) != 1)
			bench_fail("write %s", p->file);
	}
	if (!f || fclose(f))
		bench_fail("write %s", p->file);
	int fd = open(p->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || digest_file(fd, &v->size, v->checksum, v->content, &e))
		bench_fail("read %s", p->file);
	close(fd);
}

static void next_key(struct place *p, char key[OBJKEY_ROOM])
{
	objkey_make(key, p->version.db_name, (FIRST + p->count++) * SECOND);
}

/* --- casmand ---------------------------------------------------------------- */

static void on_done(struct store_request *r, const struct err *e)
{
	struct place *p = owner_of(r, struct place, request);

	p->answered = true;
	p->error = *e;
}

/* Of place's request, whose `got` is there until the next one. */
static void ask(struct place *p, const struct store_request *r)
{
	p->request = *r;
	p->request.version = &p->version;
	p->request.done = on_done;
	p->answered = false;
	store_start(p->store, &p->request);
	while (!p->answered)
		uv_run(&p->loop, UV_RUN_ONCE);
	if (p->error.code)
		bench_fail("%s", p->error.text);
}

static double backup(struct place *p)
{
	char *metadata = version_metadata(&p->version);
	struct store_request database = {.verb = STORE_PUT, .file = p->file},
			     described = {.verb = STORE_PUT,
				     .bytes = metadata,
				     .length = strlen(metadata)},
			     head = {.verb = STORE_HEAD}, gone = {.verb = STORE_DELETE};
	double begun = bench_now();

	next_key(p, database.key);
	objkey_beside(described.key, database.key, OBJKEY_METADATA);
	memcpy(head.key, database.key, sizeof(head.key));
	memcpy(gone.key, database.key, sizeof(gone.key));
	ask(p, &database);
	ask(p, &described);
	ask(p, &head);
	double took = bench_now() - begun;
	if (p->request.got.size != p->version.size)
		bench_fail("%s was not stored whole", head.key);
	ask(p, &gone);
	memcpy(gone.key, described.key, sizeof(gone.key));
	ask(p, &gone);
	free(metadata);
	return took * 1000;
}

/* --- curl -------------------------------------------------------------------- */

static double bare(struct place *p, const struct store_s3_options *o)
{
	char command[1000], key[OBJKEY_ROOM], said[64] = "";

	next_key(p, key);
	int length = snprintf(command, sizeof(command),
		"curl -s -f -o /dev/null -w '%%{time_total}' -T '%s' --aws-sigv4 "
		"aws:amz:%s:s3 -u '%s:%s' -H 'x-amz-content-sha256: %s' '%s/%s/%s'",
		p->file, o->bucket.region, o->keys.access_key, o->keys.secret, p->version.checksum,
		o->bucket.endpoint, o->bucket.name, key);
	if (length >= (int)sizeof(command))
		bench_fail("the endpoint is too long");
	FILE *curl = popen(command, "re"); /* NOLINT(cert-env33-c): it is ours */
	if (!curl || !fgets(said, sizeof(said), curl) || pclose(curl))
		bench_fail("curl failed: %s", said);
	struct store_request gone = {.verb = STORE_DELETE};
	memcpy(gone.key, key, sizeof(gone.key));
	ask(p, &gone);
	return strtod(said, NULL) * 1000;
}

static void measure(struct place *p, const struct store_s3_options *o, long kb)
{
	double curl[ROUNDS_MOST], ours[ROUNDS_MOST], ratio[ROUNDS_MOST];
	size_t rounds = kb <= 10240 ? ROUNDS_MOST : kb <= 102400 ? 7 : 3;
	struct rusage used;

	make_file(p, kb);
	(void)backup(p); /* the connection is warm, the file in memory */
	for (size_t i = 0; i < rounds; i++) {
		curl[i] = bare(p, o);
		ours[i] = backup(p);
		ratio[i] = ours[i] / curl[i];
	}
	struct bench_spread c = bench_spread(curl, rounds), u = bench_spread(ours, rounds),
			    r = bench_spread(ratio, rounds);
	getrusage(RUSAGE_SELF, &used);
	printf("%8ld KB  curl -T %8.1f  backup %8.1f (%.1f to %.1f)  ratio %.2f  %5.1f MB\n", kb,
		c.median, u.median, u.lowest, u.highest, r.median, (double)used.ru_maxrss / 1024);
	(void)fflush(stdout);
}

static void on_closed(void *arg)
{
	(void)arg;
}

int main(int argc, char **argv)
{
	static const long usual[] = {340, 10240, 102400, 1048576};
	const struct store_s3_options options = real_options();
	static struct place p = {
		.version = {.db_name = "bench.db", .sequence = 1}
        };
	struct err e;

	digest_open();
	bench_folder(p.folder, NULL);
	(void)snprintf(p.file, sizeof(p.file), "%s/spooled", p.folder);
	digest_random_id(p.version.id);
	(void)snprintf(p.version.db_name, sizeof(p.version.db_name), "bench-%.8s", p.version.id);
	digest_random_id(p.version.machine);
	uv_loop_init(&p.loop);
	if (store_open_s3(&p.store, &p.loop, &options, &e))
		bench_fail("%s", e.text);
	for (int i = 1; i < argc; i++)
		measure(&p, &options, strtol(argv[i], NULL, 10));
	for (size_t i = 0; argc == 1 && i < LENGTH(usual); i++)
		measure(&p, &options, usual[i]);
	store_close(p.store, on_closed, NULL);
	uv_run(&p.loop, UV_RUN_DEFAULT);
	bench_clean(p.folder);
	http_global_end();
	digest_close();
	return 0;
}
