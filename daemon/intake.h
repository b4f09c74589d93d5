/* intake.h - takes in the scans that apps left in the inbox while casmand was down.
 *
 * When all is well: the folder is looked at when casmand starts, and whenever a file comes into it;
 * a few files a turn are read as what they are, requests `scan` that nobody could post, counted in
 * one durable transaction, and only then removed.  Each has a uid, so one that was posted as well, or
 * counted just before a power cut, counts once: P1.
 *
 * When not: what is no scan is removed, and a look that met such things says so in one line.  Scans
 * that cannot be counted now stay, and are looked at again after a minute.
 *
 * On close: between two turns nothing is under way.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/engine.h"

struct intake;

/* Logs why there is no inbox, if there should be one; NULL then.  `soon`: intake_turn() wants to be
 * called. */
struct intake *intake_open(const struct engine_parts *p, void (*soon)(void *arg), void *arg);
void intake_close(struct intake *in, void (*closed)(void *arg), void *arg); /* of NULL, too */

/* When it wants to be called next (ALARM_NEVER); `in` may be NULL. */
uint64_t intake_turn(struct intake *in, struct engine *engine, uint64_t now);
