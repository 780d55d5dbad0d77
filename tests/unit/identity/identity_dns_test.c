#include "identity_fixture.h"

#include <arpa/inet.h>

static int describe(char *text, size_t size, const struct identity *identity) {
    const struct identity_dns *dns = &identity->dns;
    static const uint8_t zeros[16];
    char client[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN] = "";
    assert_int_equal(identity->kind, IDENTITY_DNS);
    inet_ntop(dns->client_version == 6 ? AF_INET6 : AF_INET, dns->client, client, sizeof client);
    const size_t used = dns->type == 28 ? 16 : dns->type == 1 ? 4 : 0;
    assert_memory_equal(dns->address + used, zeros, 16 - used);
    if (dns->type != 5) {
        inet_ntop(dns->type == 28 ? AF_INET6 : AF_INET, dns->address, address, sizeof address);
    }
    return snprintf(text, size, "%s %u %s %s%s %u\n", client, dns->type, dns->name, address,
                    dns->target, dns->ttl);
}

/* Counts: questions, answers, authority, additional. */
#define RESPONSE "1234 8180 "
#define WWW      "03'www'07'example'03'com'00 "
#define QUESTION WWW "0001 0001 "
#define ASKED    "c00c " /* the question's name */
#define IN_A     "0001 0001 0000012c 0004 "
#define IN_AAAA  "001c 0001 0000012c 0010 "
#define IN_CNAME "0005 0001 0000003c "
#define ANSWER_A ASKED IN_A "0a000007 "
#define A_REPORT "10.0.0.2 1 www.example.com 10.0.0.7 300\n"

/* A message with one question and one A record: 12 + 21 + 16 bytes. */
#define MESSAGE RESPONSE "0001 0001 0000 0000 " QUESTION ANSWER_A

/* 63 + 63 + 63 + 61 bytes of name: 255 with lengths and root. */
#define LONG_NAME(byte) "3f" byte "[63] 3f" byte "[63] 3f" byte "[63] 3d" byte "[61] 00 "

