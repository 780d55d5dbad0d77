#ifndef DPAE_PACKET_DNS_QUESTION_H
#define DPAE_PACKET_DNS_QUESTION_H

#include "packet/identity.h"

/* What a DNS message asks (RFC 1035 section 4.1.2), beside the answers that identity_dns.c gathers,
 * and written there: one file has the system's parser. */
struct dns_question {
    uint16_t type; /* 1 A, 28 AAAA, ... */
    bool is_response;
    char name[IDENTITY_NAME]; /* as in struct identity_dns */
};

/* The first question of a query or a response. False when the bytes are not one whole DNS message,
 * or it has no question; *question is then undefined. */
bool dns_question_read(const uint8_t *bytes, size_t length, struct dns_question *question);

#endif
