#include "flow/table_internal.h"
#include "flow_bed.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct packet udp(uint8_t src, uint16_t src_port, uint64_t at_ms) {
    return bed_packet(IP_PROTO_UDP, src, src_port, 200, 53, at_ms, 30);
}

static struct packet tcp(uint8_t src, const char *flags, uint64_t at_ms) {
    struct packet packet = bed_packet(IP_PROTO_TCP, src, 4000, 200, 80, at_ms, 0);
    packet.tcp_flags = bed_flags(flags);
    packet.tcp_seq = (uint32_t)at_ms;
    return packet;
}

static void open_default(struct bed *bed) {
    const struct flow_table_options options = bed_options();
    bed_open(bed, &options, -1);
}

static void both_directions_meet_in_one_flow(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    const uint16_t ports[][2] = {{1000, 53}, {53, 1000}, {7, 7}};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        const struct packet found = bed_packet(17, 9, ports[i][0], 3, ports[i][1], i, 5);
        const struct packet back = bed_packet(17, 3, ports[i][1], 9, ports[i][0], i, 5);
        bed_ingest(&bed, found);
        const struct flow *flow = bed.flow;
        const unsigned end = bed.end;
        bed_ingest(&bed, back);
        assert_ptr_equal(bed.flow, flow);
        assert_int_equal(bed.end, !end);
    }
    assert_int_equal(flow_table_count(bed.table), 3);
    bed_close(&bed);
}

static void ipv4_and_ipv6_addresses_of_equal_bytes_differ(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    struct packet packet = udp(1, 1000, 0);
    bed_ingest(&bed, packet);
    packet.ip_version = 6;
    bed_ingest(&bed, packet);
    assert_int_equal(flow_table_count(bed.table), 2);
    packet.src[15] = 1;
    bed_ingest(&bed, packet);
    assert_int_equal(flow_table_count(bed.table), 3);
    bed_close(&bed);
}

static void a_tag_in_one_direction_does_not_split_a_flow(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    struct packet tagged = udp(1, 1000, 0);
    tagged.vlan = 42;
    bed_ingest(&bed, tagged);
    bed_ingest(&bed, bed_packet(IP_PROTO_UDP, 200, 53, 1, 1000, 1, 30));
    assert_int_equal(flow_table_count(bed.table), 1);
    assert_int_equal(flow_end_vlan(bed.flow, 0), 42);
    assert_int_equal(flow_end_vlan(bed.flow, 1), 0);
    bed_close(&bed);
}

static void statistics_are_kept_per_direction(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(1, 1000, 0));
    assert_int_equal(flow_max_interval_ns(bed.flow), 0);
    assert_int_equal(flow_min_interval_ns(bed.flow), 0);
    bed_ingest(&bed, bed_packet(IP_PROTO_UDP, 200, 53, 1, 1000, 7, 1300));
    assert_int_equal(flow_max_interval_ns(bed.flow), 0); /* one packet each way: no interval yet */
    bed_ingest(&bed, udp(1, 1000, 20));
    bed_ingest(&bed, bed_packet(IP_PROTO_UDP, 200, 53, 1, 1000, 107, 10));
    bed_ingest(&bed, bed_packet(IP_PROTO_UDP, 200, 53, 1, 1000, 107, 10));
    assert_int_equal(flow_max_interval_ns(bed.flow), 100 * NS_PER_MS);
    assert_int_equal(flow_min_interval_ns(bed.flow), 20 * NS_PER_MS); /* the 0 is ignored */
    assert_int_equal(bed.flow->max_packet_size, 1354);
    assert_int_equal(flow_end_bytes(bed.flow, 0), 2 * 84);
    assert_int_equal(flow_end_bytes(bed.flow, 1), 1354 + 2 * 64);
    struct flow_kept_packet kept;
    assert_true(flow_kept_packet(bed.table, bed.flow, 1, &kept));
    assert_int_equal(kept.offset_ns, 7 * NS_PER_MS);
    assert_int_equal(kept.length, 1354);
    assert_int_equal(kept.end, 1);
    assert_false(flow_kept_packet(bed.table, bed.flow, 5, &kept));
    bed_close(&bed);
}

