#include "identity_fixture.h"

#define FLOW(version, protocol, src, dst)                                                          \
    {                                                                                              \
        .class = PACKET_FLOW, .ip_version = (version), .proto = (protocol), .src_port = (src),     \
        .dst_port = (dst)                                                                          \
    }

static const uint8_t advert[1] = {136};
static const uint8_t solicit[1] = {135};

static const struct {
    const char *behaviour;
    struct packet packet;
    enum identity_kind kind;
} cases[] = {
    {"ARP", {.class = PACKET_ARP}, IDENTITY_ARP},
    {"LLDP", {.class = PACKET_LLDP}, IDENTITY_LLDP},
    {"answer over UDP", FLOW(4, IP_PROTO_UDP, 53, 1024), IDENTITY_DNS},
    {"question over UDP", FLOW(4, IP_PROTO_UDP, 1024, 53), IDENTITY_DNS},
    {"answer over TCP", FLOW(6, IP_PROTO_TCP, 53, 1024), IDENTITY_DNS},
    {"port 53 goes before port 67", FLOW(4, IP_PROTO_UDP, 53, 67), IDENTITY_DNS},
    {"to the DHCP server", FLOW(4, IP_PROTO_UDP, 68, 67), IDENTITY_DHCP},
    {"to the DHCP client", FLOW(4, IP_PROTO_UDP, 67, 68), IDENTITY_DHCP},
    {"between relay and server", FLOW(4, IP_PROTO_UDP, 67, 67), IDENTITY_DHCP},
    {"a client with another port", FLOW(4, IP_PROTO_UDP, 4000, 67), IDENTITY_DHCP},
    {"port 67 of TCP", FLOW(4, IP_PROTO_TCP, 1024, 67), IDENTITY_KIND_COUNT},
    {"another UDP port", FLOW(4, IP_PROTO_UDP, 1024, 5353), IDENTITY_KIND_COUNT},
    {"a protocol with port 53 that is neither", FLOW(4, 132, 53, 53), IDENTITY_KIND_COUNT},
    {"an advertisement",
     {.class = PACKET_FLOW,
      .ip_version = 6,
      .proto = IP_PROTO_ICMPV6,
      .payload = advert,
      .payload_captured = 1},
     IDENTITY_NDP},
    {"a solicitation",
     {.class = PACKET_FLOW,
      .ip_version = 6,
      .proto = IP_PROTO_ICMPV6,
      .payload = solicit,
      .payload_captured = 1},
     IDENTITY_KIND_COUNT},
    {"ICMPv6 without a byte",
     {.class = PACKET_FLOW, .ip_version = 6, .proto = IP_PROTO_ICMPV6, .payload = advert},
     IDENTITY_KIND_COUNT},
    {"ICMPv6 over IPv4",
     {.class = PACKET_FLOW,
      .ip_version = 4,
      .proto = IP_PROTO_ICMPV6,
      .payload = advert,
      .payload_captured = 1},
     IDENTITY_KIND_COUNT},
    {"a later fragment",
     {.class = PACKET_FRAGMENT, .ip_version = 4, .proto = IP_PROTO_UDP, .src_port = 53},
     IDENTITY_KIND_COUNT},
    {"malformed",
     {.class = PACKET_MALFORMED, .ip_version = 4, .proto = IP_PROTO_UDP, .src_port = 53},
     IDENTITY_KIND_COUNT},
    {"another ethertype", {.class = PACKET_OTHER}, IDENTITY_KIND_COUNT},
};

static bool expected(const struct identity_flags *flags, enum identity_kind kind) {
    return ((kind == IDENTITY_ARP || kind == IDENTITY_NDP) && flags->arp) ||
           (kind == IDENTITY_LLDP && flags->lldp) || (kind == IDENTITY_DNS && flags->dns) ||
           (kind == IDENTITY_DHCP && flags->dhcp);
}

static void kinds_are_selected_by_flags(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned bits = 0; bits < 16; bits++) {
            const struct identity_flags flags = {bits & 1, bits & 2, bits & 4, bits & 8};
            const bool applies = identity_applies(&cases[i].packet, &flags);
            if (identity_kind_of(&cases[i].packet) != cases[i].kind ||
                applies != expected(&flags, cases[i].kind)) {
                fail_msg("%s, flags %u", cases[i].behaviour, bits);
            }
        }
    }
}

static void never(void *context, const struct identity *identity) {
    (void)context;
    (void)identity;
    fail();
}

static void other_packets_yield_no_identity(void **state) {
    (void)state;
    struct identity_counters counters = {0}, none = {0};
    const struct packet packet = {.class = PACKET_OTHER};
    assert_int_equal(identity_harvest(&packet, &counters, never, NULL), 0);
    assert_memory_equal(&counters, &none, sizeof none);
}

static void every_kind_has_a_name(void **state) {
    (void)state;
    static const char *const kinds[] = {"arp", "lldp", "dns", "dhcp", "ndp"};
    static const char *const reasons[] = {"arp", "lldp", "dns", "dhcp", "ndp", "dns-tcp-split"};
    for (int kind = 0; kind < IDENTITY_KIND_COUNT; kind++) {
        assert_string_equal(identity_kind_name((enum identity_kind)kind), kinds[kind]);
    }
    for (int reason = 0; reason < IDENTITY_MALFORMED_COUNT; reason++) {
        assert_string_equal(identity_malformed_name((enum identity_malformed)reason),
                            reasons[reason]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_selected_by_flags),
        cmocka_unit_test(other_packets_yield_no_identity),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
