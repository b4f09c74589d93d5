#include "daemon/core/linknews.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>

#define RENEWED_AFTER 1000 /* 1/100 s between making and changing an address: it is not new */

static const void *part(const struct nlmsghdr *m)
{
	return (const char *)m + NLMSG_HDRLEN;
}

/* What the attribute of this type says, in a message whose own part has `size` bytes; NULL: there
 * is none, or it is shorter than `least`. */
static const void *attribute(
	const struct nlmsghdr *m, size_t size, unsigned short type, size_t least)
{
	const char *at = (const char *)part(m) + NLMSG_ALIGN(size),
		   *end = (const char *)m + m->nlmsg_len;

	while (at < end && (size_t)(end - at) >= sizeof(struct rtattr)) {
		const struct rtattr *a = (const void *)at;

		if (a->rta_len < sizeof(*a) || a->rta_len > end - at)
			break;
		if (a->rta_type == type)
			return a->rta_len >= RTA_LENGTH(least) ? at + RTA_LENGTH(0) : NULL;
		at += RTA_ALIGN(a->rta_len);
	}
	return NULL;
}

static bool link_is_good(const struct nlmsghdr *m)
{
	const struct ifinfomsg *link = part(m);

	return link->ifi_family == AF_UNSPEC && /* else it is about a port of a bridge */
		(link->ifi_flags & IFF_RUNNING) && !(link->ifi_flags & IFF_LOOPBACK) &&
		!attribute(m, sizeof(*link), IFLA_WIRELESS, 0);
}

static bool address_is_good(const struct nlmsghdr *m)
{
	const struct ifaddrmsg *address = part(m);
	const struct ifa_cacheinfo *life =
		attribute(m, sizeof(*address), IFA_CACHEINFO, sizeof(*life));

	return address->ifa_scope != RT_SCOPE_HOST &&
		!(address->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) &&
		!(life && life->tstamp - life->cstamp > RENEWED_AFTER);
}

static bool route_is_good(const struct nlmsghdr *m)
{
	const struct rtmsg *route = part(m);

	return route->rtm_type == RTN_UNICAST && !(route->rtm_flags & RTM_F_CLONED);
}

static bool is_good(const struct nlmsghdr *m)
{
	static const struct {
		unsigned type;
		size_t size;
		bool (*is_good)(const struct nlmsghdr *m);
	} kinds[] = {
		{RTM_NEWLINK,  sizeof(struct ifinfomsg), link_is_good   },
		{RTM_NEWADDR,  sizeof(struct ifaddrmsg), address_is_good},
		{RTM_NEWROUTE, sizeof(struct rtmsg),     route_is_good  },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == m->nlmsg_type)
			return m->nlmsg_len >= NLMSG_LENGTH(kinds[i].size) && kinds[i].is_good(m);
	return false;
}

bool linknews_is_good(const void *bytes, size_t length)
{
	const struct nlmsghdr *m = bytes;

	while (length >= sizeof(*m) && m->nlmsg_len >= sizeof(*m) && m->nlmsg_len <= length) {
		if (is_good(m))
			return true;
		if (NLMSG_ALIGN(m->nlmsg_len) >= length)
			break;
		length -= NLMSG_ALIGN(m->nlmsg_len);
		m = (const void *)((const char *)m + NLMSG_ALIGN(m->nlmsg_len));
	}
	return false;
}
