#include "check.h"
#include "common/attr.h"
#include "daemon/core/linknews.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

/* One message after the other, as the kernel writes them. */
struct letter {
	_Alignas(struct nlmsghdr) char bytes[512];
	size_t length;
};

static void add(struct letter *l, unsigned type, const void *part, size_t size)
{
	struct nlmsghdr head = {
		.nlmsg_type = (uint16_t)type, .nlmsg_len = NLMSG_LENGTH((uint32_t)size)};

	memcpy(l->bytes + l->length, &head, sizeof(head));
	memcpy(l->bytes + l->length + NLMSG_HDRLEN, part, size);
	l->length += NLMSG_SPACE(size);
}

/* To the message that was added last. */
static void add_attribute(
	struct letter *l, struct nlmsghdr *m, unsigned type, const void *data, size_t size)
{
	struct rtattr head = {.rta_type = (uint16_t)type, .rta_len = (uint16_t)RTA_LENGTH(size)};

	memcpy(l->bytes + l->length, &head, sizeof(head));
	memcpy(l->bytes + l->length + RTA_LENGTH(0), data, size);
	l->length += RTA_SPACE(size);
	m->nlmsg_len += (uint32_t)RTA_SPACE(size);
}

static bool is_good(const struct letter *l)
{
	return linknews_is_good(l->bytes, l->length);
}

static void a_link_that_runs_is_good_news(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned char family;
		unsigned flags;
		bool good, wireless;
	} rows[] = {
		{"up, and the cable is in",         AF_UNSPEC, IFF_UP | IFF_RUNNING,                true,  false},
		{"up, but the cable is out",        AF_UNSPEC, IFF_UP,                              false, false},
		{"down",			    AF_UNSPEC, 0,                                   false, false},
		{"the machine's own, lo",           AF_UNSPEC, IFF_UP | IFF_RUNNING | IFF_LOOPBACK, false,
                 false											  },
		{"a port of a bridge",              AF_BRIDGE, IFF_UP | IFF_RUNNING,                false, false},
		{"a radio that looks for networks", AF_UNSPEC, IFF_UP | IFF_RUNNING,                false, true },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct ifinfomsg link = {.ifi_family = rows[i].family, .ifi_flags = rows[i].flags};
		struct letter l = {0};

		print_message("# %s\n", rows[i].name);
		add(&l, RTM_NEWLINK, &link, sizeof(link));
		add_attribute(&l, (void *)l.bytes, IFLA_IFNAME, "wlan0", 6);
		if (rows[i].wireless)
			add_attribute(&l, (void *)l.bytes, IFLA_WIRELESS, "scan", 4);
		assert_int_equal(is_good(&l), rows[i].good);
	}
}

static void an_address_that_can_be_used_is_good_news(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned char flags, scope;
		unsigned made, changed; /* 1/100 s */
		bool good;
	} rows[] = {
		{"new",			      0,				 RT_SCOPE_UNIVERSE, 5000, 5000, true },
		{"new, and no other machine has it", IFA_F_PERMANENT,                   RT_SCOPE_UNIVERSE, 5000, 5100,
                 true												       },
		{"IPv6 asks whether it is taken",    IFA_F_TENTATIVE,                   RT_SCOPE_UNIVERSE, 5000, 5000,
                 false												      },
		{"it is taken",                      IFA_F_TENTATIVE | IFA_F_DADFAILED, RT_SCOPE_UNIVERSE, 5000, 5100,
                 false												      },
		{"a router prolongs it",             0,                                 RT_SCOPE_UNIVERSE, 5000, 9000, false},
		{"of this link only",                0,                                 RT_SCOPE_LINK,     5000, 5000, true },
		{"of this machine only",             0,                                 RT_SCOPE_HOST,     5000, 5000, false},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct ifaddrmsg address = {.ifa_flags = rows[i].flags, .ifa_scope = rows[i].scope};
		struct ifa_cacheinfo life = {.cstamp = rows[i].made, .tstamp = rows[i].changed};
		struct letter l = {0};

		print_message("# %s\n", rows[i].name);
		add(&l, RTM_NEWADDR, &address, sizeof(address));
		add_attribute(&l, (void *)l.bytes, IFA_LABEL, "eth0", 5);
		add_attribute(&l, (void *)l.bytes, IFA_CACHEINFO, &life, sizeof(life));
		assert_int_equal(is_good(&l), rows[i].good);
	}
}

