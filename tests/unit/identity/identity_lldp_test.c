#include "identity_fixture.h"

static int describe(char *text, size_t size, const struct identity *identity) {
    const struct identity_lldp *lldp = &identity->lldp;
    assert_int_equal(identity->kind, IDENTITY_LLDP);
    return snprintf(text, size, "%s|%s|%s|%s\n", lldp->system_name, lldp->port_id,
                    lldp->port_description, lldp->management_address);
}

/* A TLV header is type << 9 | length: 02 07 is a chassis ID of 7 bytes. */
#define CHASSIS "0207 04 a10000000001 "
#define PORT    "0405 05 'eth1' "
#define TTL     "0602 0078 "
#define START   CHASSIS PORT TTL
#define NAME    "0a03 'sw1' "
#define END     "0000 "

static const struct identity_case cases[] = {
    {"a whole one",
     START "0806 'uplink'" NAME "0c05 'Linux' 0e04 00140014"
           "100c 05 01 0a000001 02 00000003 00" END,
     "sw1|eth1|uplink|10.0.0.1\n", COUNTS_NONE},
    {"padding after the end TLV is ignored", START NAME END "02[9]", "sw1|eth1||\n", COUNTS_NONE},
    {"without an end TLV", START NAME, "sw1|eth1||\n", COUNTS_NONE},
    {"without a system name", START END, "|eth1||\n", COUNTS_NONE},
    {"an empty system name", START "0a00" END, "|eth1||\n", COUNTS_NONE},
    {"the first system name counts", START NAME "0a03 'sw2'" END, "sw1|eth1||\n", COUNTS_NONE},
    {"organisation's own TLVs are passed over", START "fe06 00120f 010000" NAME END, "sw1|eth1||\n",
     COUNTS_NONE},
    {"a TLV longer than 255", START "ff2c 00120f 01[297]" NAME END, "sw1|eth1||\n", COUNTS_NONE},
    {"text is escaped", START "0a09 'a' 00 0a 5c 22 7f 80 ff 20" END,
     "a\\000\\010\\\\\"\\127\\128\\255 |eth1||\n", COUNTS_NONE},
    {"a port that is a MAC address", CHASSIS "0407 03 020304050607" TTL NAME END,
     "sw1|02:03:04:05:06:07||\n", COUNTS_NONE},
    {"a MAC port of another size is escaped", CHASSIS "0403 03 01 41" TTL NAME END,
     "sw1|\\001A||\n", COUNTS_NONE},
    {"a port that is an IPv4 address", CHASSIS "0406 04 01 c0000201" TTL NAME END,
     "sw1|192.0.2.1||\n", COUNTS_NONE},
    {"a port that is an IPv6 address", CHASSIS "0412 04 02 20010db8 00[11] 01" TTL NAME END,
     "sw1|2001:db8::1||\n", COUNTS_NONE},
    {"a network address that is a family without address", CHASSIS "0402 04 01" TTL NAME END,
     "sw1|||\n", COUNTS_NONE},
    {"a network address of another size is escaped", CHASSIS "0405 04 01 0a0000" TTL NAME END,
     "sw1|\\010\\000\\000||\n", COUNTS_NONE},
    {"an IPv6 management address", START NAME "1018 11 02 20010db8 00[11] 02 02 00000003 00" END,
     "sw1|eth1||2001:db8::2\n", COUNTS_NONE},
    {"a MAC as management address", START NAME "100e 07 06 020304050607 02 00000003 00" END,
     "sw1|eth1||02:03:04:05:06:07\n", COUNTS_NONE},
    {"the first management address counts",
     START NAME "100c 05 01 0a000001 02 00000003 00 100c 05 01 0a000002 02 00000003 00" END,
     "sw1|eth1||10.0.0.1\n", COUNTS_NONE},
    {"a management address with an OID", START NAME "100f 05 01 0a000001 02 00000003 03 2b0601" END,
     "sw1|eth1||10.0.0.1\n", COUNTS_NONE},
    {"a management address too long for its text is truncated between escapes",
     START NAME "1027 20 10 01[31] 02 00000003 00" END,
     "sw1|eth1||\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\n",
     COUNTS_NONE},
    {"a withdrawal", CHASSIS PORT "0602 0000" NAME END, "", COUNTS_NONE},

    {"empty", "", "", IDENTITY_MALFORMED_LLDP},
    {"half a TLV head", "02", "", IDENTITY_MALFORMED_LLDP},
    {"no chassis ID", PORT TTL NAME END, "", IDENTITY_MALFORMED_LLDP},
    {"mandatory TLVs out of order", CHASSIS TTL PORT NAME END, "", IDENTITY_MALFORMED_LLDP},
    {"an end before the TTL", CHASSIS PORT END, "", IDENTITY_MALFORMED_LLDP},
    {"an empty port ID", CHASSIS "0401 05" TTL NAME END, "", IDENTITY_MALFORMED_LLDP},
    {"a port ID longer than 255", CHASSIS "0501 05 41[256]" TTL NAME END, "",
     IDENTITY_MALFORMED_LLDP},
    {"a TTL of one byte", CHASSIS PORT "0601 78" NAME END, "", IDENTITY_MALFORMED_LLDP},
    {"cut in the chassis ID", "0207 04 a1", "", IDENTITY_MALFORMED_LLDP},
    {"cut in the system name", START "0a03 'sw'", "", IDENTITY_MALFORMED_LLDP},
    {"cut after the system name", START NAME "0c05 'Lin'", "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"half a TLV head after the system name", START NAME "0c", "sw1|eth1||\n",
     IDENTITY_MALFORMED_LLDP},
    {"a system name longer than 255", START "0b00 41[256]" END, "", IDENTITY_MALFORMED_LLDP},
    {"a second port ID", START NAME PORT END, "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"an end TLV with a length", START NAME "0001 00", "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"data after malformed data is ignored", START "1001 00" NAME END, "", IDENTITY_MALFORMED_LLDP},
    {"an empty management TLV", START NAME "1000" END, "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"a management address longer than its TLV",
     START NAME "100c 0c 01 0a000001 02 00000003 00" END, "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"a management address of 32 bytes", START NAME "1028 21 10 01[32] 02 00000003 00" END,
     "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
    {"an OID longer than its TLV", START NAME "100c 05 01 0a000001 02 00000003 01" END,
     "sw1|eth1||\n", IDENTITY_MALFORMED_LLDP},
};

static void lldp_identities_are_harvested(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        uint8_t *bytes = wire_bytes(cases[i].wire, &size);
        struct packet packet = {
            .class = PACKET_LLDP, .network = bytes, .network_captured = (uint32_t)size};
        check_packet(&cases[i], &packet, describe);
        free(bytes);
    }
}

static int describe_size(char *text, size_t size, const struct identity *identity) {
    return snprintf(text, size, "%zu\n", strlen(identity->lldp.system_name));
}

static void the_longest_name_fits(void **state) {
    (void)state;
    const struct identity_case row = {"255 bytes, each escaped", START "0aff 01[255]" END, "1020\n",
                                      COUNTS_NONE};
    size_t size;
    uint8_t *bytes = wire_bytes(row.wire, &size);
    struct packet packet = {
        .class = PACKET_LLDP, .network = bytes, .network_captured = (uint32_t)size};
    check_packet(&row, &packet, describe_size);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lldp_identities_are_harvested),
        cmocka_unit_test(the_longest_name_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
