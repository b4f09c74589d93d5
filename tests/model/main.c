/* model [HISTORIES [SEED [EVENTS]]] - random histories of machines that share a store.
 *
 * Prints nothing but a count where all is well.  Where not: the seed, what is wrong, and the shortest
 * history found in which it still is, event by event.
 */
#include "tests/model/model.h"

#include <string.h>

#define EVENTS_MOST 400
#define HISTORIES   300
#define EVENTS      40

static struct world world;

/* Leaves out what is not needed for something to go wrong: halves first, then single events. */
static size_t shrink(struct event *events, size_t count)
{
	struct event fewer[EVENTS_MOST];

	for (size_t piece = count / 2; piece; piece /= 2)
		for (size_t at = 0; at + piece <= count;) {
			memcpy(fewer, events, at * sizeof(*events));
			memcpy(fewer + at, events + at + piece,
				(count - at - piece) * sizeof(*events));
			if (history_run(&world, fewer, count - piece, NULL)) {
				at += piece;
				continue;
			}
			count -= piece;
			memcpy(events, fewer, count * sizeof(*events));
		}
	return count;
}

static void show(const struct event *events, size_t count, uint64_t seed)
{
	(void)printf("seed %lu, %zu events:", seed, count);
	(void)history_run(&world, events, count, stdout);
	(void)printf("\n  %s\n", world.wrong);
}

int main(int argc, char **argv)
{
	uint64_t histories = argc > 1 ? strtoull(argv[1], NULL, 10) : HISTORIES;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	size_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : EVENTS, made = 0;
	struct event events[EVENTS_MOST];

	REQUIRE(count <= EVENTS_MOST);
	for (uint64_t i = 0; i < histories; i++, seed++) {
		history_invent(events, count, seed);
		if (!history_run(&world, events, count, NULL)) {
			show(events, shrink(events, count), seed);
			return 1;
		}
		made += world.made_count;
	}
	(void)printf("%lu histories, %zu versions\n", histories, made);
	return 0;
}
