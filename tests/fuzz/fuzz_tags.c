/* Tags that are read are those that would be written: each has one spelling. */
#include "common/scoped.h"
#include "daemon/core/version.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct version v = {0}, again = {0};
	struct err e;

	if (version_read_tags(&v, (const char *)data, size, &e))
		return 0;
	scoped(heap) char *text = version_tags_text(&v);
	REQUIRE(version_read_tags(&again, text, strlen(text), &e) == ERR_NONE);
	scoped(heap) char *twice = version_tags_text(&again);
	REQUIRE(strcmp(text, twice) == 0);
	return 0;
}
