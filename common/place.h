/* place.h - where things lie unless somebody says otherwise (hier(7), file-hierarchy(7)). */
#pragma once

#define PLACE_CONFIG      "/etc/casmand/casmand.conf"
#define PLACE_ENVIRONMENT "/etc/casmand/casmand.env"
#define PLACE_STATE       "/var/lib/casmand"
#define PLACE_STORE       "/var/lib/casmand/store"
#define PLACE_SOCKET      "/run/casmand/casmand.sock"
#define PLACE_INBOX       "/var/spool/casmand"
#define PLACE_DATABASES   "/var/lib/casman"

/* Group whose members may post scans. */
#define PLACE_GROUP "casman"
