#include "decode_bed.h"

static const struct decode_case ipv4_cases[] = {
    {"options",
     MACS "0800"
          "4600 002c 0007 4000 4006 0000 " IPV4_BYTES "01010100" TCP,
     .expected = {IN_FRAME4(58), TCP_VALUES, .tcp_header_length = 20, PAYLOAD(58, 0)}},
    {"options truncated",
     MACS "0800"
          "4600 002c 0007 4000 4006 0000 " IPV4_BYTES "010101",
     .expected = {MALFORMED(SHORT_IPV4), BROKEN4(37)}, .length = 58},
    {"header truncated",
     MACS "0800"
          "4500 0028 0007 4000 4006 0000 0a010001 0a0100",
     .expected = {MALFORMED(SHORT_IPV4), BROKEN4(33)}, .length = 60},
    {"version 6 under the ethertype of IPv4", MACS "0800" IPV6("0008", "11") UDP("0008"),
     .expected = {MALFORMED(IP_VERSION), BROKEN4(62)}},
    {"header of 16 bytes",
     MACS "0800"
          "4400 0028 0007 4000 4006 0000 " IPV4_BYTES TCP,
     .expected = {MALFORMED(IPV4_HEADER_LENGTH), BROKEN4(54)}},
    {"total length smaller than the header", MACS "0800" IPV4("0013", "06") TCP,
     .expected = {MALFORMED(IPV4_TOTAL_LENGTH), BROKEN4(54)}},
    {"total length larger than the frame on the wire", MACS "0800" IPV4("0029", "06") TCP,
     .expected = {MALFORMED(IPV4_TOTAL_LENGTH), BROKEN4(54)}},
    {"total length 0: segments not yet cut", MACS "0800" IPV4("0000", "06") TCP TEN,
     .expected = {IN_FRAME4(64), TCP_VALUES, .tcp_header_length = 20, .payload = 54,
                  .payload_captured = 10, .payload_length = 70000 - 54},
     .length = 70000},
    {"ICMP", MACS "0800" IPV4("001c", "01") "0800 0000 0001 0002",
     .expected = {IN_FRAME4(42), .proto = 1, PAYLOAD(34, 8)}},
    {"ESP", MACS "0800" IPV4("001e", "32") TEN,
     .expected = {IN_FRAME4(44), .proto = 50, PAYLOAD(34, 10)}},
    {"GRE is the outer flow", MACS "0800" IPV4("002c", "2f") "0000 0800" IPV4("0014", "00"),
     .expected = {IN_FRAME4(58), .proto = 47, PAYLOAD(34, 24)}},
    {"IP in IP is the outer flow", MACS "0800" IPV4("0028", "04") IPV4("0014", "00"),
     .expected = {IN_FRAME4(54), .proto = 4, PAYLOAD(34, 20)}},
    {"no payload", MACS "0800" IPV4("0014", "fd"),
     .expected = {IN_FRAME4(34), .proto = 253, PAYLOAD(34, 0)}},
    {"first fragment, TCP", MACS "0800" FRAG4("0030", "2000", "06") TCP "0011223344556677",
     .expected = {IN_FRAME4(62), TCP_VALUES, .tcp_header_length = 20, .fragmented = true,
                  .more_fragments = true, .fragment_id = 0x1234, PAYLOAD(54, 8)}},
    {"first fragment, UDP: its own share of the length",
     MACS "0800" FRAG4("0024", "2000", "11") UDP("0bb8") "0011223344556677",
     .expected = {IN_FRAME4(50), UDP_VALUES, .fragmented = true, .more_fragments = true,
                  .fragment_id = 0x1234, PAYLOAD(42, 8)}},
    {"first fragment, too small for a TCP header",
     MACS "0800" FRAG4("001c", "2000", "06") "1f90 0050 00000001",
     .expected = {MALFORMED(SHORT_TCP), IN_FRAME4(42), .proto = 6, .fragmented = true,
                  .more_fragments = true, .fragment_id = 0x1234, .payload = NONE}},
    {"middle fragment", MACS "0800" FRAG4("001e", "2002", "11") TEN,
     .expected = {.class = PACKET_FRAGMENT,
                  IN_FRAME4(44),
                  .proto = 17,
                  .fragmented = true,
                  .more_fragments = true,
                  .fragment_offset = 16,
                  .fragment_id = 0x1234,
                  PAYLOAD(34, 10)}},
    {"last fragment, snapped", MACS "0800" FRAG4("0100", "00b9", "06") TEN,
     .expected = {.class = PACKET_FRAGMENT,
                  IN_FRAME4(44),
                  .proto = 6,
                  .fragmented = true,
                  .fragment_offset = 1480,
                  .fragment_id = 0x1234,
                  .payload = 34,
                  .payload_captured = 10,
                  .payload_length = 236},
     .length = 270},
    {"fragment up to the last byte", MACS "0800" FRAG4("001b", "1fff", "11") "00112233445566",
     .expected = {.class = PACKET_FRAGMENT,
                  IN_FRAME4(41),
                  .proto = 17,
                  .fragmented = true,
                  .fragment_offset = 65528,
                  .fragment_id = 0x1234,
                  PAYLOAD(34, 7)}},
    {"fragment beyond 65535", MACS "0800" FRAG4("001c", "1fff", "11") "0011223344556677",
     .expected = {MALFORMED(FRAGMENT), IN_FRAME4(42), .proto = 17, .fragmented = true,
                  .fragment_offset = 65528, .fragment_id = 0x1234, .payload = NONE}},
};

