/* A key that is read is the key that would be made, so there is one spelling. */
#include "common/scoped.h"
#include "daemon/core/objkey.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const suffixes[] = {[OBJKEY_DATABASE] = "",
		[OBJKEY_IS_METADATA] = OBJKEY_METADATA,
		[OBJKEY_IS_TAGS] = OBJKEY_TAGS};
	char name[CONFIG_NAME_MAX + 1], made[OBJKEY_ROOM];
	int64_t moment;
	scoped(heap) char *key = strndup((const char *)data, size);

	REQUIRE(key);
	enum objkey_kind kind = objkey_read(key, name, &moment);
	if (kind == OBJKEY_OTHER)
		return 0;
	objkey_make(made, name, moment);
	size_t length = strlen(made);
	REQUIRE(strncmp(key, made, length) == 0);
	REQUIRE(strcmp(key + length, suffixes[kind]) == 0);
	REQUIRE(strlen(key) < OBJKEY_ROOM);
	REQUIRE(!strstr(key, "/.")); /* no way out of the store's folder */
	return 0;
}
