#include "bytes/cursor.h"
#include "bytes/dns_message.h"
#include "identity/harvest.h"

#include <string.h>

enum { DNS_PORT = 53, DNS_IN = 1, DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28 };

/* Following a name's compression pointers can cost the length of the message, for each record:
 * limiting the records keeps the work per message proportional. */
#define DNS_ANSWERS_MAX 256

static bool read_address(struct identity_dns *dns, const struct dns_record *record, size_t size) {
    if (record->size != size) {
        return false;
    }
    memcpy(dns->address, record->data, size);
    return true;
}

static bool read_data(struct identity_dns *dns, const struct dns_message *message,
                      const struct dns_record *record) {
    memset(dns->address, 0, sizeof dns->address);
    dns->target[0] = '\0';
    switch (record->type) {
    case DNS_A:
        return read_address(dns, record, 4);
    case DNS_AAAA:
        return read_address(dns, record, 16);
    default:
        return dns_message_read_target(message, record, dns->target);
    }
}

/* Reports a record that names a host. Returns false when it is malformed. */
static bool report_record(struct harvest *harvest, const struct dns_message *message,
                          const struct dns_record *record) {
    struct identity_dns *dns = &harvest->identity.dns;
    if (record->class != DNS_IN ||
        (record->type != DNS_A && record->type != DNS_AAAA && record->type != DNS_CNAME)) {
        return true;
    }
    dns->type = record->type;
    dns->ttl = record->ttl;
    memcpy(dns->name, record->name, strlen(record->name) + 1);
    if (!read_data(dns, message, record)) {
        return false;
    }
    harvest_report(harvest);
    return true;
}

/* Returns false when the message is malformed. A truncated message reports nothing. */
static bool read_message(struct harvest *harvest, const uint8_t *bytes, size_t size) {
    struct dns_message message;
    struct dns_record record;
    if (!dns_message_open(&message, bytes, size)) {
        return false;
    }
    if (!message.is_response || !message.is_query) {
        return true;
    }
    for (unsigned i = 0; i < message.answers; i++) {
        if (i == DNS_ANSWERS_MAX || !dns_message_read_answer(&message, i, &record) ||
            !report_record(harvest, &message, &record)) {
            return false;
        }
    }
    return true;
}

/* RFC 1035 section 4.2.2: each message follows its length. Streams are not reassembled. */
static void read_segment(struct harvest *harvest, struct cursor cursor) {
    const struct packet *packet = harvest->packet;
    while (cursor_left(&cursor) > 0) {
        const uint8_t *length, *message;
        if (!cursor_take(&cursor, 2, &length) ||
            !cursor_take(&cursor, read_be16(length), &message)) {
            harvest_malformed(harvest, IDENTITY_DNS_TCP_SPLIT);
            return;
        }
        if (!read_message(harvest, message, read_be16(length))) {
            harvest_malformed(harvest, IDENTITY_MALFORMED_DNS);
            return;
        }
    }
    if (packet->payload_captured < packet->payload_length) {
        harvest_malformed(harvest, IDENTITY_DNS_TCP_SPLIT);
    }
}

void harvest_dns(struct harvest *harvest) {
    const struct packet *packet = harvest->packet;
    const struct cursor cursor = {packet->payload, packet->payload + packet->payload_captured};
    struct identity_dns *dns = &harvest->identity.dns;
    if (packet->src_port != DNS_PORT) {
        return;
    }
    memcpy(dns->client, packet->dst, sizeof dns->client);
    dns->client_version = packet->ip_version;
    if (packet->proto == IP_PROTO_TCP) {
        read_segment(harvest, cursor);
    } else if (!read_message(harvest, cursor.at, cursor_left(&cursor))) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_DNS);
    }
}
