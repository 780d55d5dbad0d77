#include "identity_fixture.h"

#include <arpa/inet.h>

static int describe(char *text, size_t size, const struct identity *identity) {
    const struct identity_arp *arp = &identity->arp;
    char sender[INET_ADDRSTRLEN], target[INET_ADDRSTRLEN];
    assert_int_equal(identity->kind, IDENTITY_ARP);
    inet_ntop(AF_INET, arp->sender_ip, sender, sizeof sender);
    inet_ntop(AF_INET, arp->target_ip, target, sizeof target);
    return snprintf(text, size, "%u %s %02x..%02x %s %02x..%02x\n", arp->operation, sender,
                    arp->sender_mac[0], arp->sender_mac[5], target, arp->target_mac[0],
                    arp->target_mac[5]);
}

#define ETHERNET_IPV4 "0001 0800 06 04 "
#define SENDER        "a1 00000000 a6 0a000001 "
#define TARGET        "b1 00000000 b6 0a000002 "

static const struct identity_case cases[] = {
    {"a request", ETHERNET_IPV4 "0001" SENDER TARGET, "1 10.0.0.1 a1..a6 10.0.0.2 b1..b6\n",
     COUNTS_NONE},
    {"a reply", ETHERNET_IPV4 "0002" SENDER TARGET, "2 10.0.0.1 a1..a6 10.0.0.2 b1..b6\n",
     COUNTS_NONE},
    {"trailing padding is ignored", ETHERNET_IPV4 "0002" SENDER TARGET "00[18]",
     "2 10.0.0.1 a1..a6 10.0.0.2 b1..b6\n", COUNTS_NONE},
    {"reverse ARP is ignored", ETHERNET_IPV4 "0003" SENDER TARGET, "", COUNTS_NONE},
    {"another hardware type", "0006 0800 06 04 0001" SENDER TARGET, "", COUNTS_NONE},
    {"another protocol", "0001 86dd 06 04 0001" SENDER TARGET, "", COUNTS_NONE},
    {"another hardware address size", "0001 0800 08 04 0001" SENDER TARGET, "", COUNTS_NONE},
    {"another protocol address size", "0001 0800 06 10 0001" SENDER TARGET, "", COUNTS_NONE},
    {"empty", "", "", IDENTITY_MALFORMED_ARP},
    {"cut in the fixed part", "0001 0800 06 04 00", "", IDENTITY_MALFORMED_ARP},
    {"cut in the last address", ETHERNET_IPV4 "0001" SENDER "b1 00000000 b6 0a0000", "",
     IDENTITY_MALFORMED_ARP},
};

static void arp_identities_are_harvested(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        uint8_t *bytes = wire_bytes(cases[i].wire, &size);
        struct packet packet = {
            .class = PACKET_ARP, .network = bytes, .network_captured = (uint32_t)size};
        check_packet(&cases[i], &packet, describe);
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arp_identities_are_harvested)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