static const struct decode_case ipv6_cases[] = {
    {"TCP", MACS "86dd" IPV6("001e", "06") TCP TEN,
     .expected = {IN_FRAME6(84), TCP_VALUES, .tcp_header_length = 20, PAYLOAD(74, 10)}},
    {"snapped", MACS "86dd" IPV6("05a0", "06") TCP TEN,
     .expected = {IN_FRAME6(84), TCP_VALUES, .tcp_header_length = 20, .payload = 74,
                  .payload_captured = 10, .payload_length = 1420},
     .length = 1494},
    {"header truncated", MACS "86dd 60000000 0008 11",
     .expected = {MALFORMED(SHORT_IPV6), BROKEN6(21)}, .length = 62},
    {"version 4 under the ethertype of IPv6", MACS "86dd" IPV4("0028", "06") TCP,
     .expected = {MALFORMED(IP_VERSION), BROKEN6(54)}},
    {"payload length larger than the frame on the wire", MACS "86dd" IPV6("0009", "11") UDP("0008"),
     .expected = {MALFORMED(IPV6_PAYLOAD_LENGTH), BROKEN6(62)}},
    {"ICMPv6", MACS "86dd" IPV6("0008", "3a") "8000 0000 0001 0002",
     .expected = {IN_FRAME6(62), .proto = 58, PAYLOAD(54, 8)}},
    {"hop-by-hop, routing, destination options, authentication, mobility",
     MACS "86dd" IPV6(
         "0040",
         "00") "2b00010400000000 3c00000000000000 3300010400000000 "
               "8704000000000001 0000000200000000 0000000000000000 1100000000000000" UDP("0008"),
     .expected = {IN_FRAME6(118), UDP_VALUES, PAYLOAD(118, 0)}},
    {"extension header truncated", MACS "86dd" IPV6("0010", "3c") "11000104",
     .expected = {MALFORMED(IPV6_EXTENSION), IN_FRAME6(58), .proto = 60, .payload = NONE},
     .length = 70},
    {"extension header past the payload",
     MACS "86dd" IPV6("0008", "3c") "1101010400000000 0000000000000000",
     .expected = {MALFORMED(IPV6_EXTENSION), IN_FRAME6(70), .proto = 60, .payload = NONE}},
    {"eight extension headers",
     MACS "86dd" IPV6(
         "0048",
         "00") "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
               "3c00010400000000 3c00010400000000 3c00010400000000 1100010400000000" UDP("0008"),
     .expected = {IN_FRAME6(126), UDP_VALUES, PAYLOAD(126, 0)}},
    {"nine extension headers",
     MACS "86dd" IPV6("0048", "00") "3c00010400000000 3c00010400000000 3c00010400000000 "
                                    "3c00010400000000 3c00010400000000 3c00010400000000 "
                                    "3c00010400000000 3c00010400000000 1100010400000000",
     .expected = {MALFORMED(IPV6_EXTENSION), IN_FRAME6(126), .proto = 60, .payload = NONE}},
    {"no next header, with padding of the frame", MACS "86dd" IPV6("0000", "3b") "000000000000",
     .expected = {IN_FRAME6(60), .proto = 59, PAYLOAD(54, 0)}},
    {"ESP ends the chain", MACS "86dd" IPV6("0012", "00") "3200010400000000" TEN,
     .expected = {IN_FRAME6(72), .proto = 50, PAYLOAD(62, 10)}},
    {"jumbogram", MACS "86dd" IPV6("0000", "00") "1100c20400011178" UDP("0000") TEN,
     .expected = {IN_FRAME6(80), UDP_VALUES, .payload = 70, .payload_captured = 10,
                  .payload_length = 70000},
     .length = 70070},
    {"payload length 0: segments not yet cut", MACS "86dd" IPV6("0000", "06") TCP TEN,
     .expected = {IN_FRAME6(84), TCP_VALUES, .tcp_header_length = 20, .payload = 74,
                  .payload_captured = 10, .payload_length = 70000 - 74},
     .length = 70000},
    {"atomic fragment is a whole packet",
     MACS "86dd" IPV6("0010", "2c") "1100000000001234" UDP("0008"),
     .expected = {IN_FRAME6(70), UDP_VALUES, PAYLOAD(70, 0)}},
    {"first fragment",
     MACS "86dd" IPV6("0018", "2c") "1100000112345678" UDP("0100") "0011223344556677",
     .expected = {IN_FRAME6(78), UDP_VALUES, .fragmented = true, .more_fragments = true,
                  .fragment_id = 0x12345678, PAYLOAD(70, 8)}},
    {"last fragment; its bytes are not an extension header",
     MACS "86dd" IPV6("0012", "2c") "3c0005a812345678" TEN,
     .expected = {.class = PACKET_FRAGMENT,
                  IN_FRAME6(72),
                  .proto = 60,
                  .fragmented = true,
                  .fragment_offset = 1448,
                  .fragment_id = 0x12345678,
                  PAYLOAD(62, 10)}},
    {"extension header behind a first fragment header",
     MACS "86dd" IPV6("0018", "2c") "3c00000112345678 1100010400000000" UDP("0100"),
     .expected = {IN_FRAME6(78), UDP_VALUES, .fragmented = true, .more_fragments = true,
                  .fragment_id = 0x12345678, PAYLOAD(78, 0)}},
    {"fragment of a fragment",
     MACS "86dd" IPV6("0018", "2c") "2c00000112345678 1100000112345678" UDP("0100"),
     .expected = {MALFORMED(IPV6_EXTENSION), IN_FRAME6(78), .proto = 44, .fragmented = true,
                  .more_fragments = true, .fragment_id = 0x12345678, .payload = NONE}},
    {"fragment beyond 65535", MACS "86dd" IPV6("0012", "2c") "1100fff812345678" TEN,
     .expected = {MALFORMED(FRAGMENT), IN_FRAME6(72), .proto = 17, .fragmented = true,
                  .fragment_offset = 65528, .fragment_id = 0x12345678, .payload = NONE}},
};

static void ipv4_is_decoded(void **state) {
    (void)state;
    CHECK_CASES(ipv4_cases);
}

static void ipv6_is_decoded(void **state) {
    (void)state;
    CHECK_CASES(ipv6_cases);
}

/* Decodes the inner packet of a tunnel. */
static void an_inner_packet_can_be_decoded(void **state) {
    (void)state;
    static const struct decode_case outer = {
        "GRE", MACS "0800" IPV4("0034", "2f") "0000 0800" IPV4("001c", "11") UDP("0008"),
        .expected = {0}};
    const struct frame frame = make_frame(&outer);
    struct packet packet, inner = {.length = frame.length};
    assert_int_equal(decode_frame(&frame, &packet), PACKET_FLOW);
    assert_int_equal(packet.proto, 47);
    assert_int_equal(decode_network(packet.payload + 4, packet.payload_captured - 4,
                                    packet.payload_length - 4, 0x0800, &inner),
                     PACKET_FLOW);
    assert_int_equal(inner.proto, 17);
    assert_int_equal(inner.dst_port, 53);
    free((void *)(uintptr_t)frame.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_decoded),
        cmocka_unit_test(ipv6_is_decoded),
        cmocka_unit_test(an_inner_packet_can_be_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
