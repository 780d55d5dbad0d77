#include "pipeline/return.h"

#include "base/clock.h"
#include "frame_bed.h"
#include "packet/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ALL_RULES                                                                                  \
    { .returning = true, .dns = true, .dhcp = true, .discovery_ethertype = 0x204b }

enum kind {
    TCP_WEB,
    UDP_DNS,
    TCP_DNS,
    UDP_DHCP,
    UDP_OTHER,
    BROADCAST,
    MULTICAST,
    LLDP,
    DISCOVERY,
    MALFORMED,
    SNAPPED
};

/* Sightings of one frame each, and whether each goes back. */
static const struct {
    const char *name;
    struct return_rules rules;
    enum kind kind;
    unsigned at_ms[5];
    unsigned count;
    bool back[5];
} cases[] = {
    {"a diverted frame goes back every time", ALL_RULES, TCP_WEB, {0, 1, 2}, 3, {true, true, true}},
    {"no frame without a session", {.returning = false}, TCP_WEB, {0}, 1, {false}},
    {"DNS is copied first: every second sighting",
     ALL_RULES,
     UDP_DNS,
     {0, 1, 2, 3},
     4,
     {false, true, false, true}},
    {"DNS over TCP, too", ALL_RULES, TCP_DNS, {0, 1}, 2, {false, true}},
    {"without harvesting there is no copy",
     {.returning = true, .dhcp = true},
     UDP_DNS,
     {0, 1},
     2,
     {true, true}},
    {"DHCP, too", ALL_RULES, UDP_DHCP, {0, 1}, 2, {false, true}},
    {"DHCP without harvesting", {.returning = true, .dns = true}, UDP_DHCP, {0}, 1, {true}},
    {"after a second it counts as another frame",
     ALL_RULES,
     UDP_DNS,
     {0, 1000, 1001},
     3,
     {false, false, true}},
    {"a retransmission across that second forms a new pair",
     ALL_RULES,
     UDP_DNS,
     {0, 1, 999, 1001, 1002},
     5,
     {false, true, false, true, false}},
    {"other UDP has no copy", ALL_RULES, UDP_OTHER, {0}, 1, {true}},
    {"broadcast never", ALL_RULES, BROADCAST, {0, 1}, 2, {false, false}},
    {"multicast never", ALL_RULES, MULTICAST, {0, 1}, 2, {false, false}},
    {"LLDP never, to any address", ALL_RULES, LLDP, {0, 1}, 2, {false, false}},
    {"the discovery frame never", ALL_RULES, DISCOVERY, {0, 1}, 2, {false, false}},
    {"a malformed frame goes back, too", ALL_RULES, MALFORMED, {0}, 1, {true}},
    {"a cut frame cannot go back", ALL_RULES, SNAPPED, {0}, 1, {false}},
};

static void make(struct test_frame *out, enum kind kind) {
    static const uint16_t ports[] = {
        [TCP_WEB] = 80, [UDP_DNS] = 53, [TCP_DNS] = 53, [UDP_DHCP] = 67, [UDP_OTHER] = 4433};
    const bool udp = kind == UDP_DNS || kind == UDP_DHCP || kind == UDP_OTHER;
    const struct frame_spec spec = {.proto = udp ? 17 : 6,
                                    .server_port = kind <= UDP_OTHER ? ports[kind] : 80,
                                    .tcp_flags = 0x10,
                                    .payload = "x"};
    frame_build(out, &spec);
    switch (kind) {
    case BROADCAST:
        memset(out->bytes, 0xff, 6);
        break;
    case MULTICAST:
        out->bytes[0] |= 1;
        break;
    case LLDP:
        put16(out->bytes + 12, 0x88cc);
        break;
    case DISCOVERY:
        put16(out->bytes + 12, 0x204b);
        break;
    case MALFORMED:
        out->bytes[14] = 0x42;
        break;
    case SNAPPED:
        out->frame.length += 100;
        break;
    default:
        break;
    }
}

static void frames_go_back_to_the_switch(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sightings *sightings = sightings_new(16, 1);
        assert_non_null(sightings);
        struct test_frame test;
        struct packet packet;
        make(&test, cases[i].kind);
        decode_frame(&test.frame, &packet);
        print_message("%s\n", cases[i].name);
        for (unsigned j = 0; j < cases[i].count; j++) {
            test.frame.time_ns = 1000 * NS_PER_S + cases[i].at_ms[j] * NS_PER_MS;
            const enum return_result not_back = cases[i].kind == SNAPPED ? RETURN_CUT : RETURN_KEPT;
            assert_int_equal(return_frame(sightings, &cases[i].rules, &test.frame, &packet),
                             cases[i].back[j] ? RETURN_BACK : not_back);
        }
        sightings_free(sightings);
    }
}

static void many_simultaneous_copies_are_distinguished(void **state) {
    (void)state;
    const struct return_rules rules = ALL_RULES;
    struct sightings *sightings = sightings_new(64, 1);
    struct test_frame test;
    struct packet packet;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned twin = 0; twin < 2; twin++) {
            for (unsigned query = 0; query < 64; query++) {
                make(&test, UDP_DNS);
                put16(test.bytes + 40, round * 64 + query); /* in place of the checksum */
                decode_frame(&test.frame, &packet);
                assert_int_equal(return_frame(sightings, &rules, &test.frame, &packet),
                                 twin ? RETURN_BACK : RETURN_KEPT);
            }
        }
    }
    sightings_free(sightings);
}

/* A cut frame that would not go back anyway is not lost. */
static void only_frames_that_should_go_back_count_as_cut(void **state) {
    (void)state;
    static const enum kind kinds[] = {BROADCAST, MULTICAST, LLDP, DISCOVERY};
    const struct return_rules rules = ALL_RULES, none = {.returning = false};
    struct test_frame test;
    struct packet packet;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        make(&test, kinds[i]);
        test.frame.length += 100;
        decode_frame(&test.frame, &packet);
        assert_int_equal(return_frame(NULL, &rules, &test.frame, &packet), RETURN_KEPT);
    }
    make(&test, SNAPPED);
    decode_frame(&test.frame, &packet);
    assert_int_equal(return_frame(NULL, &none, &test.frame, &packet), RETURN_KEPT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_go_back_to_the_switch),
        cmocka_unit_test(only_frames_that_should_go_back_count_as_cut),
        cmocka_unit_test(many_simultaneous_copies_are_distinguished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
