#include "identity_fixture.h"

#include <arpa/inet.h>

static int describe(char *text, size_t size, const struct identity *identity) {
    const struct identity_dhcp *dhcp = &identity->dhcp;
    char requested[INET_ADDRSTRLEN], assigned[INET_ADDRSTRLEN], server[INET_ADDRSTRLEN];
    assert_int_equal(identity->kind, IDENTITY_DHCP);
    inet_ntop(AF_INET, dhcp->requested_ip, requested, sizeof requested);
    inet_ntop(AF_INET, dhcp->assigned_ip, assigned, sizeof assigned);
    inet_ntop(AF_INET, dhcp->server_ip, server, sizeof server);
    return snprintf(text, size, "%u %02x..%02x %s %s %s %u %s|%s\n", dhcp->message_type,
                    dhcp->client_mac[0], dhcp->client_mac[5], requested, assigned, server,
                    dhcp->lease_s, dhcp->host_name, dhcp->vendor_class);
}

#define REQUEST "01 01 06 00 12345678 0000 0000 "
#define REPLY   "02 01 06 00 12345678 0000 0000 "
#define NO_IPS  "00[16] "
#define YIADDR  "00000000 0a000009 00[8] "
#define CHADDR  "a1 00000000 a6 00[10] "
#define NAMES   "00[64] 00[128] "
#define COOKIE  "63825363 "
#define ASK     REQUEST NO_IPS CHADDR NAMES COOKIE
#define ANSWER  REPLY YIADDR CHADDR NAMES COOKIE
#define END     "ff "
#define NOTHING "0.0.0.0 0.0.0.0 0.0.0.0 0 |\n"

