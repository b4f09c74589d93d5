/* daemon.h - casmand from its first configuration to its end: signals, socket, alarm, engine.
 *
 * Starting: any error ends it.  Running: errors belong to one database or one request.  Reload: a
 * bad configuration leaves the old one in force.  Closing (SIGTERM, SIGINT): copies under way
 * become versions, but one that is being checked is given up and taken again after the next start;
 * uploads under way go on for 20 seconds at most; what is not stored stays queued.
 * A second signal ends it at once, by the system's own hand: state.db stands any end.
 */
#pragma once

#include "daemon/core/config.h"

/* Runs until a signal ends it.  Takes `config`, which was read from `path`.  TIMEOUT: it was ended,
 * but threads hang in what cannot be cut (a dead NFS mount): leave by _exit(). */
enum err_code daemon_run(struct config *config, const char *path, struct err *e) must_check;
