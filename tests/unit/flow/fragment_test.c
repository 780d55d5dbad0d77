#include "flow_bed.h"

/* Fragmented datagrams: UDP 10.1.0.1:5000 to 10.1.0.2:6000, or TCP on the same ports, in fragments
 * of 800 bytes of IP payload. */
#define PIECE 800

struct piece {
    uint32_t id;
    unsigned index; /* 0: the first */
    bool more;
    enum flow_result expected;
    uint64_t at_ms;
};

struct datagrams {
    const char *name;
    uint8_t proto;
    uint16_t vlan[8]; /* per piece */
    struct piece pieces[8];
    unsigned count;
    unsigned flows, packets, bytes, orphans;
};

static struct packet make(const struct datagrams *test, unsigned i) {
    const struct piece *piece = &test->pieces[i];
    struct packet packet = bed_packet(test->proto, 1, 0, 2, 0, piece->at_ms, PIECE);
    packet.fragmented = true;
    packet.fragment_id = piece->id;
    packet.fragment_offset = (uint16_t)(piece->index * PIECE);
    packet.more_fragments = piece->more;
    packet.vlan = test->vlan[i];
    packet.length = 34 + PIECE;
    if (piece->index != 0) {
        packet.class = PACKET_FRAGMENT;
        packet.tcp_header_length = 0;
        return packet;
    }
    packet.src_port = 5000;
    packet.dst_port = 6000;
    packet.payload_length = PIECE - (test->proto == IP_PROTO_TCP ? 20 : 8);
    packet.tcp_seq = 1000;
    packet.tcp_flags = test->proto == IP_PROTO_TCP ? TCP_ACK : 0;
    return packet;
}

static const struct datagrams cases[] = {
    {"in order: all belong to the first one's flow",
     IP_PROTO_UDP,
     {0},
     {{7, 0, true, FLOW_PACKET, 0}, {7, 1, true, FLOW_PACKET, 1}, {7, 2, false, FLOW_PACKET, 2}},
     3,
     1,
     3,
     3 * 834,
     0},
    {"last one first: counted in the flow when the first one comes",
     IP_PROTO_UDP,
     {0},
     {{7, 2, false, FLOW_FRAGMENT_WAITS, 0},
      {7, 1, true, FLOW_FRAGMENT_WAITS, 1},
      {7, 0, true, FLOW_PACKET, 2}},
     3,
     1,
     3,
     3 * 834,
     0},
    {"two datagrams at the same time",
     IP_PROTO_UDP,
     {0},
     {{7, 0, true, FLOW_PACKET, 0},
      {8, 0, true, FLOW_PACKET, 1},
      {8, 1, false, FLOW_PACKET, 2},
      {7, 1, false, FLOW_PACKET, 3}},
     4,
     1,
     4,
     4 * 834,
     0},
    {"without a first one they stay orphans",
     IP_PROTO_UDP,
     {0},
     {{7, 1, true, FLOW_FRAGMENT_WAITS, 0}, {7, 2, false, FLOW_FRAGMENT_WAITS, 1}},
     2,
     0,
     0,
     0,
     2},
    {"the VLAN is part of the datagram's key",
     IP_PROTO_UDP,
     {5, 6},
     {{7, 0, true, FLOW_PACKET, 0}, {7, 1, false, FLOW_FRAGMENT_WAITS, 1}},
     2,
     1,
     1,
     834,
     1},
    {"a number used again later is another datagram",
     IP_PROTO_UDP,
     {0},
     {{7, 0, true, FLOW_PACKET, 0}, {7, 1, false, FLOW_FRAGMENT_WAITS, 31000}},
     2,
     1,
     1,
     834,
     1},
    {"a complete datagram frees its number",
     IP_PROTO_UDP,
     {0},
     {{7, 0, true, FLOW_PACKET, 0},
      {7, 1, false, FLOW_PACKET, 1},
      {7, 1, false, FLOW_FRAGMENT_WAITS, 2}},
     3,
     1,
     2,
     2 * 834,
     1},
    {"TCP data in fragments is in sequence, its copy is not new",
     IP_PROTO_TCP,
     {0},
     {{7, 0, true, FLOW_PACKET, 0},
      {7, 1, false, FLOW_PACKET, 1},
      {8, 0, true, FLOW_RETRANSMISSION, 2},
      {8, 1, false, FLOW_RETRANSMISSION, 3}},
     4,
     1,
     2,
     2 * 834,
     0},
};

