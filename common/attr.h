/* attr.h - the few compiler attributes and macros that everybody uses, under names that say why. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define must_check             __attribute__((warn_unused_result))

/* From a pointer to a member to the struct around it; a wrong member does not compile. */
#define owner_of(ptr, type, member)                                                                \
	((type *)(void *)((char *)(1 ? (ptr) : &((type *)NULL)->member) - offsetof(type, member)))

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Our own bugs end the process, in release builds too; what the world does is never REQUIREd. */
#define REQUIRE(what)                                                                              \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)
