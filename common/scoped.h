/* scoped.h - things that die with their block.
 *
 *     scoped(heap) char *name = strdup(s);      ended on every way out
 *     return give_heap(&name);                  ... except this one
 *
 * For what lives on the stack only.  What the loop can still call back about is ended by its
 * module's _close() and never through this.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Teach scoped(NAME) and give_NAME() about TYPE: END runs unless the value is NOTHING. */
#define SCOPED(name, type, nothing, end)                                                           \
	static inline void scoped_end_##name(type *p)                                              \
	{                                                                                          \
		if (*p != (nothing))                                                               \
			end(*p);                                                                   \
	}                                                                                          \
	static inline __attribute__((unused)) type give_##name(type *p)                            \
	{                                                                                          \
		type given = *p;                                                                   \
		*p = (nothing);                                                                    \
		return given;                                                                      \
	}

#define scoped(name) __attribute__((cleanup(scoped_end_##name), unused))

SCOPED(heap, char *, NULL, free)
SCOPED(file, FILE *, NULL, fclose)
SCOPED(fd, int, -1, close)
