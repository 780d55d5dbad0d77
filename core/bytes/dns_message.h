#ifndef DPAE_BYTES_DNS_MESSAGE_H
#define DPAE_BYTES_DNS_MESSAGE_H

#include "bytes/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A DNS message (RFC 1035 section 4), parsed by the system's resolver library. Only dns_message.c
 * includes the library's header. */
struct dns_message {
    bool is_response;
    bool is_query;                                  /* opcode 0, in queries and responses */
    unsigned questions, answers;                    /* number of records in these sections */
    _Alignas(max_align_t) unsigned char parser[96]; /* the library's state */
};

/* A question has no ttl, size or data. */
struct dns_record {
    uint16_t type;  /* 1 A, 5 CNAME, 28 AAAA, ... */
    uint16_t class; /* 1 IN */
    uint32_t ttl;   /* seconds */
    uint16_t size;  /* bytes of data */
    const uint8_t *data;
    char name[DNS_NAME_MAX]; /* lower case, no trailing dot, escaped as in RFC 1035 */
};

/* Returns false unless the bytes form a complete message, with every record that its header counts.
 * The message borrows the bytes. */
bool dns_message_open(struct dns_message *message, const uint8_t *bytes, size_t length);

/* Reads the first question. Returns false when it is missing or malformed. */
bool dns_message_read_question(struct dns_message *message, struct dns_record *record);

/* Reads answer `index`, below message->answers. Returns false when it is malformed. Reading the
 * answers in order is cheapest. */
bool dns_message_read_answer(struct dns_message *message, unsigned index,
                             struct dns_record *record);

/* Reads the name in the data of a record (CNAME, PTR, NS). Returns false unless the data is exactly
 * one name. */
bool dns_message_read_target(const struct dns_message *message, const struct dns_record *record,
                             char target[DNS_NAME_MAX]);

#endif
