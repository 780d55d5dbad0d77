#ifndef DPAE_BYTES_DNS_MESSAGE_H
#define DPAE_BYTES_DNS_MESSAGE_H

#include "bytes/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A DNS message (RFC 1035 section 4) as the system's resolver library parses it. dns_message.c is
 * the only file that includes its header. */
struct dns_message {
    bool is_response;
    bool is_query;                                  /* opcode 0, in queries and responses */
    unsigned questions, answers;                    /* records of these sections */
    _Alignas(max_align_t) unsigned char parser[96]; /* the library's state */
};

/* A question has neither ttl nor data. */
struct dns_record {
    uint16_t type;  /* 1 A, 5 CNAME, 28 AAAA, ... */
    uint16_t class; /* 1 IN */
    uint32_t ttl;   /* seconds */
    uint16_t size;  /* bytes of data */
    const uint8_t *data;
    char name[DNS_NAME_MAX]; /* as dns_name_copy() writes it */
};

/* False unless the bytes are one whole message: every record that its header counts is present.
 * The message borrows the bytes. */
bool dns_message_open(struct dns_message *message, const uint8_t *bytes, size_t length);

/* The first question; false when there is no question, or it is malformed. */
bool dns_message_read_question(struct dns_message *message, struct dns_record *record);

/* Answer number `index`, below message->answers. False: it is malformed. A message costs least when
 * its answers are read in order. */
bool dns_message_read_answer(struct dns_message *message, unsigned index,
                             struct dns_record *record);

/* The name that the data of a record consists of (CNAME, PTR, NS). False: it does not consist of
 * one name. */
bool dns_message_read_target(const struct dns_message *message, const struct dns_record *record,
                             char target[DNS_NAME_MAX]);

#endif