static void small_steps_back_in_time_are_not_intervals(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(1, 1000, 500));
    bed_ingest(&bed, udp(1, 1000, 200));
    assert_int_equal(flow_max_interval_ns(bed.flow), 0);
    assert_int_equal(flow_packet_count(bed.flow), 2);
    bed_close(&bed);
}

/* The times at which flows end in a sequence of packets: {source host, time in s, letters of
 * flags}. */
static void flows_end_when_they_are_idle(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct packet (*make)(uint8_t, const char *, uint64_t);
        const char *flags;
        unsigned timeout_s;
    } cases[] = {
        {"TCP being opened", tcp, "S", 30},
        {"TCP established", tcp, "A", 300},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bed bed;
        open_default(&bed);
        print_message("%s\n", cases[i].name);
        bed_ingest(&bed, cases[i].make(1, cases[i].flags, 0));
        bed_ingest(&bed, udp(9, 9, cases[i].timeout_s * 1000 - 1));
        assert_int_equal(bed.end_count, 0);
        bed_ingest(&bed, udp(9, 10, cases[i].timeout_s * 1000));
        assert_int_equal(bed.end_count, 1);
        assert_int_equal(bed.ends[0].reason, FLOW_END_IDLE);
        assert_int_equal(bed.ends[0].flow.proto, IP_PROTO_TCP);
        bed_close(&bed);
    }
}

static void a_busy_flow_does_not_end(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    for (uint64_t s = 0; s < 600; s += 59) {
        bed_ingest(&bed, udp(1, 1000, s * 1000));
    }
    assert_int_equal(bed.end_count, 0);
    bed_ingest(&bed, udp(1, 1000, 700 * 1000));
    assert_int_equal(bed.end_count, 1);
    assert_int_equal(flow_packet_count(bed.flow), 1);
    bed_close(&bed);
}

static void unacknowledged_fins_end_a_flow_after_a_time_out(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, tcp(1, "FA", 0));
    struct packet back = bed_packet(IP_PROTO_TCP, 200, 80, 1, 4000, 1, 0);
    back.tcp_flags = TCP_FIN | TCP_ACK;
    bed_ingest(&bed, back);
    flow_table_expire(bed.table, 1006 * NS_PER_S);
    assert_int_equal(bed.end_count, 1);
    assert_int_equal(bed.ends[0].reason, FLOW_END_FIN);
    assert_int_equal(flow_table_count(bed.table), 0);
    bed_close(&bed);
}

static void a_syn_reuses_the_ports_of_a_closed_or_idle_flow(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *before; /* flags of the packet before the SYN */
        unsigned gap_ms;
        unsigned flows;
        int reason; /* how the first one ended; -1: it did not */
    } cases[] = {
        {"after a reset", "RA", 10, 2, FLOW_END_RST},
        {"after a long idle time", "A", 50000, 2, FLOW_END_REUSE},
        {"not in the middle of a conversation", "A", 10, 1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bed bed;
        open_default(&bed);
        print_message("%s\n", cases[i].name);
        bed_ingest(&bed, tcp(1, cases[i].before, 0));
        struct packet syn = tcp(1, "S", cases[i].gap_ms);
        syn.tcp_seq = 0x50000000;
        bed_ingest(&bed, syn);
        assert_int_equal(flow_table_counters(bed.table)->created, cases[i].flows);
        assert_int_equal(bed.end_count, cases[i].reason >= 0);
        if (cases[i].reason >= 0) {
            assert_int_equal(bed.ends[0].reason, cases[i].reason);
        }
        bed_close(&bed);
    }
}

