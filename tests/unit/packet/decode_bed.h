#ifndef DPAE_TESTS_DECODE_BED_H
#define DPAE_TESTS_DECODE_BED_H

/* Tables of frames in hex and the expected results of decode_frame(). */

#include "packet/decode.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The expected results of decode_frame(); members not given must be 0. Pointers are offsets into
 * the frame, -1 (NONE) for NULL. */
struct expected {
    enum packet_class class;
    enum packet_malformed malformed;
    const char *src, *dst; /* NULL: zeros */
    uint16_t src_port, dst_port;
    uint8_t proto, ip_version, tcp_flags;
    uint32_t tcp_seq, tcp_ack;
    int payload;
    uint32_t payload_captured, payload_length;
    uint16_t vlan, ethertype;
    uint8_t tcp_header_length;
    bool fragmented, more_fragments;
    uint16_t fragment_offset;
    uint32_t fragment_id;
    int link_src, link_dst, network;
    uint32_t network_captured;
};
#define NONE (-1)

struct decode_case {
    const char *name;
    const char *hex;
    struct expected expected;
    uint32_t captured, length; /* 0: the length of hex */
    enum link_type link;
};

/* Headers in hex. Rows specify lengths where these matter. */
#define MACS                  "020000000002 020000000001 "
#define IPV4_BYTES            "0a010001 0a010002 "
#define IPV4(total, p)        "4500 " total " 0007 4000 40" p " 0000 " IPV4_BYTES
#define FRAG4(total, word, p) "4500 " total " 1234 " word " 40" p " 0000 " IPV4_BYTES
#define IPV6(payload, next)                                                                        \
    "60000000 " payload " " next "40 20010db8000000000000000000000001 "                            \
    "20010db8000000000000000000000002 "
#define TCP         "1f90 0050 00000001 00000002 5018 2000 0000 0000 "
#define UDP(length) "d903 0035 " length " 0000 "
#define TEN         "00112233445566778899 "

/* The members common to every packet of a kind. */
#define ETHERNET  .link_dst = 0, .link_src = 6
#define SRC4_DST4 .ip_version = 4, .src = "10.1.0.1", .dst = "10.1.0.2"
#define SRC6_DST6 .ip_version = 6, .src = "2001:db8::1", .dst = "2001:db8::2"
#define TCP_VALUES                                                                                 \
    .proto = 6, .src_port = 8080, .dst_port = 80, .tcp_seq = 1, .tcp_ack = 2, .tcp_flags = 0x18
#define UDP_VALUES .proto = 17, .src_port = 55555, .dst_port = 53
/* An IP packet in an untagged frame, with size bytes captured. */
#define IN_FRAME4(size)                                                                            \
    ETHERNET, SRC4_DST4, .ethertype = 0x0800, .network = 14, .network_captured = (size)-14
#define IN_FRAME6(size)                                                                            \
    ETHERNET, SRC6_DST6, .ethertype = 0x86dd, .network = 14, .network_captured = (size)-14
#define PAYLOAD(at, size) .payload = (at), .payload_captured = (size), .payload_length = (size)
/* A packet that is malformed in its network header. */
#define BROKEN4(size)                                                                              \
    ETHERNET, .payload = NONE, .ethertype = 0x0800, .network = 14, .network_captured = (size)-14
#define BROKEN6(size)                                                                              \
    ETHERNET, .payload = NONE, .ethertype = 0x86dd, .network = 14, .network_captured = (size)-14
#define MALFORMED(why) .class = PACKET_MALFORMED, .malformed = MALFORMED_##why
/* A packet without a network header. */
#define NO_NETWORK .payload = NONE, .network = NONE

/* Returns the frame of a case, with exactly its captured bytes allocated. */
static struct frame make_frame(const struct decode_case *test) {
    uint8_t bytes[512] = {0};
    size_t size = 0;
    for (const char *at = test->hex; *at;) {
        unsigned value;
        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        assert_int_equal(sscanf(at, "%2x", &value), 1);
        assert_true(isxdigit((unsigned char)at[1]) && size < sizeof bytes);
        bytes[size++] = (uint8_t)value;
        at += 2;
    }
    const size_t captured = test->captured ? test->captured : size;
    assert_true(captured <= size);
    uint8_t *data = malloc(captured ? captured : 1);
    assert_non_null(data);
    memcpy(data, bytes, captured);
    return (struct frame){
        .data = data,
        .time_ns = 1700000000123456789u,
        .captured = (uint32_t)captured,
        .length = test->length ? test->length : (uint32_t)size,
        .link = test->link,
    };
}

static void put_address(uint8_t address[16], const char *text) {
    memset(address, 0, 16);
    if (text) {
        assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address), 1);
    }
}

static const uint8_t *at_offset(const struct frame *frame, int offset) {
    return offset == NONE ? NULL : frame->data + offset;
}

static const char *case_name;

static void check(const char *member, uint64_t got, uint64_t expected) {
    if (got != expected) {
        fail_msg("%s: %s is %llu, not %llu", case_name, member, (unsigned long long)got,
                 (unsigned long long)expected);
    }
}

static void check_pointer(const char *member, const struct frame *frame, const uint8_t *got,
                          int expected) {
    if (got != at_offset(frame, expected)) {
        fail_msg("%s: %s is %s%td, not %d", case_name, member, got ? "" : "NULL, not ",
                 got ? got - frame->data : 0, expected);
    }
}

#define DIRTY 0xa5 /* every byte of the struct before decode_frame() */

