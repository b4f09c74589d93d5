/* doctor_alone.h - `casmand --doctor`: the doctor without the daemon.
 *
 * As root it first becomes the user to whom the state folder belongs, for that is who the service
 * runs as; a sandbox of the service it does not see.  The store is asked as the daemon would ask it,
 * but a folder that is no store yet is not made one, and the state folder is not touched.
 */
#pragma once

#include <stdbool.h>

/* Prints the findings.  The exit code: 1 if something is wrong, else 0. */
int doctor_alone(const char *config_path, bool json);
