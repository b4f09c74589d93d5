/* casmand.h - a casmand of its own for a measuring program, in its folder.
 *
 * It watches one small database, parts.db, and makes no captures but the first: what is measured is
 * the socket.  It dies with the program.
 */
#pragma once

#include "bench.h"

#include <sys/types.h>

struct casmand {
	pid_t pid;
	char socket[BENCH_FOLDER + 8];
};

/* Answers when it has said that it started, and has stored its first version. */
void casmand_start(struct casmand *d, const char *casmand, const char folder[BENCH_FOLDER]);
void casmand_stop(struct casmand *d);        /* its exit status must be 0 */
double casmand_cpu(const struct casmand *d); /* seconds of processor that it has used */
int casmand_connect(const struct casmand *d);