static void the_longest_idle_flow_is_evicted(void **state) {
    (void)state;
    struct flow_table_options options = bed_options();
    options.capacity = 4;
    for (uint64_t seed = 0; seed < 50; seed++) {
        options.seed[0] = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct bed bed;
        bed_open(&bed, &options, -1);
        for (uint8_t host = 1; host <= 4; host++) {
            bed_ingest(&bed, host % 2 ? udp(host, 1, host) : tcp(host, "A", host));
        }
        bed_ingest(&bed, udp(1, 1, 5));
        for (uint8_t host = 5; host <= 7; host++) {
            bed_ingest(&bed, udp(host, 1, host));
        }
        static const uint8_t expected[] = {2, 3, 4};
        assert_int_equal(bed.end_count, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(bed.ends[i].reason, FLOW_END_EVICTED);
            assert_int_equal(bed.ends[i].flow.address[0][3], expected[i]);
        }
        bed_close(&bed);
    }
}

static void an_ended_flow_is_evicted_before_a_live_one(void **state) {
    (void)state;
    struct flow_table_options options = bed_options();
    options.capacity = 2;
    struct bed bed;
    bed_open(&bed, &options, -1);
    bed_ingest(&bed, udp(1, 1, 0));
    bed_ingest(&bed, tcp(2, "R", 1));
    bed_ingest(&bed, udp(3, 1, 2));
    assert_int_equal(bed.end_count, 1);
    assert_int_equal(bed.ends[0].reason, FLOW_END_RST);
    assert_int_equal(flow_table_count(bed.table), 2);
    bed_close(&bed);
}

static void setting_time_back_ends_later_flows(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(1, 1, 1000000));
    bed_ingest(&bed, udp(1, 1, 0));
    assert_int_equal(bed.end_count, 1);
    assert_int_equal(bed.ends[0].reason, FLOW_END_IDLE);
    assert_int_equal(flow_packet_count(bed.flow), 1);
    bed_close(&bed);
}

static void setting_time_back_ends_only_later_flows(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(1, 1, 0));
    bed_ingest(&bed, udp(2, 1, 9000));
    bed_ingest(&bed, udp(3, 1, 10000));
    bed_ingest(&bed, udp(4, 1, 500));
    assert_int_equal(bed.end_count, 2);
    assert_int_equal(bed.ends[0].flow.address[0][3], 3);
    assert_int_equal(bed.ends[1].flow.address[0][3], 2);
    assert_int_equal(flow_table_count(bed.table), 2);
    bed_close(&bed);
}

static void an_isolated_packet_from_far_ahead_ends_no_other_flow(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    const uint64_t year_ms = UINT64_C(365) * 86400 * 1000;
    bed_ingest(&bed, udp(1, 1, 0));
    bed_ingest(&bed, udp(2, 1, year_ms));
    bed_ingest(&bed, udp(1, 1, 10));
    assert_int_equal(bed.end_count, 0);
    assert_int_equal(flow_packet_count(bed.flow), 2);
    bed_ingest(&bed, udp(3, 1, year_ms)); /* two in a row: time has advanced */
    bed_ingest(&bed, udp(4, 1, year_ms + 60000));
    assert_int_equal(bed.end_count, 3);
    bed_close(&bed);
}

static void flush_ends_all_flows_longest_idle_first(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(3, 1, 0));
    bed_ingest(&bed, tcp(1, "A", 1));
    bed_ingest(&bed, udp(2, 1, 2));
    flow_table_flush(bed.table);
    static const uint8_t expected[] = {3, 1, 2};
    assert_int_equal(bed.end_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bed.ends[i].reason, FLOW_END_STOP);
        assert_int_equal(bed.ends[i].flow.address[0][3], expected[i]);
    }
    assert_int_equal(flow_table_count(bed.table), 0);
    bed_close(&bed);
}

