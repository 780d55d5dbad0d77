#include "message_bed.h"

#define VERDICT(...)                                                                               \
    {                                                                                              \
        .ends = {.ip_version = 4,                                                                  \
                 .proto = 6,                                                                       \
                 .port_a = 44570,                                                                  \
                 .port_b = 80,                                                                     \
                 .ip_a = {10, 1, 0, 1},                                                            \
                 .ip_b = {10, 1, 0, 2}},                                                           \
        __VA_ARGS__                                                                                \
    }

static void verdicts_match_the_recorded_exchange(void **state) {
    (void)state;
    static const struct {
        struct event_verdict verdict;
        const char *body;
    } cases[] = {
        {VERDICT(.actions = EVENT_TREATMENT, .treatment = TREATMENT_CONSTRAINED_BW,
                 .flow_packets = 4),
         "{\"proto\": \"tcp\", \"type\": \"treatment\", \"actions\": 1, \"qos_treatment\": "
         "\"constrained_bw\", \"subtype\": \"none\", \"tp_A\": 44570, \"tp_B\": 80, \"ip_B\": "
         "\"10.1.0.2\", \"flow_packets\": 4, \"ip_A\": \"10.1.0.1\"}"},
        {VERDICT(.actions = EVENT_TREATMENT, .treatment = TREATMENT_DEFAULT_PRIORITY,
                 .flow_packets = 7),
         "{\"proto\": \"tcp\", \"type\": \"treatment\", \"actions\": 1, \"qos_treatment\": "
         "\"default_priority\", \"subtype\": \"none\", \"tp_A\": 44570, \"tp_B\": 80, \"ip_B\": "
         "\"10.1.0.2\", \"flow_packets\": 7, \"ip_A\": \"10.1.0.1\"}"},
        {VERDICT(.actions = EVENT_TREATMENT | EVENT_SUPPRESS,
                 .treatment = TREATMENT_DEFAULT_PRIORITY, .flow_packets = 7),
         "{\"proto\": \"tcp\", \"type\": \"treatment+suppress\", \"actions\": 1, "
         "\"qos_treatment\": \"default_priority\", \"subtype\": \"none\", \"tp_A\": 44570, "
         "\"tp_B\": 80, \"ip_B\": \"10.1.0.2\", \"flow_packets\": 7, \"ip_A\": \"10.1.0.1\"}"},
        {VERDICT(.actions = EVENT_SUPPRESS, .flow_packets = 9007199254740993),
         "{\"proto\": \"tcp\", \"type\": \"suppress\", \"actions\": 0, \"subtype\": \"none\", "
         "\"tp_A\": 44570, \"tp_B\": 80, \"ip_B\": \"10.1.0.2\", \"flow_packets\": "
         "9007199254740993, \"ip_A\": \"10.1.0.1\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned all = 0; all < 2; all++) {
            bool skipped = true;
            bed_assert_body(message_verdict_body(&cases[i].verdict, all, &skipped), cases[i].body);
            assert_false(skipped);
        }
    }
}

static void other_flows_are_sent_only_on_request(void **state) {
    (void)state;
    static const struct {
        struct ends ends;
        const char *body;
    } cases[] = {
        {{.ip_version = 6, .proto = 6, .port_a = 65535, .ip_a = {0x20, 1, 0xd, 0xb8, [15] = 1}},
         "{\"type\": \"suppress\", \"subtype\": \"none\", \"ip_A\": \"2001:db8::1\", \"ip_B\": "
         "\"::\", \"proto\": \"tcp\", \"tp_A\": 65535, \"tp_B\": 0, \"flow_packets\": 8, "
         "\"actions\": 0}"},
        {{.ip_version = 4, .proto = 17, .port_a = 53, .ip_a = {192, 0, 2, 1}},
         "{\"type\": \"suppress\", \"subtype\": \"none\", \"ip_A\": \"192.0.2.1\", \"ip_B\": "
         "\"0.0.0.0\", \"proto\": \"udp\", \"tp_A\": 53, \"tp_B\": 0, \"flow_packets\": 8, "
         "\"actions\": 0}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct event_verdict verdict = {
            .ends = cases[i].ends, .actions = EVENT_SUPPRESS, .flow_packets = 8};
        bool skipped = false;
        assert_null(message_verdict_body(&verdict, false, &skipped));
        assert_true(skipped);
        bed_assert_body(message_verdict_body(&verdict, true, &skipped), cases[i].body);
        assert_false(skipped);
    }
}

#define MAC(last)                                                                                  \
    { 0x02, 0, 0, 0, 0x01, last }

