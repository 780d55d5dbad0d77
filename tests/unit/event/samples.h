#ifndef TESTS_EVENT_SAMPLES_H
#define TESTS_EVENT_SAMPLES_H

#include "event/event.h"
#include "flow/flow.h"
#include "policy/policy.h"

/* One event of each kind: with every member set, and with as few as possible. */
#define SAMPLE_TIME UINT64_C(1480000000123456789)

#define SAMPLE_ENDS                                                                                \
    {                                                                                              \
        .ip_version = 4, .proto = 6, .port_a = 43750, .port_b = 80, .ip_a = {10, 1, 0, 1},         \
        .ip_b = {10, 1, 0, 2},                                                                     \
    }
#define SAMPLE_MAC                                                                                 \
    { 0x02, 0, 0, 0, 0x01, 0x0a }

static const struct event sample_treatment = {
    .kind = EVENT_VERDICT,
    .time_ns = SAMPLE_TIME,
    .packet = 4,
    .verdict = {.hash = 0x00c0ffee12345678,
                .ends = SAMPLE_ENDS,
                .actions = EVENT_TREATMENT,
                .treatment = TREATMENT_CONSTRAINED_BW,
                .flow_packets = 4,
                .classifier = "payload_uri_1",
                .generation = 3,
                .source = UINT64_C(0x0123456789abcdef),
                .why = "size=1514, uri=/a"},
};

static const struct event sample_suppress = {
    .kind = EVENT_VERDICT,
    .time_ns = 1000,
    .packet = 123456789,
    .verdict = {.hash = UINT64_MAX,
                .ends = {.ip_version = 6,
                         .proto = 17,
                         .port_a = 53,
                         .port_b = 65535,
                         .ip_a = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
                         .ip_b = {[15] = 1}},
                .actions = EVENT_SUPPRESS,
                .flow_packets = UINT64_C(9007199254740993)}, /* 2^53 + 1 */
};

static const struct event sample_both = {
    .kind = EVENT_VERDICT,
    .time_ns = SAMPLE_TIME,
    .packet = 9,
    .verdict = {.ends = {.ip_version = 4,
                         .proto = 253,
                         .ip_a = {255, 255, 255, 255},
                         .ip_b = {192, 168, 100, 200}},
                .actions = EVENT_TREATMENT | EVENT_SUPPRESS,
                .treatment = TREATMENT_LOW_PRIORITY,
                .flow_packets = 8,
                .classifier = "c"},
};