static void a_flow_takes_at_most_256_bytes(void **state) {
    (void)state;
    struct flow_table_options options = bed_options();
    options.fragments = 4096;
    static const uint32_t capacities[] = {1000000, 10000000};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        options.capacity = capacities[i];
        assert_in_range(flow_table_bytes(&options) / capacities[i], 1, 255);
    }
}

/* A reference model, compared over thousands of random packets. */
static void counts_match_a_reference_model(void **state) {
    (void)state;
    struct flow_table_options options = bed_options();
    options.capacity = 300;
    struct bed bed;
    bed_open(&bed, &options, -1);
    static unsigned model[16][16];
    memset(model, 0, sizeof model);
    uint32_t random = 1;
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        const uint8_t host = (uint8_t)(1 + (random >> 8) % 16);
        const uint16_t port = (uint16_t)(1 + (random >> 16) % 16);
        const bool reverse = random >> 31;
        const struct packet packet = reverse ? bed_packet(IP_PROTO_UDP, 200, 53, host, port, i, 1)
                                             : bed_packet(IP_PROTO_UDP, host, port, 200, 53, i, 1);
        bed_ingest(&bed, packet);
        model[host - 1][port - 1]++;
        assert_int_equal(flow_packet_count(bed.flow), model[host - 1][port - 1]);
    }
    assert_int_equal(bed.end_count, 0);
    assert_int_equal(flow_table_count(bed.table), 256);
    bed_close(&bed);
}

static void a_later_worker_recovers_the_flows(void **state) {
    (void)state;
    const int fd = memfd_create("flows", MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct flow_table_options options = bed_options();
    struct bed bed;
    bed_open(&bed, &options, fd);
    bed_ingest(&bed, udp(2, 1, 10));
    bed_ingest(&bed, udp(1, 1, 5));
    bed_ingest(&bed, udp(3, 1, 20));
    bed_ingest(&bed, udp(2, 1, 30));
    bed_close(&bed);

    options.seed[0] = 99; /* a worker may have another seed */
    bed_open(&bed, &options, fd);
    assert_int_equal(flow_table_count(bed.table), 3);
    bed_ingest(&bed, udp(2, 1, 40));
    assert_int_equal(flow_packet_count(bed.flow), 3);
    flow_table_flush(bed.table);
    static const uint8_t expected[] = {1, 3, 2};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bed.ends[i].flow.address[0][3], expected[i]);
    }
    bed_close(&bed);

    bed_open(&bed, &options, fd);
    assert_int_equal(flow_table_count(bed.table), 0);
    bed_ingest(&bed, udp(1, 1, 50));
    bed_ingest(&bed, udp(2, 1, 60));
    bed.table->header->touched = flow_slot(bed.table, bed.flow) + 1; /* died while changing it */
    bed_close(&bed);
    bed_open(&bed, &options, fd);
    assert_int_equal(flow_table_count(bed.table), 1);
    bed_ingest(&bed, udp(1, 1, 70));
    assert_int_equal(flow_packet_count(bed.flow), 2);
    bed_close(&bed);

    options.packets_kept = 5; /* other options: a different table */
    bed_open(&bed, &options, fd);
    assert_int_equal(flow_table_count(bed.table), 0);
    bed_close(&bed);
    close(fd);
}

