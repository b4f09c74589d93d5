/* A date that is read is a moment, and so is its canonical form; a wait is not negative. */
#include "common/scoped.h"
#include "common/stamp.h"
#include "daemon/core/httpdate.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <time.h>

#define NOW   INT64_C(1795185022000000)   /* 2026-11-20 14:30:22 UTC */
#define FIRST INT64_C(-62167219200000000) /* year 0, and 10000: no date has more digits */
#define LAST  INT64_C(253402300860000000)

static void print_and_read_again(int64_t moment)
{
	time_t seconds = (time_t)(moment / STAMP_SECOND);
	char text[STAMP_TEXT];
	int64_t again;
	struct tm day;

	REQUIRE(gmtime_r(&seconds, &day));
	if (day.tm_year < 1000 - 1900 || day.tm_year > 9999 - 1900)
		return; /* it has not four digits */
	REQUIRE(strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &day) > 0);
	REQUIRE(httpdate_parse(text, NOW, &again));
	REQUIRE(again == moment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(heap) char *text = strndup((const char *)data, size);
	int64_t moment;
	uint64_t ms = 0;

	REQUIRE(text);
	bool is_wait = httpdate_retry_after(text, NOW, &ms);
	REQUIRE(ms <= INT64_MAX);
	if (!httpdate_parse(text, NOW, &moment))
		return 0;
	REQUIRE(moment >= FIRST && moment <= LAST && moment % STAMP_SECOND == 0);
	REQUIRE(is_wait && (int64_t)ms == (moment > NOW ? (moment - NOW) / 1000 : 0));
	print_and_read_again(moment);
	return 0;
}