#define SAMPLE_IDENTITY(...)                                                                       \
    {                                                                                              \
        .kind = EVENT_IDENTITY, .time_ns = SAMPLE_TIME, .packet = 7, .identity = {                 \
            .src_mac = SAMPLE_MAC,                                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct event sample_arp =
    SAMPLE_IDENTITY(.kind = IDENTITY_ARP, .arp = {.operation = 2,
                                                  .sender_ip = {10, 1, 0, 1},
                                                  .sender_mac = SAMPLE_MAC,
                                                  .target_ip = {10, 1, 0, 2},
                                                  .target_mac = {0x02, 0, 0, 0, 0x01, 0x02}});

static const struct event sample_arp_request = {
    .kind = EVENT_IDENTITY,
    .identity = {.kind = IDENTITY_ARP, .arp = {.operation = 1, .target_ip = {10, 1, 0, 2}}},
};

static const struct event sample_lldp =
    SAMPLE_IDENTITY(.kind = IDENTITY_LLDP, .lldp = {.system_name = "pc1.example.com",
                                                    .port_id = "eth\\\\0",
                                                    .port_description = "uplink \"b\"",
                                                    .management_address = "10.1.0.1"});

static const struct event sample_lldp_nameless = SAMPLE_IDENTITY(.kind = IDENTITY_LLDP);

static const struct event sample_dns_a =
    SAMPLE_IDENTITY(.kind = IDENTITY_DNS, .dns = {.type = 1,
                                                  .ttl = 300,
                                                  .client = {10, 1, 0, 1},
                                                  .client_version = 4,
                                                  .name = "www.example.com",
                                                  .address = {192, 0, 2, 80}});

static const struct event sample_dns_aaaa =
    SAMPLE_IDENTITY(.kind = IDENTITY_DNS,
                    .dns = {.type = 28,
                            .ttl = UINT32_MAX,
                            .client = {0xfe, 0x80, [15] = 9},
                            .client_version = 6,
                            .name = "a\\.b\\000.example",
                            .address = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x50}});

static const struct event sample_dns_cname =
    SAMPLE_IDENTITY(.kind = IDENTITY_DNS, .dns = {.type = 5,
                                                  .client = {10, 1, 0, 1},
                                                  .client_version = 4,
                                                  .name = "www.example.com",
                                                  .target = "web.example.net"});

static const struct event sample_dhcp =
    SAMPLE_IDENTITY(.kind = IDENTITY_DHCP, .dhcp = {.message_type = 5,
                                                    .client_mac = SAMPLE_MAC,
                                                    .requested_ip = {10, 1, 0, 5},
                                                    .assigned_ip = {10, 1, 0, 6},
                                                    .server_ip = {10, 1, 0, 254},
                                                    .lease_s = 86400,
                                                    .host_name = "pc1",
                                                    .vendor_class = "MSFT 5.0"});

static const struct event sample_dhcp_bare = SAMPLE_IDENTITY(.kind = IDENTITY_DHCP);

static const struct event sample_ndp =
    SAMPLE_IDENTITY(.kind = IDENTITY_NDP,
                    .ndp = {.target = {0xfe, 0x80, [15] = 1}, .target_mac = SAMPLE_MAC});

static const struct event sample_flow_end = {
    .kind = EVENT_FLOW_END,
    .time_ns = SAMPLE_TIME,
    .packet = 20,
    .flow_end = {.hash = 0x00c0ffee12345678,
                 .ends = SAMPLE_ENDS,
                 .start_ns = SAMPLE_TIME - UINT64_C(1500000001),
                 .end_ns = SAMPLE_TIME,
                 .reason = FLOW_END_FIN,
                 .verified = 1,
                 .treatment = TREATMENT_CONSTRAINED_BW,
                 .finalised = true,
                 .classifier = "payload_uri_1",
                 .suppressed = 8,
                 .packets = {5, 4},
                 .bytes = {500, 4000},
                 .gaps = {1, 2},
                 .vlan = {100, 0},
                 .retransmissions = 3,
                 .max_packet_size = 1514,
                 .max_interval_ns = UINT64_C(1250000000),
                 .min_interval_ns = 1,
                 .kept_count = 2,
                 .kept = {{.time_ns = SAMPLE_TIME - UINT64_C(1500000001),
                           .length = 74,
                           .tcp_flags = 0x02,
                           .from_client = true},
                          {.time_ns = SAMPLE_TIME, .length = 66, .tcp_flags = 0x12}}},
};

static const struct event sample_shadow = {
    .kind = EVENT_SHADOW,
    .time_ns = 1700000003000000000,
    .packet = 12,
    .shadow = {.hash = 0x00c0ffee12345678,
               .ends = {.ip_version = 4, .proto = 6, .port_a = 43210, .port_b = 80},
               .start_ns = 1700000000000000000,
               .classifier = "old",
               .candidate = "new",
               .treatment = TREATMENT_CONSTRAINED_BW,
               .candidate_treatment = TREATMENT_HIGH_PRIORITY,
               .flow_packets = 4,
               .candidate_flow_packets = 6},
};

static const struct event sample_shadow_bare = {
    .kind = EVENT_SHADOW,
    .shadow = {.ends = {.ip_version = 6, .proto = 58}, .classifier = "old", .candidate = "new"},
};

static const struct event sample_script_error = {
    .kind = EVENT_SCRIPT_ERROR,
    .time_ns = SAMPLE_TIME,
    .packet = 123,
    .script_error = {.hash = 0x00c0ffee12345678,
                     .ends = SAMPLE_ENDS,
                     .flow_packets = 4,
                     .classifier = "bad",
                     .generation = 3,
                     .source = UINT64_C(0x0123456789abcdef),
                     .candidate = true,
                     .line = 3,
                     .file = "classifiers/bad.lua",
                     .message = "flow has no field \"byte_s2c\"; did you mean \"bytes_s2c\"?",
                     .source_line = "return flow.byte_s2c > 1000000",
                     .errors = 10},
};

static const struct event sample_script_error_bare = {
    .kind = EVENT_SCRIPT_ERROR,
    .script_error = {.classifier = "bad",
                     .file = "bad",
                     .message = "unknown error \\\\",
                     .errors = 1},
};

static const struct event sample_flow_end_bare = {
    .kind = EVENT_FLOW_END,
    .flow_end = {.ends = {.ip_version = 6, .proto = 58, .ip_a = {[15] = 1}, .ip_b = {[15] = 2}},
                 .reason = FLOW_END_STOP,
                 .packets = {1, 0},
                 .bytes = {70, 0},
                 .max_packet_size = 70},
};

#endif
