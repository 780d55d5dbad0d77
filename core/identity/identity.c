#include "identity/identity.h"

#include "identity/harvest.h"

#include <string.h>

void harvest_report(struct harvest *harvest) {
    harvest->report(harvest->context, &harvest->identity);
    harvest->reported++;
}

void harvest_malformed(struct harvest *harvest, enum identity_malformed reason) {
    harvest->counters->malformed[reason]++;
}

unsigned identity_harvest(const struct packet *packet, struct identity_counters *counters,
                          void (*report)(void *context, const struct identity *identity),
                          void *context) {
    struct harvest harvest = {
        .packet = packet,
        .counters = counters,
        .report = report,
        .context = context,
        .identity = {.kind = identity_kind_of(packet), .time_ns = packet->time_ns},
    };
    if (packet->link_src) {
        memcpy(harvest.identity.src_mac, packet->link_src, sizeof harvest.identity.src_mac);
    }
    switch (harvest.identity.kind) {
    case IDENTITY_ARP:
        harvest_arp(&harvest);
        break;
    case IDENTITY_LLDP:
        harvest_lldp(&harvest);
        break;
    case IDENTITY_DNS:
        harvest_dns(&harvest);
        break;
    case IDENTITY_DHCP:
        harvest_dhcp(&harvest);
        break;
    case IDENTITY_NDP:
        harvest_ndp(&harvest);
        break;
    case IDENTITY_KIND_COUNT:
        break;
    }
    return harvest.reported;
}

const char *identity_kind_name(enum identity_kind kind) {
    static const char *const names[IDENTITY_KIND_COUNT] = {
        [IDENTITY_ARP] = "arp",   [IDENTITY_LLDP] = "lldp", [IDENTITY_DNS] = "dns",
        [IDENTITY_DHCP] = "dhcp", [IDENTITY_NDP] = "ndp",
    };
    return names[kind];
}

const char *identity_malformed_name(enum identity_malformed reason) {
    static const char *const names[IDENTITY_MALFORMED_COUNT] = {
        [IDENTITY_MALFORMED_ARP] = "arp", [IDENTITY_MALFORMED_LLDP] = "lldp",
        [IDENTITY_MALFORMED_DNS] = "dns", [IDENTITY_MALFORMED_DHCP] = "dhcp",
        [IDENTITY_MALFORMED_NDP] = "ndp", [IDENTITY_DNS_TCP_SPLIT] = "dns-tcp-split",
    };
    return names[reason];
}