static const struct identity_case udp_cases[] = {
    {"an address", MESSAGE, A_REPORT, COUNTS_NONE},
    {"an IPv6 address",
     RESPONSE "0001 0001 0000 0000" WWW "001c 0001" ASKED IN_AAAA "20010db8 00[11] 07",
     "10.0.0.2 28 www.example.com 2001:db8::7 300\n", COUNTS_NONE},
    {"an alias, then its address, leave no trace of each other",
     RESPONSE "0001 0003 0000 0000" QUESTION ASKED IN_CNAME "0006 03'cdn'c010"
              "c02d" IN_A "0a000008" ASKED IN_CNAME "0002 c010",
     "10.0.0.2 5 www.example.com cdn.example.com 60\n"
     "10.0.0.2 1 cdn.example.com 10.0.0.8 300\n"
     "10.0.0.2 5 www.example.com example.com 60\n",
     COUNTS_NONE},
    {"a short address leaves no trace of the long one before it",
     RESPONSE "0001 0002 0000 0000" QUESTION ASKED IN_AAAA "20010db8 00[11] 07" ANSWER_A,
     "10.0.0.2 28 www.example.com 2001:db8::7 300\n" A_REPORT, COUNTS_NONE},
    {"an alias alone with NXDOMAIN",
     "1234 8183 0001 0001 0000 0000" QUESTION ASKED IN_CNAME "0006 03'cdn'c010",
     "10.0.0.2 5 www.example.com cdn.example.com 60\n", COUNTS_NONE},
    {"case does not matter",
     RESPONSE "0000 0001 0000 0000 03'wWw'07'EXAMPLE'03'CoM'00" IN_A "0a000007", A_REPORT,
     COUNTS_NONE},
    {"the root", RESPONSE "0000 0002 0000 0000 00" IN_A "0a000007 00" IN_CNAME "0001 00",
     "10.0.0.2 1 . 10.0.0.7 300\n10.0.0.2 5 . . 60\n", COUNTS_NONE},
    {"special characters in a name are escaped",
     RESPONSE "0000 0001 0000 0000 05'a.b\"c' 06 5c 00 20 7f ff 0a 02';@' 00" IN_A "0a000007",
     "10.0.0.2 1 a\\.b\\\"c.\\\\\\000\\032\\127\\255\\010.\\;\\@ 10.0.0.7 300\n", COUNTS_NONE},
    {"other types and classes are passed over",
     RESPONSE "0001 0004 0000 0000" QUESTION ASKED "0010 0001 0000012c 0003 02'hi'" ASKED
              "0001 0003 0000012c 0004 0a000009" ASKED "0001 0003 0000012c 0002 0a00" ANSWER_A,
     A_REPORT, COUNTS_NONE},
    {"authority and additional records are ignored",
     RESPONSE "0001 0001 0001 0002" QUESTION ANSWER_A ASKED IN_A "0a000008" ASKED IN_A "0a000009"
              "00 0029 1000 00000000 0000",
     A_REPORT, COUNTS_NONE},
    {"no answer", RESPONSE "0001 0000 0000 0000" QUESTION, "", COUNTS_NONE},
    {"a query", "1234 0100 0001 0001 0000 0000" QUESTION ANSWER_A, "", COUNTS_NONE},
    {"another opcode", "1234 a800 0001 0001 0000 0000" QUESTION ANSWER_A, "", COUNTS_NONE},

    {"empty", "", "", IDENTITY_MALFORMED_DNS},
    {"cut in the header", "1234 8180 0001 0001 0000 00", "", IDENTITY_MALFORMED_DNS},
    {"cut in the question", RESPONSE "0001 0001 0000 0000 03'www'07'exa'", "",
     IDENTITY_MALFORMED_DNS},
    {"truncated in the second answer: no identity",
     RESPONSE "0001 0002 0000 0000" QUESTION ANSWER_A ASKED IN_A "0a0000", "",
     IDENTITY_MALFORMED_DNS},
    {"fewer records than counted", RESPONSE "0001 ffff ffff ffff" QUESTION ANSWER_A, "",
     IDENTITY_MALFORMED_DNS},
    {"bytes after the last record", MESSAGE "00", "", IDENTITY_MALFORMED_DNS},
    {"a name that points at itself", RESPONSE "0000 0001 0000 0000 c00c" IN_A "0a000007", "",
     IDENTITY_MALFORMED_DNS},
    {"a name that points past the end", RESPONSE "0000 0001 0000 0000 ffff" IN_A "0a000007", "",
     IDENTITY_MALFORMED_DNS},
    {"a label type that does not exist", RESPONSE "0000 0001 0000 0000 80 00" IN_A "0a000007", "",
     IDENTITY_MALFORMED_DNS},
    {"a bad name after a good answer",
     RESPONSE "0001 0003 0000 0000" QUESTION ANSWER_A "ffff" IN_A "0a000008" ANSWER_A, A_REPORT,
     IDENTITY_MALFORMED_DNS},
    {"an address of three bytes after a good answer",
     RESPONSE "0001 0003 0000 0000" QUESTION ANSWER_A ASKED
              "0001 0001 0000012c 0003 0a0000" ANSWER_A,
     A_REPORT, IDENTITY_MALFORMED_DNS},
    {"an IPv6 address of 4 bytes",
     RESPONSE "0001 0001 0000 0000" QUESTION ASKED "001c 0001 0000012c 0004 0a000007", "",
     IDENTITY_MALFORMED_DNS},
    {"an alias shorter than its record",
     RESPONSE "0001 0001 0000 0000" QUESTION ASKED IN_CNAME "0003 c010 00", "",
     IDENTITY_MALFORMED_DNS},
    {"an alias longer than its record",
     RESPONSE "0001 0002 0000 0000" QUESTION ASKED IN_CNAME "0001 01" ANSWER_A, "",
     IDENTITY_MALFORMED_DNS},
    {"an empty alias", RESPONSE "0001 0001 0000 0000" QUESTION ASKED IN_CNAME "0000", "",
     IDENTITY_MALFORMED_DNS},
};

static const struct identity_case tcp_cases[] = {
    {"a message after its length", "0031" MESSAGE, A_REPORT, COUNTS_NONE},
    {"several messages", "0031" MESSAGE "0031" MESSAGE "0031" MESSAGE, A_REPORT A_REPORT A_REPORT,
     COUNTS_NONE},
    {"a segment without data", "", "", COUNTS_NONE},
    {"a length alone", "0031", "", IDENTITY_DNS_TCP_SPLIT},
    {"half a length", "00", "", IDENTITY_DNS_TCP_SPLIT},
    {"a message that continues in the next segment", "0032" MESSAGE, "", IDENTITY_DNS_TCP_SPLIT},
    {"a whole message, then one that continues", "0031" MESSAGE "0031 1234 8180", A_REPORT,
     IDENTITY_DNS_TCP_SPLIT},
    {"a whole one, then half a length", "0031" MESSAGE "00", A_REPORT, IDENTITY_DNS_TCP_SPLIT},
    {"an empty message",
     "0000"
     "0031" MESSAGE,
     "", IDENTITY_MALFORMED_DNS},
    {"data after malformed data is ignored", "0031" MESSAGE "0004 ffffffff 0031" MESSAGE, A_REPORT,
     IDENTITY_MALFORMED_DNS},
};