static const struct identity_case cases[] = {
    {"a discover", ASK "350101 0c02'pc' 3204 0a000005 3c08'MSFT 5.0'" END,
     "1 a1..a6 10.0.0.5 0.0.0.0 0.0.0.0 0 pc|MSFT 5.0\n", COUNTS_NONE},
    {"an acknowledgement", ANSWER "350105 3604 0a000001 3304 00015180" END,
     "5 a1..a6 0.0.0.0 10.0.0.9 10.0.0.1 86400 |\n", COUNTS_NONE},
    {"pads between options and after the end", ASK "00 350101 0000 0c02'pc' ff 00[40]",
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 pc|\n", COUNTS_NONE},
    {"what follows the end option is not read", ASK "350101 ff 0c02'pc'", "1 a1..a6 " NOTHING,
     COUNTS_NONE},
    {"without an end option", ASK "350101", "1 a1..a6 " NOTHING, COUNTS_NONE},
    {"other options are passed over", ASK "350101 3703 010306 5200 0c02'pc'" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 pc|\n", COUNTS_NONE},
    {"a host name in two options", ASK "350101 0c03'lap' 3204 0a000005 0c03'top'" END,
     "1 a1..a6 10.0.0.5 0.0.0.0 0.0.0.0 0 laptop|\n", COUNTS_NONE},
    {"NULs at the end of text go", ASK "350101 0c04'pc'0000 3c02'x'00" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 pc|x\n", COUNTS_NONE},
    {"text is escaped", ASK "350101 0c06'a'00'b'0a5cc3" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 a\\000b\\010\\\\\\195|\n", COUNTS_NONE},
    {"options in the file field",
     REQUEST NO_IPS CHADDR "00[64] 0c02'pc' ff 00[123]" COOKIE "350101 340101" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 pc|\n", COUNTS_NONE},
    {"options in the server name field",
     REQUEST NO_IPS CHADDR "3c02'vc' ff 00[59] 0c02'pc' ff 00[123]" COOKIE "350101 340102" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 |vc\n", COUNTS_NONE},
    {"options in both fields, the file first",
     REQUEST NO_IPS CHADDR "0c01'c' ff 00[60] 0c01'b' ff 00[124]" COOKIE
                           "350101 340103 0c01'a'" END,
     "1 a1..a6 0.0.0.0 0.0.0.0 0.0.0.0 0 abc|\n", COUNTS_NONE},
    {"fields that are not lent are not read",
     REQUEST NO_IPS CHADDR "0c01'c' ff 00[60] 0c01'b' ff 00[124]" COOKIE "350101" END,
     "1 a1..a6 " NOTHING, COUNTS_NONE},
    {"BOOTP with options", ANSWER "0c02'pc'" END, "0 a1..a6 0.0.0.0 10.0.0.9 0.0.0.0 0 pc|\n",
     COUNTS_NONE},
    {"BOOTP without the cookie", REQUEST NO_IPS CHADDR NAMES "00[64]", "", COUNTS_NONE},
    {"hardware that is not Ethernet",
     "01 20 06 00 12345678 00000000" NO_IPS CHADDR NAMES COOKIE END, "", COUNTS_NONE},
    {"a hardware address that is not a MAC",
     "01 01 10 00 12345678 00000000" NO_IPS CHADDR NAMES COOKIE END, "", COUNTS_NONE},

    {"empty", "", "", IDENTITY_MALFORMED_DHCP},
    {"cut in the cookie", REQUEST NO_IPS CHADDR NAMES "638253", "", IDENTITY_MALFORMED_DHCP},
    {"an op that does not exist", "03 01 06 00 12345678 00000000" NO_IPS CHADDR NAMES COOKIE END,
     "", IDENTITY_MALFORMED_DHCP},
    {"an option past the end", ASK "350101 0c05'pc'", "1 a1..a6 " NOTHING, IDENTITY_MALFORMED_DHCP},
    {"an option without length", ASK "350101 0c", "1 a1..a6 " NOTHING, IDENTITY_MALFORMED_DHCP},
    {"an option past the end before the type is known", ASK "0c05'pc'", "",
     IDENTITY_MALFORMED_DHCP},
    {"data after malformed data is ignored", ASK "350101 3203 0a0000 0c02'pc'" END,
     "1 a1..a6 " NOTHING, IDENTITY_MALFORMED_DHCP},
    {"a message type of two bytes", ASK "35020101 0c02'pc'" END, "", IDENTITY_MALFORMED_DHCP},
    {"a lease of three bytes", ASK "350101 3303 000001" END, "1 a1..a6 " NOTHING,
     IDENTITY_MALFORMED_DHCP},
    {"a server of five bytes", ASK "350101 3605 0a00000102" END, "1 a1..a6 " NOTHING,
     IDENTITY_MALFORMED_DHCP},
    {"an overload that does not exist", ASK "350101 340104" END, "1 a1..a6 " NOTHING,
     IDENTITY_MALFORMED_DHCP},
    {"an option past the end of a lent field",
     REQUEST NO_IPS CHADDR "00[62] 0c05 00[128]" COOKIE "350101 340102" END, "1 a1..a6 " NOTHING,
     IDENTITY_MALFORMED_DHCP},
};

static struct packet message(const uint8_t *payload, size_t size) {
    return (struct packet){.class = PACKET_FLOW,
                           .ip_version = 4,
                           .proto = IP_PROTO_UDP,
                           .src_port = 68,
                           .dst_port = 67,
                           .payload = payload,
                           .payload_captured = (uint32_t)size,
                           .payload_length = (uint32_t)size};
}

static void dhcp_identities_are_harvested(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        uint8_t *bytes = wire_bytes(cases[i].wire, &size);
        struct packet packet = message(bytes, size);
        check_packet(&cases[i], &packet, describe);
        free(bytes);
    }
}

static void truncated_messages_are_malformed(void **state) {
    (void)state;
    const struct identity_case row = {"truncated by the capture between options", ASK "350101",
                                      "1 a1..a6 " NOTHING, IDENTITY_MALFORMED_DHCP};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = message(bytes, size);
    packet.payload_length += 20;
    check_packet(&row, &packet, describe);
    free(bytes);
}

static int describe_size(char *text, size_t size, const struct identity *identity) {
    return snprintf(text, size, "%zu\n", strlen(identity->dhcp.host_name));
}

static void text_is_truncated_to_its_size(void **state) {
    (void)state;
    const struct identity_case row = {"three options of 255 escaped bytes",
                                      ASK "350101 0cff 01[255] 0cff 02[255] 0cff 'a'[255]" END,
                                      "1024\n", COUNTS_NONE};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = message(bytes, size);
    check_packet(&row, &packet, describe_size);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dhcp_identities_are_harvested),
        cmocka_unit_test(truncated_messages_are_malformed),
        cmocka_unit_test(text_is_truncated_to_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
