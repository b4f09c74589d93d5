/* doctor.h - casmanctl doctor: asks casmand, or where it is down, runs `casmand --doctor`.
 *
 * casmand is looked for in $PATH, then where it was installed.  `config` in the params is the
 * configuration that it is to read; a casmand that runs has its own.
 */
#pragma once

#include "client/link.h"
#include "common/proto.h"

enum err_code ask_doctor(struct link *l, struct doc *params, struct answer *a, struct err *e);
enum err_code doctor_alone(struct doc *params, struct doc **result, struct err *e);
/* EXIT_FAILED where something is wrong. */
enum proto_exit exit_of_doctor(const struct doc *result);
