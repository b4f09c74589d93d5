/* live_once PATH COPY SAFETY - restores COPY into PATH, once: for power cuts. */
#include "live_deed.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct err e = {0};

	if (argc != 4)
		return 2;
	digest_open();
	if (live_deed(&(struct live_deed){argv[1], argv[2], argv[3]}, &e))
		(void)fprintf(stderr, "%s\n", e.text);
	digest_close();
	return e.code != ERR_NONE;
}
