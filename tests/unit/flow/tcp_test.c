#include "flow_bed.h"

/* Conversations as tables: client 10.1.0.1:43000, server 10.1.0.2:80. Sequence numbers are relative
 * to the initial ones, which are close to the wrap at 2^32. */
#define CLIENT_ISN UINT32_C(0xfffffff0)
#define SERVER_ISN UINT32_C(0xffffff00)

struct step {
    char from; /* 'C' or 'S'; 0 ends the table */
    const char *flags;
    uint32_t seq, ack;
    uint32_t payload;
    enum flow_result expected;
    uint32_t at_ms; /* 0: one ms after the previous step */
};

struct conversation {
    const char *name;
    struct step steps[16];
    unsigned packets[2]; /* unique: client, server */
    unsigned retransmissions;
    unsigned gaps[2];
    int ended; /* the enum flow_end_reason reported; -1: no end yet */
};

static const struct conversation conversations[] = {
    {"handshake, request, answer, orderly close",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'S', "SA", 0, 1, 0, FLOW_PACKET, 0},
      {'C', "A", 1, 1, 0, FLOW_PACKET, 0},
      {'C', "PA", 1, 1, 100, FLOW_PACKET, 0},
      {'S', "PA", 1, 101, 1000, FLOW_PACKET, 0},
      {'C', "FA", 101, 1001, 0, FLOW_PACKET, 0},
      {'S', "FA", 1001, 102, 0, FLOW_PACKET, 0},
      {'C', "A", 102, 1002, 0, FLOW_PACKET, 0}},
     {5, 3},
     0,
     {0, 0},
     FLOW_END_FIN},
    {"both FINs without the last acknowledgement do not end the flow",
     {{'C', "FA", 0, 0, 0, FLOW_PACKET, 0}, {'S', "FA", 0, 1, 0, FLOW_PACKET, 0}},
     {1, 1},
     0,
     {0, 0},
     -1},
    {"FINs that cross are acknowledged one by one",
     {{'C', "FA", 10, 0, 0, FLOW_PACKET, 0},
      {'S', "FA", 0, 10, 0, FLOW_PACKET, 0},
      {'C', "A", 11, 1, 0, FLOW_PACKET, 0},
      {'S', "A", 1, 11, 0, FLOW_PACKET, 0}},
     {2, 2},
     0,
     {0, 0},
     FLOW_END_FIN},
    {"reset ends at once",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0}, {'S', "RA", 0, 1, 0, FLOW_PACKET, 0}},
     {1, 1},
     0,
     {0, 0},
     FLOW_END_RST},
    {"what comes after the reset is late",
     {{'C', "A", 0, 0, 50, FLOW_PACKET, 0},
      {'C', "R", 50, 0, 0, FLOW_PACKET, 0},
      {'S', "A", 0, 50, 10, FLOW_LATE, 0}},
     {2, 0},
     0,
     {0, 0},
     FLOW_END_RST},
    {"a reset from somewhere else in the sequence space is untrustworthy",
     {{'C', "A", 0, 0, 50, FLOW_PACKET, 0},
      {'C', "R", 0x10000000, 0, 0, FLOW_PACKET, 0},
      {'C', "A", 50, 0, 50, FLOW_PACKET, 0}},
     {3, 0},
     0,
     {0, 0},
     -1},
    {"data seen before is a retransmission",
     {{'C', "A", 0, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 100, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0, 0, 100, FLOW_RETRANSMISSION, 0},
      {'C', "A", 50, 0, 150, FLOW_RETRANSMISSION, 0}},
     {2, 0},
     2,
     {0, 0},
     -1},
    {"a segment with old and new data is new",
     {{'C', "A", 0, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 50, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 100, 0, 50, FLOW_RETRANSMISSION, 0}},
     {2, 0},
     1,
     {0, 0},
     -1},
    {"SYN, SYN+ACK and FIN are retransmitted, too",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "S", 0, 0, 0, FLOW_RETRANSMISSION, 1000},
      {'S', "SA", 0, 1, 0, FLOW_PACKET, 0},
      {'S', "SA", 0, 1, 0, FLOW_RETRANSMISSION, 0},
      {'C', "FA", 1, 1, 0, FLOW_PACKET, 0},
      {'C', "FA", 1, 1, 0, FLOW_RETRANSMISSION, 0}},
     {2, 1},
     3,
     {0, 0},
     -1},
    {"retransmitted SYNs keep the flow open past its time-out",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "S", 0, 0, 0, FLOW_RETRANSMISSION, 15000},
      {'C', "S", 0, 0, 0, FLOW_RETRANSMISSION, 44000},
      {'S', "SA", 0, 1, 0, FLOW_PACKET, 45000}},
     {1, 1},
     2,
     {0, 0},
     -1},
    {"pure acknowledgements always count",
     {{'C', "A", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "A", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "A", 0, 0, 0, FLOW_PACKET, 0}},
     {3, 0},
     0,
     {0, 0},
     -1},
    {"reordered segments are all unique, the copy of one is not",
     {{'C', "A", 0, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 20, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 40, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 10, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 10, 0, 10, FLOW_RETRANSMISSION, 0},
      {'C', "A", 30, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 20, 0, 10, FLOW_RETRANSMISSION, 0},
      {'C', "A", 0, 0, 50, FLOW_RETRANSMISSION, 0}},
     {5, 0},
     3,
     {2, 0},
     -1},
    {"a gap is filled from its middle, its front and its back",
     {{'S', "A", 0, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 100, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 40, 0, 20, FLOW_PACKET, 0},
      {'S', "A", 5, 0, 20, FLOW_PACKET, 0},
      {'S', "A", 90, 0, 20, FLOW_PACKET, 0},
      {'S', "A", 40, 0, 20, FLOW_RETRANSMISSION, 0},
      {'S', "A", 10, 0, 90, FLOW_PACKET, 0},
      {'S', "A", 0, 0, 110, FLOW_RETRANSMISSION, 0}},
     {6, 0},
     2,
     {1, 0},
     -1},
    {"gaps of both directions do not mix",
     {{'C', "A", 0, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 0, 0, 10, FLOW_PACKET, 0},
      {'C', "A", 20, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 20, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 10, 0, 10, FLOW_PACKET, 0},
      {'S', "A", 10, 0, 10, FLOW_RETRANSMISSION, 0},
      {'C', "A", 10, 0, 10, FLOW_PACKET, 0}},
     {3, 3},
     1,
     {1, 1},
     -1},
    {"a keep-alive probe repeats the last byte",
     {{'C', "A", 0, 0, 10, FLOW_PACKET, 0}, {'C', "A", 9, 0, 1, FLOW_RETRANSMISSION, 0}},
     {1, 0},
     1,
     {0, 0},
     -1},
    {"another SYN of an unanswered attempt is new when its number is",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "S", 0x40000000, 0, 0, FLOW_PACKET, 0},
      {'C', "S", 0x40000000, 0, 0, FLOW_RETRANSMISSION, 0},
      {'C', "S", 0x20000000, 0, 0, FLOW_PACKET, 0}},
     {3, 0},
     1,
     {0, 0},
     -1},
    {"a SYN that its data overtook is new, the copy of it is not",
     {{'C', "A", 1, 0, 100, FLOW_PACKET, 0},
      {'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "S", 0, 0, 0, FLOW_RETRANSMISSION, 0}},
     {2, 0},
     1,
     {0, 0},
     -1},
    {"the copy of a SYN is one behind a gap, too",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'C', "A", 3001, 0, 100, FLOW_PACKET, 0},
      {'C', "S", 0, 0, 0, FLOW_RETRANSMISSION, 0}},
     {2, 0},
     1,
     {1, 0},
     -1},
    {"what comes before the first segment seen is new",
     {{'S', "A", 5000, 0, 1000, FLOW_PACKET, 0},
      {'S', "A", 3000, 0, 1000, FLOW_PACKET, 0},
      {'S', "A", 5000, 0, 1000, FLOW_RETRANSMISSION, 0}},
     {2, 0},
     1,
     {0, 0},
     -1},
    {"a stream that continues far back is tracked there",
     {{'C', "A", 0x70000000, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x20000000, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x20000064, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x20000000, 0, 100, FLOW_RETRANSMISSION, 0}},
     {3, 0},
     1,
     {0, 0},
     -1},
    {"a stream that continues far back is tracked there, open gaps or not",
     {{'C', "A", 0x70000000, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x70001000, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x20000000, 0, 100, FLOW_PACKET, 0},
      {'C', "A", 0x20000000, 0, 100, FLOW_RETRANSMISSION, 0}},
     {3, 0},
     1,
     {1, 0},
     -1},
    {"another SYN+ACK with another number: its data is new",
     {{'C', "S", 0, 0, 0, FLOW_PACKET, 0},
      {'S', "SA", 0x70000000, 1, 0, FLOW_PACKET, 0},
      {'S', "SA", 0x20000000, 1, 0, FLOW_PACKET, 0},
      {'S', "A", 0x20000001, 1, 1000, FLOW_PACKET, 0},
      {'S', "A", 0x200003e9, 1, 1000, FLOW_PACKET, 0}},
     {1, 4},
     0,
     {0, 0},
     -1},
};

