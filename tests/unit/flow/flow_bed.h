#ifndef DPAE_TESTS_FLOW_BED_H
#define DPAE_TESTS_FLOW_BED_H

#include "base/clock.h"
#include "flow/flow_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A table under test, and the flow ends it reported. */
#define BED_ENDS_MAX 64

struct bed_end {
    enum flow_end_reason reason;
    struct flow flow; /* a copy at that time */
};

struct bed {
    struct flow_table *table;
    struct bed_end ends[BED_ENDS_MAX];
    unsigned end_count;
    struct flow *flow; /* flow of the latest packet */
    unsigned end;
};

static inline void bed_on_end(void *context, struct flow *flow, enum flow_end_reason reason) {
    struct bed *bed = context;
    assert_true(bed->end_count < BED_ENDS_MAX);
    bed->ends[bed->end_count++] = (struct bed_end){.reason = reason, .flow = *flow};
}

static inline struct flow_table_options bed_options(void) {
    return (struct flow_table_options){
        .capacity = 1000,
        .packets_kept = 10,
        .timeout_ns = {30 * NS_PER_S, 300 * NS_PER_S, 5 * NS_PER_S, 60 * NS_PER_S, 20 * NS_PER_S},
        .reuse_idle_ns = 50 * NS_PER_S,
        .fragments = 16,
        .fragment_timeout_ns = 30 * NS_PER_S,
        .seed = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)},
    };
}

static inline void bed_open(struct bed *bed, const struct flow_table_options *options, int fd) {
    struct error error;
    memset(bed, 0, sizeof *bed);
    const int result = flow_table_open(&bed->table, options, fd, bed_on_end, bed, &error);
    assert_int_equal(result, 0);
}

static inline void bed_close(struct bed *bed) {
    flow_table_close(bed->table);
}

/* A packet between two IPv4 hosts: 10.1.0.SRC and 10.1.0.DST. */
static inline struct packet bed_packet(uint8_t proto, uint8_t src, uint16_t src_port, uint8_t dst,
                                       uint16_t dst_port, uint64_t time_ms, uint32_t payload) {
    struct packet packet = {
        .time_ns = 1000 * NS_PER_S + time_ms * NS_PER_MS,
        .src = {10, 1, 0, src},
        .dst = {10, 1, 0, dst},
        .src_port = src_port,
        .dst_port = dst_port,
        .proto = proto,
        .ip_version = 4,
        .class = PACKET_FLOW,
        .length = 54 + payload,
        .payload_length = payload,
        .payload_captured = payload,
        .tcp_header_length = proto == IP_PROTO_TCP ? 20 : 0,
    };
    return packet;
}

static inline uint8_t bed_flags(const char *letters) {
    uint8_t flags = 0;
    for (; *letters; letters++) {
        const char *at = strchr("FSRPAUEC", *letters);
        assert_non_null(at);
        flags = (uint8_t)(flags | 1u << (at - "FSRPAUEC"));
    }
    return flags;
}

static inline enum flow_result bed_ingest(struct bed *bed, struct packet packet) {
    return flow_ingest_packet(bed->table, &packet, &bed->flow, &bed->end);
}

#endif