static const struct identity arp = {.kind = IDENTITY_ARP,
                                    .src_mac = MAC(1),
                                    .arp = {.operation = 2,
                                            .sender_ip = {10, 1, 0, 1},
                                            .sender_mac = MAC(1),
                                            .target_ip = {10, 1, 0, 2},
                                            .target_mac = MAC(2)}};
static const struct identity lldp = {
    .kind = IDENTITY_LLDP, .src_mac = MAC(1), .lldp = {.system_name = "pc1.example.com"}};
static const struct identity nameless = {
    .kind = IDENTITY_LLDP, .src_mac = MAC(1), .lldp = {.port_id = "eth0"}};
static const struct identity dns_a = {
    .kind = IDENTITY_DNS,
    .src_mac = MAC(2),
    .dns = {.type = 1, .ttl = 300, .name = "www.example.com", .address = {192, 0, 2, 80}}};
static const struct identity dns_alias = {
    .kind = IDENTITY_DNS,
    .src_mac = MAC(2),
    .dns = {.type = 5, .ttl = 60, .name = "w.example.com", .target = "www.example.com"}};
static const struct identity dns_aaaa = {.kind = IDENTITY_DNS,
                                         .src_mac = MAC(2),
                                         .dns = {.type = 28,
                                                 .ttl = UINT32_MAX,
                                                 .name = "www.example.com",
                                                 .address = {0x20, 1, 0xd, 0xb8, [15] = 1}}};
static const struct identity dhcp = {.kind = IDENTITY_DHCP,
                                     .src_mac = MAC(3),
                                     .dhcp = {.message_type = 3,
                                              .client_mac = MAC(4),
                                              .requested_ip = {10, 1, 0, 9},
                                              .lease_s = 3600,
                                              .host_name = "pc9"}};
static const struct identity ndp = {.kind = IDENTITY_NDP, .src_mac = MAC(1)};

static void identities_match_the_recorded_exchange(void **state) {
    (void)state;
    static const struct {
        const struct identity *identities[3];
        size_t count;
        const char *body;
    } cases[] = {
        {{&arp},
         1,
         "{\"subtype\": \"arp\", \"type\": \"id\", \"src_mac\": \"02:00:00:00:01:01\", "
         "\"detail1\": \"10.1.0.1,02:00:00:00:01:01,10.1.0.2,02:00:00:00:01:02\"}"},
        {{&lldp},
         1,
         "{\"subtype\": \"lldp\", \"type\": \"id\", \"src_mac\": \"02:00:00:00:01:01\", "
         "\"detail1\": \"pc1.example.com\"}"},
        {{&dns_a},
         1,
         "{\"subtype\": \"dns\", \"type\": \"id\", \"src_mac\": \"02:00:00:00:01:02\", "
         "\"detail1\": [{\"address\": \"192.0.2.80\", \"type\": \"A\", \"name\": "
         "\"www.example.com\", \"ttl\": 300}]}"},
        {{&dns_alias, &dns_a, &dns_aaaa},
         3,
         "{\"subtype\": \"dns\", \"type\": \"id\", \"src_mac\": \"02:00:00:00:01:02\", "
         "\"detail1\": [{\"address\": \"www.example.com\", \"type\": \"CNAME\", \"name\": "
         "\"w.example.com\", \"ttl\": 60}, {\"address\": \"192.0.2.80\", \"type\": \"A\", "
         "\"name\": \"www.example.com\", \"ttl\": 300}, {\"address\": \"2001:db8::1\", \"type\": "
         "\"AAAA\", \"name\": \"www.example.com\", \"ttl\": 4294967295}]}"},
        {{&dhcp},
         1,
         "{\"type\": \"id\", \"subtype\": \"dhcp\", \"src_mac\": \"02:00:00:00:01:03\", "
         "\"detail1\": {\"message_type\": \"REQUEST\", \"client_mac\": \"02:00:00:00:01:04\", "
         "\"requested_ip\": \"10.1.0.9\", \"assigned_ip\": null, \"server_ip\": null, \"lease\": "
         "3600, \"host_name\": \"pc9\", \"vendor_class\": null}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool skipped = true;
        bed_assert_body(message_identity_body(cases[i].identities, cases[i].count, &skipped),
                        cases[i].body);
        assert_false(skipped);
    }
}

static void identities_without_a_message_format_are_skipped(void **state) {
    (void)state;
    const struct identity *const cases[] = {&nameless, &ndp};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool skipped = false;
        assert_null(message_identity_body(&cases[i], 1, &skipped));
        assert_true(skipped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_match_the_recorded_exchange),
        cmocka_unit_test(other_flows_are_sent_only_on_request),
        cmocka_unit_test(identities_match_the_recorded_exchange),
        cmocka_unit_test(identities_without_a_message_format_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