static void a_table_with_other_options_is_not_recovered(void **state) {
    (void)state;
    const int fd = memfd_create("flows", MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct flow_table_options options = bed_options();
    options.capacity = 2000;
    struct bed bed;
    bed_open(&bed, &options, fd);
    for (uint16_t port = 1; port <= 2000; port++) {
        bed_ingest(&bed, udp(1, port, port));
    }
    bed_close(&bed);
    options.capacity = 500; /* the memory contains a former flow elsewhere */
    bed_open(&bed, &options, fd);
    assert_int_equal(flow_table_count(bed.table), 0);
    for (uint32_t at = 0; at < bed.table->index.size; at++) {
        assert_true(bed.table->index.entries[at] == 0);
    }
    for (uint32_t at = 0; at < bed.table->holes_count; at++) {
        assert_int_equal(bed.table->holes[at].owner, 0);
    }
    bed_close(&bed);
    close(fd);
}

static void the_public_hash_is_the_same_everywhere(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, bed_packet(IP_PROTO_TCP, 1, 43000, 2, 80, 0, 0));
    const uint64_t hash = flow_public_hash(bed.flow);
    bed_ingest(&bed, bed_packet(IP_PROTO_TCP, 2, 80, 1, 43000, 0, 0));
    assert_true(flow_public_hash(bed.flow) == hash);
    /* FNV-1a of 06 0a010001 a7f8 0a010002 0050, calculated independently */
    assert_true(hash == UINT64_C(0x2d9fadd312c09e4b));
    bed_close(&bed);
}

static void invalid_options_are_rejected(void **state) {
    (void)state;
    struct flow_table_options options = bed_options();
    struct flow_table *table;
    struct error error;
    options.capacity = 0;
    assert_int_not_equal(flow_table_open(&table, &options, -1, bed_on_end, NULL, &error), 0);
    assert_null(table);
    assert_non_null(strstr(error.message, "flow table"));
}

static void new_timeouts_apply_to_existing_flows(void **state) {
    (void)state;
    struct bed bed;
    open_default(&bed);
    bed_ingest(&bed, udp(1, 1000, 0));
    flow_table_expire(bed.table, 1059 * NS_PER_S);
    assert_int_equal(bed.end_count, 0);
    struct flow_table_options options = bed_options();
    options.timeout_ns[FLOW_TIMEOUT_UDP] = 40 * NS_PER_S;
    flow_table_set_times(bed.table, &options);
    flow_table_expire(bed.table, 1059 * NS_PER_S);
    assert_int_equal(bed.end_count, 1);
    bed_ingest(&bed, udp(2, 1000, 60000));
    options.timeout_ns[FLOW_TIMEOUT_UDP] = 100 * NS_PER_S;
    flow_table_set_times(bed.table, &options);
    flow_table_expire(bed.table, 1159 * NS_PER_S);
    assert_int_equal(bed.end_count, 1);
    flow_table_expire(bed.table, 1161 * NS_PER_S);
    assert_int_equal(bed.end_count, 2);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_meet_in_one_flow),
        cmocka_unit_test(ipv4_and_ipv6_addresses_of_equal_bytes_differ),
        cmocka_unit_test(a_tag_in_one_direction_does_not_split_a_flow),
        cmocka_unit_test(statistics_are_kept_per_direction),
        cmocka_unit_test(small_steps_back_in_time_are_not_intervals),
        cmocka_unit_test(flows_end_when_they_are_idle),
        cmocka_unit_test(a_busy_flow_does_not_end),
        cmocka_unit_test(unacknowledged_fins_end_a_flow_after_a_time_out),
        cmocka_unit_test(a_syn_reuses_the_ports_of_a_closed_or_idle_flow),
        cmocka_unit_test(the_longest_idle_flow_is_evicted),
        cmocka_unit_test(an_ended_flow_is_evicted_before_a_live_one),
        cmocka_unit_test(setting_time_back_ends_later_flows),
        cmocka_unit_test(setting_time_back_ends_only_later_flows),
        cmocka_unit_test(an_isolated_packet_from_far_ahead_ends_no_other_flow),
        cmocka_unit_test(flush_ends_all_flows_longest_idle_first),
        cmocka_unit_test(a_flow_takes_at_most_256_bytes),
        cmocka_unit_test(counts_match_a_reference_model),
        cmocka_unit_test(a_later_worker_recovers_the_flows),
        cmocka_unit_test(a_table_with_other_options_is_not_recovered),
        cmocka_unit_test(the_public_hash_is_the_same_everywhere),
        cmocka_unit_test(invalid_options_are_rejected),
        cmocka_unit_test(new_timeouts_apply_to_existing_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
