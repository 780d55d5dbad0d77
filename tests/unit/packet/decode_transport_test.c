#include "decode_bed.h"

static const struct decode_case transport_cases[] = {
    {"TCP options",
     MACS "0800" IPV4(
         "003e",
         "06") "1f90 0050 00000001 00000002 8018 2000 0000 0000 0101080a0000000100000002" TEN,
     .expected = {IN_FRAME4(76), TCP_VALUES, .tcp_header_length = 32, PAYLOAD(66, 10)}},
    {"TCP options truncated: flow and sizes are known",
     MACS "0800" IPV4("05dc", "06") "1f90 0050 00000001 00000002 8018 2000 0000 0000 0101",
     .expected = {IN_FRAME4(56), TCP_VALUES, .tcp_header_length = 32, .payload = 56,
                  .payload_captured = 0, .payload_length = 1448},
     .length = 1514},
    {"TCP header truncated",
     MACS "0800" IPV4("05dc", "06") "1f90 0050 00000001 00000002 8018 2000 0000 00",
     .expected = {MALFORMED(SHORT_TCP), IN_FRAME4(53), .proto = 6, .payload = NONE},
     .length = 1514},
    {"TCP header goes into the padding", MACS "0800" IPV4("0027", "06") TCP "000000000000",
     .expected = {MALFORMED(SHORT_TCP), IN_FRAME4(60), .proto = 6, .payload = NONE}},
    {"TCP data offset 4",
     MACS "0800" IPV4("0028", "06") "1f90 0050 00000001 00000002 4018 2000 0000 0000",
     .expected = {MALFORMED(TCP_HEADER_LENGTH), IN_FRAME4(54), .proto = 6, .payload = NONE}},
    {"TCP data offset past the segment",
     MACS "0800" IPV4("0028", "06") "1f90 0050 00000001 00000002 6018 2000 0000 0000",
     .expected = {MALFORMED(TCP_HEADER_LENGTH), IN_FRAME4(54), .proto = 6, .payload = NONE}},
    {"TCP, all flags; NS is not kept",
     MACS "0800" IPV4("0028", "06") "1f90 0050 fffffffe ffffffff 51ff 2000 0000 0000",
     .expected = {IN_FRAME4(54), .proto = 6, .src_port = 8080, .dst_port = 80,
                  .tcp_seq = 0xfffffffe, .tcp_ack = 0xffffffff, .tcp_flags = 0xff,
                  .tcp_header_length = 20, PAYLOAD(54, 0)}},
    {"UDP", MACS "0800" IPV4("0026", "11") UDP("0012") TEN,
     .expected = {IN_FRAME4(52), UDP_VALUES, PAYLOAD(42, 10)}},
    {"UDP, bytes behind the datagram", MACS "0800" IPV4("0026", "11") UDP("000b") TEN,
     .expected = {IN_FRAME4(52), UDP_VALUES, PAYLOAD(42, 3)}},
    {"UDP header truncated", MACS "0800" IPV4("0026", "11") "d903 0035 0012 00",
     .expected = {MALFORMED(SHORT_UDP), IN_FRAME4(41), .proto = 17, .payload = NONE}, .length = 52},
    {"UDP length 7", MACS "0800" IPV4("0026", "11") UDP("0007") TEN,
     .expected = {MALFORMED(UDP_LENGTH), IN_FRAME4(52), .proto = 17, .payload = NONE}},
    {"UDP length 0 of a small packet", MACS "86dd" IPV6("0012", "11") UDP("0000") TEN,
     .expected = {MALFORMED(UDP_LENGTH), IN_FRAME6(72), .proto = 17, .payload = NONE}},
    {"UDP length larger than the packet", MACS "0800" IPV4("0026", "11") UDP("0013") TEN,
     .expected = {MALFORMED(UDP_LENGTH), IN_FRAME4(52), .proto = 17, .payload = NONE}},
    {"SCTP: ports, and the IP payload",
     MACS "0800" IPV4("0020", "84") "0b59 0b5a 00000000 00000000",
     .expected = {IN_FRAME4(46), .proto = 132, .src_port = 2905, .dst_port = 2906,
                  PAYLOAD(34, 12)}},
    {"DCCP", MACS "0800" IPV4("001e", "21") "0b59 0b5a 0000 0000 0000",
     .expected = {IN_FRAME4(44), .proto = 33, .src_port = 2905, .dst_port = 2906, PAYLOAD(34, 10)}},
    {"UDP-Lite: the length field is the checksum's",
     MACS "0800" IPV4("001e", "88") "0b59 0b5a 0008 0000 0000",
     .expected = {IN_FRAME4(44), .proto = 136, .src_port = 2905, .dst_port = 2906,
                  PAYLOAD(34, 10)}},
    {"SCTP ports truncated", MACS "0800" IPV4("0020", "84") "0b59 0b",
     .expected = {MALFORMED(SHORT_PORTS), IN_FRAME4(37), .proto = 132, .payload = NONE},
     .length = 46},
};

static void transport_headers_are_decoded(void **state) {
    (void)state;
    CHECK_CASES(transport_cases);
}

static void each_malformed_reason_has_its_name(void **state) {
    (void)state;
    for (int i = 0; i < MALFORMED_COUNT; i++) {
        const char *name = decode_malformed_name((enum packet_malformed)i);
        assert_non_null(name);
        for (int other = 0; other < i; other++) {
            assert_string_not_equal(name, decode_malformed_name((enum packet_malformed)other));
        }
    }
    assert_string_equal(decode_malformed_name(MALFORMED_SHORT_TCP), "short-tcp");
    assert_string_equal(decode_malformed_name(MALFORMED_IPV4_TOTAL_LENGTH), "ipv4-total-length");
    assert_string_equal(decode_malformed_name(MALFORMED_COUNT), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport_headers_are_decoded),
        cmocka_unit_test(each_malformed_reason_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
