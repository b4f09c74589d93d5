#include "daemon/prove.h"

#include "common/scoped.h"
#include "daemon/core/footprint.h"
#include "daemon/io/alarm.h"
#include "daemon/io/disk.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* The first bytes, zeros behind them if there are fewer. */
static enum err_code first_bytes(int fd, unsigned char bytes[FOOTPRINT_HEADER], struct err *e)
{
	memset(bytes, 0, FOOTPRINT_HEADER);
	return pread(fd, bytes, FOOTPRINT_HEADER, 0) < 0 ? err_sys(e, "read the copy") : ERR_NONE;
}

/* A captive portal, a proxy or a wrong endpoint answers any question with a page. */
static bool is_page(const unsigned char *bytes)
{
	while (isspace(*bytes))
		bytes++;
	return *bytes == '<';
}

static enum err_code judge_size(
	const struct prove *p, uint64_t size, const unsigned char *bytes, struct err *e)
{
	if (size == 0)
		return err_set(e, ERR_CORRUPT, "it is empty (0 bytes)");
	if (is_page(bytes))
		return err_set(e, ERR_CORRUPT,
			"it is an HTML or XML page, no database (does a captive portal or a proxy "
			"answer in the store's place?)");
	if (size < p->v->size)
		return err_set(e, ERR_CORRUPT, "it is truncated: %" PRIu64 " of %" PRIu64 " bytes",
			size, p->v->size);
	if (size > p->v->size)
		return err_set(e, ERR_CORRUPT,
			"it is too long: %" PRIu64 " bytes, where its metadata says %" PRIu64, size,
			p->v->size);
	return ERR_NONE;
}

static enum err_code judge_bytes(struct prove *p, int fd, struct err *e)
{
	unsigned char header[FOOTPRINT_HEADER];
	struct footprint ignored = {0};
	uint64_t size;

	if (digest_file(fd, &size, p->checksum, p->content, e) || first_bytes(fd, header, e) ||
		judge_size(p, size, header, e))
		return e->code;
	if (p->described && strcmp(p->checksum, p->v->checksum) != 0)
		return err_set(e, ERR_CORRUPT,
			"its SHA-256 is %.12s..., but its metadata says %.12s... (damaged in the "
			"store or on its way)",
			p->checksum, p->v->checksum);
	if (!footprint_header(&ignored, header))
		return err_set(e, ERR_CORRUPT, "it is no SQLite database");
	return ERR_NONE;
}

static enum err_code judge_database(struct prove *p, struct err *e)
{
	const struct check_ask ask = {.count_table = p->count_table,
		.orphans = true,
		.stop = p->stop,
		.until = alarm_now() + PROVE_MS};
	bool lacked_it = p->described && p->v->id[0] && p->v->record_count == VERSION_NO_COUNT;

	if (check_copy(p->path, &ask, &p->check, e))
		return e->code;
	if (!p->check.sound)
		return err_set(e, ERR_CORRUPT, "it is damaged: %s", p->check.problem);
	if (*p->count_table && p->check.record_count < 0 && !lacked_it)
		return err_set(e, ERR_CORRUPT,
			"it has no table %s: it is another application's database", p->count_table);
	return ERR_NONE;
}

enum err_code prove(struct prove *p, struct err *e)
{
	scoped(fd) int fd = disk_open_file(AT_FDCWD, p->path, e);

	p->check = (struct check){0};
	if (fd < 0)
		return e->code;
	if (!judge_bytes(p, fd, e))
		e->code = judge_database(p, e);
	if (e->code == ERR_CORRUPT)
		return err_note(e, "the version is refused");
	return e->code;
}
