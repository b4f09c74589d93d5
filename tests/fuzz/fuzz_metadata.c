/* Metadata that is read can be written, and says the same when it is read again. */
#include "common/scoped.h"
#include "daemon/core/version.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct version v = {0}, again = {0};
	struct err e;

	if (version_read_metadata(&v, (const char *)data, size, &e))
		return 0;
	scoped(heap) char *text = version_metadata(&v);
	REQUIRE(version_read_metadata(&again, text, strlen(text), &e) == ERR_NONE);
	scoped(heap) char *twice = version_metadata(&again);
	REQUIRE(strcmp(text, twice) == 0);
	REQUIRE(again.timestamp == v.timestamp && again.size == v.size &&
		again.record_count == v.record_count);
	REQUIRE(strcmp(again.db_name, v.db_name) == 0 && strcmp(again.checksum, v.checksum) == 0 &&
		strcmp(again.operation, v.operation) == 0);
	return 0;
}
