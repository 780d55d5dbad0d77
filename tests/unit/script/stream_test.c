#include "script/stream.h"

#include "base/clock.h"
#include "flow/flow_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Two buffers of 8 bytes, and flows that request them. */
#define BYTES   8
#define BUFFERS 2

struct bed {
    struct flow_table *table;
    struct streams *streams;
    struct flow *flow; /* of the latest packet */
};

static void on_end(void *context, struct flow *flow, enum flow_end_reason reason) {
    const struct bed *bed = context;
    (void)reason;
    streams_forget(bed->streams, bed->table, flow);
}

static int open_bed(void **state) {
    static struct bed bed;
    struct flow_table_options options = {.capacity = 100, .fragments = 1, .seed = {1, 2}};
    struct error error;
    for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++) {
        options.timeout_ns[i] = 300 * NS_PER_S;
    }
    *state = &bed;
    return flow_table_open(&bed.table, &options, -1, on_end, &bed, &error) != 0 ||
                   streams_new(&bed.streams, BUFFERS, BYTES, &error) != 0
               ? -1
               : 0;
}

static int close_bed(void **state) {
    struct bed *bed = *state;
    flow_table_close(bed->table);
    streams_free(bed->streams);
    return 0;
}

/* A segment between this port of the client and the server; payload positions count from 0. */
static struct packet segment(uint16_t port, bool to_server, uint32_t at, const char *payload) {
    static uint64_t now_ns = NS_PER_S;
    const uint32_t length = (uint32_t)strlen(payload);
    return (struct packet){
        .time_ns = now_ns++,
        .src = {10, 0, 0, to_server ? 1 : 2},
        .dst = {10, 0, 0, to_server ? 2 : 1},
        .src_port = to_server ? port : 80,
        .dst_port = to_server ? 80 : port,
        .proto = IP_PROTO_TCP,
        .ip_version = 4,
        .class = PACKET_FLOW,
        .tcp_flags = TCP_ACK,
        .tcp_seq = 100 + at,
        .length = 54 + length,
        .payload = (const uint8_t *)payload,
        .payload_length = length,
        .payload_captured = length,
    };
}

/* Adds a segment and then requests its direction. */
static struct flow_stream take_segment(struct bed *bed, struct packet *packet) {
    unsigned end;
    struct flow_stream stream = {0};
    assert_int_equal(flow_ingest_packet(bed->table, packet, &bed->flow, &end), FLOW_PACKET);
    if (bed->flow->stream) {
        streams_take(bed->streams, bed->table, bed->flow, end, packet, true);
    }
    streams_ask(bed->streams, bed->table, bed->flow, end, packet, end, &stream);
    return stream;
}

static struct flow_stream take(struct bed *bed, uint16_t port, uint32_t at, const char *payload) {
    struct packet packet = segment(port, true, at, payload);
    return take_segment(bed, &packet);
}

static void flows_without_payload_hold_no_buffer(void **state) {
    struct bed *bed = *state;
    for (uint16_t port = 1; port <= 50; port++) {
        assert_false(take(bed, port, 0, "").lost);
    }
    assert_int_equal(take(bed, 1, 0, "ab").length, 2);
    assert_int_equal(take(bed, 2, 0, "cd").length, 2);
    assert_int_equal(take(bed, 1, 2, "ef").length, 4);
    assert_int_equal(streams_lost(bed->streams), 0);
}

static void a_surplus_stream_takes_the_buffer_of_another(void **state) {
    struct bed *bed = *state;
    take(bed, 1, 0, "a");
    take(bed, 2, 0, "b");
    take(bed, 3, 0, "c");
    assert_int_equal(streams_lost(bed->streams), 1);
    const struct flow_stream lost = take(bed, 1, 1, "a");
    assert_true(lost.lost);
    assert_int_equal(lost.length, 0);
    assert_true(take(bed, 1, 2, "a").lost); /* and remains so */
    assert_int_equal(take(bed, 2, 1, "b").length, 2);
    assert_int_equal(take(bed, 3, 1, "c").length, 2);
    assert_int_equal(streams_lost(bed->streams), 1);
}

static void released_buffers_are_reused(void **state) {
    struct bed *bed = *state;
    for (uint16_t port = 1; port <= 50; port++) {
        const struct flow_stream stream = take(bed, port, 0, "a");
        assert_int_equal(stream.length, 1);
        streams_forget(bed->streams, bed->table, bed->flow);
        bed->flow->stream = 0;
    }
    assert_int_equal(streams_lost(bed->streams), 0);
}

static void ended_flows_release_their_buffers(void **state) {
    struct bed *bed = *state;
    for (uint16_t round = 0; round < 10; round++) {
        take(bed, 1, 0, "a");
        take(bed, 2, 0, "a");
        flow_table_flush(bed->table);
    }
    assert_int_equal(streams_lost(bed->streams), 0);
}

static void both_directions_have_separate_buffers(void **state) {
    struct bed *bed = *state;
    uint32_t length;
    take(bed, 1, 0, "aaaaaaaaaaaa");
    const struct flow *first = bed->flow;
    const unsigned end = first->stream & 3 ? 0 : 1;
    const struct flow_stream second = take(bed, 2, 0, "bbbbbbbbbbbb");
    assert_true(second.full);
    const uint8_t *bytes = streams_bytes(bed->streams, bed->table, first, end, &length);
    assert_int_equal(length, BYTES);
    assert_memory_equal(bytes, "aaaaaaaa", BYTES);
}

/* What a server sent early is missing in its own direction only. */
static void a_gap_does_not_affect_the_other_direction(void **state) {
    struct bed *bed = *state;
    struct packet early[] = {segment(1, true, 16, ""), segment(1, false, 10, "ab"),
                             segment(1, false, 30, "cd")};
    for (unsigned i = 0; i < sizeof early / sizeof *early; i++) {
        unsigned end;
        assert_int_equal(flow_ingest_packet(bed->table, &early[i], &bed->flow, &end), FLOW_PACKET);
    }
    take(bed, 1, 16, ""); /* asks for the client's direction */
    assert_int_equal(take(bed, 1, 16, "ef").length, 2);
}

/* RFC 9293 section 3.5.3: such a payload explains the reset to people. */
static void the_payload_of_a_reset_is_ignored(void **state) {
    struct bed *bed = *state;
    assert_int_equal(take(bed, 1, 0, "ab").length, 2);
    struct packet reset = segment(1, true, 2, "cd");
    reset.tcp_flags = TCP_RST;
    assert_int_equal(take_segment(bed, &reset).length, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flows_without_payload_hold_no_buffer, open_bed, close_bed),
        cmocka_unit_test_setup_teardown(a_surplus_stream_takes_the_buffer_of_another, open_bed,
                                        close_bed),
        cmocka_unit_test_setup_teardown(released_buffers_are_reused, open_bed, close_bed),
        cmocka_unit_test_setup_teardown(ended_flows_release_their_buffers, open_bed, close_bed),
        cmocka_unit_test_setup_teardown(both_directions_have_separate_buffers, open_bed, close_bed),
        cmocka_unit_test_setup_teardown(a_gap_does_not_affect_the_other_direction, open_bed,
                                        close_bed),
        cmocka_unit_test_setup_teardown(the_payload_of_a_reset_is_ignored, open_bed, close_bed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
