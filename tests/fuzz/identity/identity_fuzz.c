#include "identity/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The first byte describes the packet: the low 3 bits are the protocol, then flags for IPv6,
 * truncation by the capture, and no link header. The rest is its payload. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OVER_IPV6 = 0x08, SNAPPED = 0x10, NO_LINK = 0x20 };

static const uint8_t ip_header[40] = {[7] = 255};
static const uint8_t link_src[6] = {2, 0, 0, 0, 0, 1};

static struct packet make_packet(uint8_t label, const uint8_t *bytes, uint32_t size) {
    static const struct packet protocols[8] = {
        {.class = PACKET_ARP},
        {.class = PACKET_LLDP},
        {.class = PACKET_FLOW, .proto = IP_PROTO_UDP, .src_port = 53, .dst_port = 4000},
        {.class = PACKET_FLOW, .proto = IP_PROTO_TCP, .src_port = 53, .dst_port = 4000},
        {.class = PACKET_FLOW, .proto = IP_PROTO_UDP, .src_port = 68, .dst_port = 67},
        {.class = PACKET_FLOW, .proto = IP_PROTO_ICMPV6},
        {.class = PACKET_FLOW, .proto = IP_PROTO_UDP, .src_port = 4000, .dst_port = 53},
        {.class = PACKET_OTHER},
    };
    struct packet packet = protocols[label & 7];
    packet.ip_version = label & OVER_IPV6 ? 6 : 4;
    packet.link_src = label & NO_LINK ? NULL : link_src;
    packet.network = bytes;
    packet.network_captured = size;
    if (packet.class == PACKET_FLOW) {
        packet.network = ip_header;
        packet.network_captured = sizeof ip_header;
        packet.payload = bytes;
        packet.payload_captured = size;
        packet.payload_length = size + (label & SNAPPED ? 100 : 0);
    }
    return packet;
}

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_text(const char *text, size_t size) {
    const size_t length = strnlen(text, size);
    check(length < size);
    for (size_t i = 0; i < length; i++) {
        check(text[i] >= ' ' && text[i] <= '~');
    }
}

static void check_identity(void *context, const struct identity *identity) {
    struct identity_cache *cache = context;
    switch (identity->kind) {
    case IDENTITY_LLDP:
        check_text(identity->lldp.system_name, sizeof identity->lldp.system_name);
        check_text(identity->lldp.port_id, sizeof identity->lldp.port_id);
        check_text(identity->lldp.port_description, sizeof identity->lldp.port_description);
        check_text(identity->lldp.management_address, sizeof identity->lldp.management_address);
        break;
    case IDENTITY_DNS:
        check(identity->dns.name[0] != '\0');
        check((identity->dns.target[0] != '\0') == (identity->dns.type == 5));
        check_text(identity->dns.name, sizeof identity->dns.name);
        check_text(identity->dns.target, sizeof identity->dns.target);
        break;
    case IDENTITY_DHCP:
        check_text(identity->dhcp.host_name, sizeof identity->dhcp.host_name);
        check_text(identity->dhcp.vendor_class, sizeof identity->dhcp.vendor_class);
        break;
    case IDENTITY_ARP:
        check(identity->arp.operation == 1 || identity->arp.operation == 2);
        break;
    case IDENTITY_NDP:
        break;
    case IDENTITY_KIND_COUNT:
        check(false);
    }
    (void)identity_cache_admit(cache, identity);
    check(!identity_cache_admit(cache, identity)); /* it was just reported */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct identity_flags all = {true, true, true, true};
    struct identity_counters counters = {0};
    if (size == 0 || size > 65536) {
        return 0;
    }
    struct identity_cache *cache = identity_cache_new(4, 1000, 1);
    uint8_t *bytes = malloc(size - 1 ? size - 1 : 1);
    check(cache && bytes);
    memcpy(bytes, data + 1, size - 1);
    const struct packet packet = make_packet(data[0], bytes, (uint32_t)(size - 1));
    if (identity_applies(&packet, &all)) {
        (void)identity_harvest(&packet, &counters, check_identity, cache);
    }
    uint64_t malformed = 0;
    for (int reason = 0; reason < IDENTITY_MALFORMED_COUNT; reason++) {
        malformed += counters.malformed[reason];
    }
    check(malformed <= 1);
    free(bytes);
    identity_cache_free(cache);
    return 0;
}
