#ifndef DPAE_IDENTITY_HARVEST_H
#define DPAE_IDENTITY_HARVEST_H

#include "identity/identity.h"

#include <stddef.h>
#include <stdint.h>

/* Internal to identity.c: one call of identity_harvest(), shared with the file of each protocol. */
struct harvest {
    const struct packet *packet;
    struct identity_counters *counters;
    void (*report)(void *context, const struct identity *identity);
    void *context;
    unsigned reported;
    struct identity identity; /* kind, time and src_mac are set, all other members start as zero */
};

/* Each reads harvest->packet, reports the identities it finds and counts malformed input. */
void harvest_arp(struct harvest *harvest);
void harvest_lldp(struct harvest *harvest);
void harvest_dns(struct harvest *harvest);
void harvest_dhcp(struct harvest *harvest);
void harvest_ndp(struct harvest *harvest);

/* Reports the current harvest->identity. */
void harvest_report(struct harvest *harvest);
void harvest_malformed(struct harvest *harvest, enum identity_malformed reason);

#endif