static struct packet step_packet(const struct step *step, uint64_t at_ms) {
    const bool client = step->from == 'C';
    struct packet packet = client ? bed_packet(IP_PROTO_TCP, 1, 43000, 2, 80, at_ms, step->payload)
                                  : bed_packet(IP_PROTO_TCP, 2, 80, 1, 43000, at_ms, step->payload);
    packet.tcp_flags = bed_flags(step->flags);
    packet.tcp_seq = step->seq + (client ? CLIENT_ISN : SERVER_ISN);
    packet.tcp_ack = step->ack + (client ? SERVER_ISN : CLIENT_ISN);
    return packet;
}

static void check_conversation(const struct conversation *talk) {
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    uint64_t at_ms = 0;
    for (const struct step *step = talk->steps; step->from; step++) {
        at_ms = step->at_ms ? step->at_ms : at_ms + 1;
        const enum flow_result result = bed_ingest(&bed, step_packet(step, at_ms));
        if (result != step->expected) {
            fail_msg("%s: step %td gave result %d, not %d", talk->name, step - talk->steps, result,
                     step->expected);
        }
    }
    flow_table_settle(bed.table);
    const struct flow *flow = bed.flow;
    const unsigned client = talk->steps[0].from == 'C' ? 0 : 1;
    print_message("%s\n", talk->name);
    assert_int_equal(flow_table_count(bed.table), 1);
    assert_int_equal(flow_end_packets(flow, client), talk->packets[0]);
    assert_int_equal(flow_end_packets(flow, !client), talk->packets[1]);
    assert_int_equal(flow->retransmissions, talk->retransmissions);
    assert_int_equal(flow_end_gaps(flow, client), talk->gaps[0]);
    assert_int_equal(flow_end_gaps(flow, !client), talk->gaps[1]);
    assert_int_equal(bed.end_count, talk->ended >= 0);
    if (talk->ended >= 0) {
        assert_int_equal(bed.ends[0].reason, talk->ended);
    }
    bed_close(&bed);
}