/* A member that check_packet() does not compare stays 0 or dirty in every case: a new one that the
 * decoder sets fails here until it is compared. */
static void check_that_nothing_else_is_set(const struct packet *packet) {
    struct packet rest = *packet;
#define COMPARED(member) memset(&rest.member, 0, sizeof rest.member)
    COMPARED(malformed);
    COMPARED(class);
    COMPARED(time_ns);
    COMPARED(hash);
    COMPARED(src);
    COMPARED(dst);
    COMPARED(src_port);
    COMPARED(dst_port);
    COMPARED(proto);
    COMPARED(ip_version);
    COMPARED(tcp_flags);
    COMPARED(tcp_seq);
    COMPARED(tcp_ack);
    COMPARED(length);
    COMPARED(payload);
    COMPARED(payload_captured);
    COMPARED(payload_length);
    COMPARED(vlan);
    COMPARED(ethertype);
    COMPARED(tcp_header_length);
    COMPARED(fragmented);
    COMPARED(more_fragments);
    COMPARED(fragment_offset);
    COMPARED(fragment_id);
    COMPARED(link_src);
    COMPARED(link_dst);
    COMPARED(network);
    COMPARED(network_captured);
#undef COMPARED
    const uint8_t *bytes = (const uint8_t *)&rest;
    for (size_t i = 0; i < sizeof rest; i++) {
        if (bytes[i] != 0 && bytes[i] != DIRTY) {
            fail_msg("%s: byte %zu of struct packet is set and not compared", case_name, i);
        }
    }
}

static void check_packet(const struct frame *frame, const struct packet *packet,
                         const struct expected *expected) {
    uint8_t src[16], dst[16];
    put_address(src, expected->src);
    put_address(dst, expected->dst);
    check("malformed", packet->malformed, expected->malformed);
    check("class", packet->class, expected->class);
    check("time_ns", packet->time_ns, frame->time_ns);
    check("hash", packet->hash, 0);
    check("src differs", memcmp(packet->src, src, 16) != 0, 0);
    check("dst differs", memcmp(packet->dst, dst, 16) != 0, 0);
    check("src_port", packet->src_port, expected->src_port);
    check("dst_port", packet->dst_port, expected->dst_port);
    check("proto", packet->proto, expected->proto);
    check("ip_version", packet->ip_version, expected->ip_version);
    check("tcp_flags", packet->tcp_flags, expected->tcp_flags);
    check("tcp_seq", packet->tcp_seq, expected->tcp_seq);
    check("tcp_ack", packet->tcp_ack, expected->tcp_ack);
    check("length", packet->length, frame->length);
    check_pointer("payload", frame, packet->payload, expected->payload);
    check("payload_captured", packet->payload_captured, expected->payload_captured);
    check("payload_length", packet->payload_length, expected->payload_length);
    check("vlan", packet->vlan, expected->vlan);
    check("ethertype", packet->ethertype, expected->ethertype);
    check("tcp_header_length", packet->tcp_header_length, expected->tcp_header_length);
    check("fragmented", packet->fragmented, expected->fragmented);
    check("more_fragments", packet->more_fragments, expected->more_fragments);
    check("fragment_offset", packet->fragment_offset, expected->fragment_offset);
    check("fragment_id", packet->fragment_id, expected->fragment_id);
    check_pointer("link_src", frame, packet->link_src, expected->link_src);
    check_pointer("link_dst", frame, packet->link_dst, expected->link_dst);
    check_pointer("network", frame, packet->network, expected->network);
    check("network_captured", packet->network_captured, expected->network_captured);
    check_that_nothing_else_is_set(packet);
}

/* Fills the struct with garbage first, so that a member that decode_frame() leaves unset is
 * detected. */
static void check_case(const struct decode_case *test) {
    const struct frame frame = make_frame(test);
    struct packet packet;
    case_name = test->name;
    memset(&packet, DIRTY, sizeof packet);
    check("result", decode_frame(&frame, &packet), test->expected.class);
    check_packet(&frame, &packet, &test->expected);
    free((void *)(uintptr_t)frame.data);
}

/* Truncated at any byte: no byte past the end is read (a sanitizer detects it), and no absent byte
 * is announced. */
static void check_snapped(const struct decode_case *test) {
    const struct frame whole = make_frame(test);
    case_name = test->name;
    for (uint32_t captured = 0; captured <= whole.captured; captured++) {
        struct decode_case snapped = *test;
        struct packet packet;
        snapped.captured = captured ? captured : 1;
        snapped.length = whole.length;
        struct frame frame = make_frame(&snapped);
        frame.captured = captured;
        decode_frame(&frame, &packet);
        const uint8_t *end = frame.data + captured;
        check("too much payload", packet.payload_captured > packet.payload_length, 0);
        if (packet.payload) {
            check("payload past the end", packet.payload_captured > (size_t)(end - packet.payload),
                  0);
        }
        if (packet.network) {
            check("network past the end", packet.network + packet.network_captured == end, 1);
        }
        check("reason", packet.malformed != MALFORMED_NONE, packet.class == PACKET_MALFORMED);
        free((void *)(uintptr_t)frame.data);
    }
    free((void *)(uintptr_t)whole.data);
}

static void check_cases(const struct decode_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        check_case(&cases[i]);
        if (*cases[i].hex) {
            check_snapped(&cases[i]);
        }
    }
}

#define CHECK_CASES(cases) check_cases(cases, sizeof cases / sizeof *cases)

#endif
