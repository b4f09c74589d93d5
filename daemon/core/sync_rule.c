#include "daemon/core/sync_rule.h"

#include "common/err.h"

static const char *const dids[] = {
#define X(name, text) text,
	SYNC_DEEDS(X)
#undef X
};

const char *sync_did(enum sync_deed deed)
{
	return dids[deed];
}

/* The table of the header. */
static const struct {
	enum sync_deed plain, force, mine;
} rules[] = {
	[LINEAGE_UNKNOWN] = {SYNC_FAIL,     SYNC_FAIL,     SYNC_FAIL   },
	[LINEAGE_NO_VERSION] = {SYNC_QUEUE,    SYNC_QUEUE,    SYNC_QUEUE  },
	[LINEAGE_ABSENT] = {SYNC_DOWNLOAD, SYNC_DOWNLOAD, SYNC_NOTHING},
	[LINEAGE_IN_STEP] = {SYNC_NOTHING,  SYNC_DOWNLOAD, SYNC_NOTHING},
	[LINEAGE_AHEAD] = {SYNC_QUEUE,    SYNC_DOWNLOAD, SYNC_QUEUE  },
	[LINEAGE_BEHIND] = {SYNC_DOWNLOAD, SYNC_DOWNLOAD, SYNC_PUBLISH},
	[LINEAGE_DIVERGED] = {SYNC_STOP,     SYNC_DOWNLOAD, SYNC_PUBLISH},
	[LINEAGE_RESTORED] = {SYNC_NOTHING,  SYNC_DOWNLOAD, SYNC_PUBLISH},
};

enum sync_deed sync_rule(const struct lineage *l, const struct sync_asked *asked)
{
	enum sync_deed plain = rules[l->state].plain, deed = plain;

	REQUIRE(!asked->force || !asked->mine);
	if (!asked->listed)
		return SYNC_FAIL;
	if (asked->force)
		deed = rules[l->state].force;
	else if (asked->mine)
		deed = rules[l->state].mine;
	if (deed != SYNC_DOWNLOAD || l->take != LINEAGE_NONE)
		return deed;
	return plain == SYNC_DOWNLOAD ? SYNC_NOTHING : plain;
}