static void conversations_are_tracked(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof conversations / sizeof *conversations; i++) {
        check_conversation(&conversations[i]);
    }
}

/* The first packet of a flow: the client, and how it is known. */
static const struct {
    const char *name;
    char from;
    const char *flags;
    char client;
    unsigned verified;
} firsts[] = {
    {"SYN comes from the client", 'C', "S", 'C', FLOW_VERIFIED_SYN},
    {"SYN of the higher end, too", 'S', "S", 'S', FLOW_VERIFIED_SYN},
    {"SYN+ACK comes from the server", 'S', "SA", 'C', FLOW_VERIFIED_SYNACK},
    {"FIN+ACK has no meaning: the first sender is assumed", 'S', "FA", 'S', 0},
    {"RST+ACK has no meaning", 'C', "RA", 'C', 0},
    {"ECN set-up SYN is a SYN", 'C', "SEC", 'C', FLOW_VERIFIED_SYN},
};

static void the_first_packet_identifies_the_client(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct bed bed;
        const struct flow_table_options options = bed_options();
        bed_open(&bed, &options, -1);
        const struct step step = {.from = firsts[i].from, .flags = firsts[i].flags};
        bed_ingest(&bed, step_packet(&step, 0));
        print_message("%s\n", firsts[i].name);
        assert_int_equal(flow_client_end(bed.flow), firsts[i].client == 'C' ? 0 : 1);
        assert_int_equal(bed.flow->flags & (FLOW_VERIFIED_SYN | FLOW_VERIFIED_SYNACK),
                         firsts[i].verified);
        bed_close(&bed);
    }
}

static void a_later_handshake_corrects_an_assumption(void **state) {
    (void)state;
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    bed_ingest(&bed, step_packet(&(struct step){.from = 'S', .flags = "A"}, 0));
    assert_int_equal(flow_client_end(bed.flow), 1);
    bed_ingest(&bed, step_packet(&(struct step){.from = 'S', .flags = "SA", .seq = 5}, 1));
    assert_int_equal(flow_client_end(bed.flow), 0);
    bed_ingest(&bed, step_packet(&(struct step){.from = 'S', .flags = "S", .seq = 9}, 2));
    assert_int_equal(flow_client_end(bed.flow), 0);
    bed_close(&bed);
}

static void dropped_gaps_are_counted(void **state) {
    (void)state;
    struct bed bed;
    const struct flow_table_options options = bed_options();
    bed_open(&bed, &options, -1);
    for (uint32_t i = 0; i < 9; i++) {
        const struct step step = {.from = 'C', .flags = "A", .seq = i * 20, .payload = 10};
        assert_int_equal(bed_ingest(&bed, step_packet(&step, i)), FLOW_PACKET);
    }
    assert_int_equal(flow_end_gaps(bed.flow, 0), 8);
    assert_int_equal(flow_table_counters(bed.table)->holes_forgotten, 1);
    /* the oldest gap was dropped; the others can still be filled */
    const struct step forgotten = {.from = 'C', .flags = "A", .seq = 10, .payload = 10};
    assert_int_equal(bed_ingest(&bed, step_packet(&forgotten, 20)), FLOW_RETRANSMISSION);
    const struct step open = {.from = 'C', .flags = "A", .seq = 30, .payload = 10};
    assert_int_equal(bed_ingest(&bed, step_packet(&open, 21)), FLOW_PACKET);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_are_tracked),
        cmocka_unit_test(the_first_packet_identifies_the_client),
        cmocka_unit_test(a_later_handshake_corrects_an_assumption),
        cmocka_unit_test(dropped_gaps_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
