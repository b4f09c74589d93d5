/* doctor_checks.h - what the doctor looks at, one function each.  For daemon/doctor*.c alone.
 *
 * They look and touch nothing.  Blocking: on a pool thread, or in a process of their own.
 */
#pragma once

#include "daemon/core/config.h"
#include "daemon/core/findings.h"
#include "daemon/io/account.h"

struct doctor_world {
	const char *config_path;
	const struct config *config;
	const char *user, *group; /* whose eyes these are */
};

typedef void doctor_check(const struct doctor_world *w, struct findings *f);

/* doctor_machine.c */
doctor_check doctor_user, doctor_clock, doctor_group;
/* doctor_folders.c */
doctor_check doctor_configuration, doctor_state, doctor_inbox, doctor_store_folder,
	doctor_neighbours;
/* doctor_secrets.c */
doctor_check doctor_secrets;
/* doctor_databases.c */
doctor_check doctor_databases;

/* Adds an error's words, and what it says behind "Mend: " as what mends it, else `mend`. */
void doctor_error(struct findings *f, const char *topic, const struct err *e, const char *mend);
