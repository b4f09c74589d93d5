/* linknews.h - what rtnetlink(7) tells: may the network be back?  Pure.
 *
 * It may when a link runs, an address can be used, or a route was made.  What goes away is no such
 * news, nor is what comes again and again where all is well: a wireless scan, an address that a
 * router prolongs.  Own link down takes IPv4 routes away without a word, and up again brings three
 * to six messages: so a caller waits a little after the first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* `bytes`: what one read of the socket gave, aligned for struct nlmsghdr. */
bool linknews_is_good(const void *bytes, size_t length);