static void a_route_is_good_news(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned char type;
		unsigned flags;
		bool good;
	} rows[] = {
		{"to elsewhere",                             RTN_UNICAST,     0,            true },
		{"that the kernel keeps for one connection", RTN_UNICAST,     RTM_F_CLONED, false},
		{"to this machine",                          RTN_LOCAL,       0,            false},
		{"to all on a link",                         RTN_BROADCAST,   0,            false},
		{"to nowhere",			       RTN_UNREACHABLE, 0,            false},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct rtmsg route = {.rtm_type = rows[i].type, .rtm_flags = rows[i].flags};
		struct letter l = {0};

		print_message("# %s\n", rows[i].name);
		add(&l, RTM_NEWROUTE, &route, sizeof(route));
		assert_int_equal(is_good(&l), rows[i].good);
	}
}

static void what_goes_away_is_no_good_news(void **state)
{
	(void)state;
	const struct ifinfomsg link = {.ifi_flags = IFF_UP | IFF_RUNNING};
	const struct rtmsg route = {.rtm_type = RTN_UNICAST};
	struct letter l = {0};

	add(&l, RTM_DELLINK, &link, sizeof(link));
	add(&l, RTM_DELADDR, &(struct ifaddrmsg){0}, sizeof(struct ifaddrmsg));
	add(&l, RTM_DELROUTE, &route, sizeof(route));
	add(&l, NLMSG_DONE, &route, sizeof(route));
	assert_false(is_good(&l));
	add(&l, RTM_NEWROUTE, &route, sizeof(route)); /* one among many is enough */
	assert_true(is_good(&l));
}

/* In just as many bytes: a read past their end shows. */
static bool is_good_cut(const struct letter *l, size_t length)
{
	char *bytes = malloc(length);

	assert_non_null(bytes);
	memcpy(bytes, l->bytes, length);
	bool good = linknews_is_good(bytes, length);
	free(bytes);
	return good;
}

static void what_is_cut_short_says_nothing(void **state)
{
	(void)state;
	const struct rtmsg route = {.rtm_type = RTN_UNICAST};
	struct letter l = {0};

	add(&l, RTM_NEWADDR, &(struct ifaddrmsg){.ifa_scope = RT_SCOPE_HOST},
		sizeof(struct ifaddrmsg));
	add_attribute(&l, (void *)l.bytes, IFA_CACHEINFO, &(struct ifa_cacheinfo){0},
		sizeof(struct ifa_cacheinfo));
	add(&l, RTM_NEWROUTE, &route, sizeof(route));
	for (size_t length = 1; length < l.length; length++)
		assert_false(is_good_cut(&l, length));
	assert_true(is_good_cut(&l, l.length));
	for (uint32_t lie = 0; lie < NLMSG_LENGTH(sizeof(route)); lie++) {
		struct letter small = {0};

		add(&small, RTM_NEWROUTE, &route, sizeof(route));
		((struct nlmsghdr *)(void *)small.bytes)->nlmsg_len = lie;
		assert_false(is_good_cut(&small, small.length));
	}
}

static void an_attribute_that_ends_elsewhere_is_not_read(void **state)
{
	(void)state;
	const struct ifa_cacheinfo renewed = {.tstamp = 9000};

	for (size_t cut = 0; cut <= sizeof(renewed) + RTA_LENGTH(0); cut += 4) {
		struct letter l = {0};
		struct nlmsghdr *m = (void *)l.bytes;

		add(&l, RTM_NEWADDR, &(struct ifaddrmsg){0}, sizeof(struct ifaddrmsg));
		add_attribute(&l, m, IFA_CACHEINFO, &renewed, sizeof(renewed));
		m->nlmsg_len -= (uint32_t)cut;
		assert_int_equal(is_good_cut(&l, l.length - cut), cut > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_that_runs_is_good_news),
		cmocka_unit_test(an_address_that_can_be_used_is_good_news),
		cmocka_unit_test(a_route_is_good_news),
		cmocka_unit_test(what_goes_away_is_no_good_news),
		cmocka_unit_test(what_is_cut_short_says_nothing),
		cmocka_unit_test(an_attribute_that_ends_elsewhere_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
