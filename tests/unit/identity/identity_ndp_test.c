#include "identity_fixture.h"

#include <arpa/inet.h>

static int describe(char *text, size_t size, const struct identity *identity) {
    const struct identity_ndp *ndp = &identity->ndp;
    char target[INET6_ADDRSTRLEN];
    assert_int_equal(identity->kind, IDENTITY_NDP);
    inet_ntop(AF_INET6, ndp->target, target, sizeof target);
    return snprintf(text, size, "%s %02x..%02x\n", target, ndp->target_mac[0], ndp->target_mac[5]);
}

#define ADVERT "88 00 0000 60000000 "
#define TARGET "fe80 00[13] 05 "
#define MAC    "02 01 a1 00000000 a6 "

static const struct identity_case cases[] = {
    {"with the target's link-layer address", ADVERT TARGET MAC, "fe80::5 a1..a6\n", COUNTS_NONE},
    {"without: the frame's source", ADVERT TARGET, "fe80::5 02..01\n", COUNTS_NONE},
    {"other options are passed over", ADVERT TARGET "0e 02 00[14]" MAC, "fe80::5 a1..a6\n",
     COUNTS_NONE},
    {"an address longer than a MAC is passed over", ADVERT TARGET "02 02 ff[14]",
     "fe80::5 02..01\n", COUNTS_NONE},
    {"an option of length 0", ADVERT TARGET "02 00 ff[6]", "", IDENTITY_MALFORMED_NDP},
    {"an option of length 0 after a good one", ADVERT TARGET MAC "01 00", "",
     IDENTITY_MALFORMED_NDP},
    {"an option that goes past the end", ADVERT TARGET "02 02 ff[13]", "", IDENTITY_MALFORMED_NDP},
    {"one byte of an option", ADVERT TARGET "02", "", IDENTITY_MALFORMED_NDP},
    {"cut in the target", ADVERT "fe80 00[13]", "", IDENTITY_MALFORMED_NDP},
    {"cut in the header", "88 00 0000 600000", "", IDENTITY_MALFORMED_NDP},
    {"a code that is not 0", "88 01 0000 60000000 " TARGET MAC, "", IDENTITY_MALFORMED_NDP},
};

static const uint8_t local_header[40] = {0x60, [7] = 255};
static const uint8_t routed_header[40] = {0x60, [7] = 254};

static struct packet advert(const uint8_t *payload, size_t size) {
    return (struct packet){.class = PACKET_FLOW,
                           .ip_version = 6,
                           .proto = IP_PROTO_ICMPV6,
                           .network = local_header,
                           .network_captured = sizeof local_header,
                           .payload = payload,
                           .payload_captured = (uint32_t)size,
                           .payload_length = (uint32_t)size};
}

static void ndp_identities_are_harvested(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        uint8_t *bytes = wire_bytes(cases[i].wire, &size);
        struct packet packet = advert(bytes, size);
        check_packet(&cases[i], &packet, describe);
        free(bytes);
    }
}

static void untrustworthy_advertisements_are_malformed(void **state) {
    (void)state;
    const struct identity_case row = {"untrustworthy", "", "", IDENTITY_MALFORMED_NDP};
    size_t size;
    uint8_t *bytes = wire_bytes(ADVERT TARGET, &size);
    struct packet routed = advert(bytes, size);
    routed.network = routed_header;
    check_packet(&row, &routed, describe);

    struct packet fragment = advert(bytes, size);
    fragment.fragmented = true;
    check_packet(&row, &fragment, describe);

    struct packet snapped = advert(bytes, size);
    snapped.payload_length += 8;
    check_packet(&row, &snapped, describe);

    struct packet headless = advert(bytes, size);
    headless.network_captured = 7;
    check_packet(&row, &headless, describe);
    free(bytes);
}

static void never(void *context, const struct identity *identity) {
    (void)context;
    (void)identity;
    fail();
}

static void no_identity_is_reported_without_a_mac(void **state) {
    (void)state;
    struct identity_counters counters = {0};
    size_t size;
    uint8_t *bytes = wire_bytes(ADVERT TARGET, &size);
    struct packet packet = advert(bytes, size); /* on a raw IP link */
    assert_int_equal(identity_harvest(&packet, &counters, never, NULL), 0);
    assert_int_equal(counters.malformed[IDENTITY_MALFORMED_NDP], 0);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndp_identities_are_harvested),
        cmocka_unit_test(untrustworthy_advertisements_are_malformed),
        cmocka_unit_test(no_identity_is_reported_without_a_mac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