static void fragments_are_assigned_to_their_flow(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct datagrams *test = &cases[i];
        struct bed bed;
        const struct flow_table_options options = bed_options();
        bed_open(&bed, &options, -1);
        print_message("%s\n", test->name);
        const struct flow *flow = NULL;
        for (unsigned j = 0; j < test->count; j++) {
            assert_int_equal(bed_ingest(&bed, make(test, j)), test->pieces[j].expected);
            flow = bed.flow ? bed.flow : flow;
        }
        assert_int_equal(flow_table_count(bed.table), test->flows);
        if (flow) {
            assert_int_equal(flow_packet_count(flow), test->packets);
            assert_int_equal(flow_end_bytes(flow, 0), test->bytes);
            assert_int_equal(flow_end_gaps(flow, 0), 0);
        }
        flow_table_flush(bed.table);
        assert_int_equal(flow_table_counters(bed.table)->fragments_orphaned, test->orphans);
        bed_close(&bed);
    }
}

static void a_later_fragment_gets_ports_and_sequence_number(void **state) {
    (void)state;
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    const struct datagrams *test = &cases[sizeof cases / sizeof *cases - 1];
    struct packet first = make(test, 0);
    struct packet later = make(test, 1);
    flow_ingest_packet(bed.table, &first, &bed.flow, &bed.end);
    flow_ingest_packet(bed.table, &later, &bed.flow, &bed.end);
    assert_int_equal(later.src_port, 5000);
    assert_int_equal(later.dst_port, 6000);
    assert_int_equal(later.tcp_seq, 1000 + PIECE - 20);
    bed_close(&bed);
}

/* The previous datagram with this ID lost a fragment. */
static void a_reused_id_belongs_to_the_new_datagram(void **state) {
    (void)state;
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    struct datagrams test = {.proto = IP_PROTO_UDP};
    test.pieces[0] = (struct piece){7, 0, true, FLOW_PACKET, 0};
    test.pieces[1] = (struct piece){7, 2, false, FLOW_PACKET, 1};
    bed_ingest(&bed, make(&test, 0));
    bed_ingest(&bed, make(&test, 1));
    struct packet again = make(&test, 0);
    again.src_port = 5001;
    bed_ingest(&bed, again);
    for (unsigned index = 1; index <= 2; index++) {
        test.pieces[0] = (struct piece){7, index, index < 2, FLOW_PACKET, 100};
        assert_int_equal(bed_ingest(&bed, make(&test, 0)), FLOW_PACKET);
        assert_int_equal(bed.flow->port[0], 5001);
    }
    assert_int_equal(flow_packet_count(bed.flow), 3);
    bed_close(&bed);
}

static void a_flood_of_first_halves_is_bounded(void **state) {
    (void)state;
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    struct datagrams flood = {.proto = IP_PROTO_UDP, .count = 1};
    for (uint32_t id = 0; id < 1000; id++) {
        flood.pieces[0] = (struct piece){id, 1, false, FLOW_FRAGMENT_WAITS, id};
        assert_int_equal(bed_ingest(&bed, make(&flood, 0)), FLOW_FRAGMENT_WAITS);
    }
    assert_int_equal(flow_table_counters(bed.table)->fragments_orphaned, 1000 - options.fragments);
    flow_table_flush(bed.table);
    assert_int_equal(flow_table_counters(bed.table)->fragments_orphaned, 1000);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_are_assigned_to_their_flow),
        cmocka_unit_test(a_later_fragment_gets_ports_and_sequence_number),
        cmocka_unit_test(a_reused_id_belongs_to_the_new_datagram),
        cmocka_unit_test(a_flood_of_first_halves_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