static struct packet response(uint8_t proto, const uint8_t *payload, size_t size) {
    return (struct packet){.class = PACKET_FLOW,
                           .ip_version = 4,
                           .proto = proto,
                           .src_port = 53,
                           .dst_port = 40000,
                           .src = {10, 0, 0, 1},
                           .dst = {10, 0, 0, 2},
                           .payload = payload,
                           .payload_captured = (uint32_t)size,
                           .payload_length = (uint32_t)size};
}

static void check_all(const struct identity_case *cases, size_t count, uint8_t proto) {
    for (size_t i = 0; i < count; i++) {
        size_t size;
        uint8_t *bytes = wire_bytes(cases[i].wire, &size);
        struct packet packet = response(proto, bytes, size);
        check_packet(&cases[i], &packet, describe);
        free(bytes);
    }
}

static void dns_over_udp_is_harvested(void **state) {
    (void)state;
    check_all(udp_cases, sizeof udp_cases / sizeof *udp_cases, IP_PROTO_UDP);
}

static void dns_over_tcp_is_harvested(void **state) {
    (void)state;
    check_all(tcp_cases, sizeof tcp_cases / sizeof *tcp_cases, IP_PROTO_TCP);
}

static void an_ipv6_client_is_reported(void **state) {
    (void)state;
    const struct identity_case row = {"a query over IPv6", MESSAGE,
                                      "2001:db8::9 1 www.example.com 10.0.0.7 300\n", COUNTS_NONE};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = response(IP_PROTO_UDP, bytes, size);
    packet.ip_version = 6;
    memcpy(packet.dst, (const uint8_t[16]){0x20, 0x01, 0x0d, 0xb8, [15] = 9}, 16);
    check_packet(&row, &packet, describe);
    free(bytes);
}

static void queries_to_a_server_yield_no_identity(void **state) {
    (void)state;
    const struct identity_case row = {"towards port 53", MESSAGE, "", COUNTS_NONE};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = response(IP_PROTO_UDP, bytes, size);
    packet.src_port = 40000;
    packet.dst_port = 53;
    check_packet(&row, &packet, describe);
    free(bytes);
}

static void truncated_segments_count_as_split(void **state) {
    (void)state;
    const struct identity_case row = {"a message, then uncaptured data", "0031" MESSAGE, A_REPORT,
                                      IDENTITY_DNS_TCP_SPLIT};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = response(IP_PROTO_TCP, bytes, size);
    packet.payload_length += 100;
    check_packet(&row, &packet, describe);
    free(bytes);
}

static int describe_sizes(char *text, size_t size, const struct identity *identity) {
    return snprintf(text, size, "%zu %zu\n", strlen(identity->dns.name),
                    strlen(identity->dns.target));
}

static void the_longest_names_fit(void **state) {
    (void)state;
    /* 250 bytes, each \001, and 3 dots. */
    const struct identity_case row = {"names of 255 bytes, all escaped",
                                      RESPONSE "0000 0001 0000 0000" LONG_NAME("01") IN_CNAME
                                      "00ff" LONG_NAME("02"),
                                      "1003 1003\n", COUNTS_NONE};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = response(IP_PROTO_UDP, bytes, size);
    check_packet(&row, &packet, describe_sizes);
    free(bytes);
}

static void count_only(void *context, const struct identity *identity) {
    (void)identity;
    ++*(unsigned *)context;
}

static void the_number_of_answers_is_bounded(void **state) {
    (void)state;
    enum { RECORD = 16, HEADER = 12 };
    static const uint8_t record[RECORD] = {0xc0, 0x0a, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 7};
    for (unsigned answers = 256; answers <= 257; answers++) {
        const size_t size = HEADER + RECORD * (size_t)answers;
        uint8_t *bytes = calloc(1, size);
        assert_non_null(bytes);
        bytes[2] = 0x80;
        bytes[6] = (uint8_t)(answers >> 8);
        bytes[7] = (uint8_t)answers;
        for (unsigned i = 0; i < answers; i++) {
            memcpy(bytes + HEADER + RECORD * (size_t)i, record, RECORD);
        }
        struct packet packet = response(IP_PROTO_UDP, bytes, size);
        struct identity_counters counters = {0};
        unsigned reported = 0;
        assert_int_equal(identity_harvest(&packet, &counters, count_only, &reported), 256);
        assert_int_equal(reported, 256);
        assert_int_equal(counters.malformed[IDENTITY_MALFORMED_DNS], answers - 256);
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_over_udp_is_harvested),
        cmocka_unit_test(dns_over_tcp_is_harvested),
        cmocka_unit_test(an_ipv6_client_is_reported),
        cmocka_unit_test(queries_to_a_server_yield_no_identity),
        cmocka_unit_test(truncated_segments_count_as_split),
        cmocka_unit_test(the_longest_names_fit),
        cmocka_unit_test(the_number_of_answers_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
