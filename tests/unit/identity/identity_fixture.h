#ifndef DPAE_TESTS_UNIT_PACKET_IDENTITY_FIXTURE_H
#define DPAE_TESTS_UNIT_PACKET_IDENTITY_FIXTURE_H

#include "identity/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A table row: these bytes yield these identities, one per line, and this count. */
struct identity_case {
    const char *behaviour;
    const char *wire; /* see wire_bytes() */
    const char *expected;
    int malformed; /* the reason counted once; COUNTS_NONE: no reason */
};

#define COUNTS_NONE (-1)

/* Formats an identity for a test, with a trailing newline. */
typedef int describe_fn(char *text, size_t size, const struct identity *identity);

static const uint8_t test_link_src[6] = {0x02, 0, 0, 0, 0, 0x01};

/* Parses hex digits, 'text', and [N], which repeats the previous byte N times; ignores spaces. The
 * allocation ends with the last byte, so that a sanitizer detects a read past it. */
static inline uint8_t *wire_bytes(const char *wire, size_t *size) {
    static uint8_t bytes[70000];
    size_t used = 0;
    while (*wire != '\0') {
        if (*wire == ' ') {
            wire++;
        } else if (*wire == '\'') {
            for (wire++; *wire != '\''; wire++) {
                bytes[used++] = (uint8_t)*wire;
            }
            wire++;
        } else if (*wire == '[') {
            char *end;
            const unsigned long more = strtoul(wire + 1, &end, 10) - 1;
            assert_true(*end == ']' && used > 0 && more < sizeof bytes - used);
            memset(bytes + used, bytes[used - 1], more);
            used += more;
            wire = end + 1;
        } else {
            const char digits[3] = {wire[0], wire[1], '\0'};
            char *end;
            bytes[used++] = (uint8_t)strtoul(digits, &end, 16);
            assert_true(end == digits + 2);
            wire += 2;
        }
    }
    uint8_t *exact = malloc(used ? used : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, used);
    *size = used;
    return exact;
}

struct heard {
    describe_fn *describe;
    unsigned count;
    size_t used;
    char text[60000];
};

static inline void hear(void *context, const struct identity *identity) {
    struct heard *heard = context;
    const size_t left = sizeof heard->text - heard->used;
    const int length = heard->describe(heard->text + heard->used, left, identity);
    assert_in_range(length, 1, left - 1);
    heard->used += (size_t)length;
    heard->count++;
    assert_int_equal(identity->time_ns, 42);
    assert_memory_equal(identity->src_mac, test_link_src, 6);
}

/* Harvests packet, after adding time and link source, and compares. */
static inline void check_packet(const struct identity_case *row, struct packet *packet,
                                describe_fn *describe) {
    static struct heard heard;
    struct identity_counters counters = {0}, expected = {0};
    heard.describe = describe;
    heard.count = 0;
    heard.used = 0;
    heard.text[0] = '\0';
    if (row->malformed != COUNTS_NONE) {
        expected.malformed[row->malformed] = 1;
    }
    packet->time_ns = 42;
    packet->link_src = test_link_src;
    const unsigned reported = identity_harvest(packet, &counters, hear, &heard);
    if (reported != heard.count || strcmp(heard.text, row->expected) != 0 ||
        memcmp(&counters, &expected, sizeof counters) != 0) {
        print_message("case: %s\n", row->behaviour);
    }
    assert_string_equal(heard.text, row->expected);
    assert_int_equal(reported, heard.count);
    assert_memory_equal(&counters, &expected, sizeof counters);
}

#endif
