#include "packet/cursor.h"
#include "packet/dns_question.h"
#include "packet/harvest.h"

#include <arpa/nameser.h>
#include <string.h>

enum { DNS_PORT = 53 };

/* Following a name's compression pointers may cost its message's length, for each record: a bound
 * on the records keeps the work for one message in proportion. */
#define DNS_ANSWERS_MAX 256

/* RFC 4343: case tells nothing, and resolvers shuffle it (0x20). */
static void put_name(char name[IDENTITY_NAME], const char *wire_name) {
    size_t i = 0;
    for (; i < IDENTITY_NAME - 1 && wire_name[i] != '\0'; i++) {
        name[i] = wire_name[i];
        if (name[i] >= 'A' && name[i] <= 'Z') {
            name[i] = (char)(name[i] + ('a' - 'A'));
        }
    }
    name[i] = '\0';
}

static bool read_address(struct identity_dns *dns, const ns_rr *record, size_t size) {
    if (ns_rr_rdlen(*record) != size) {
        return false;
    }
    memcpy(dns->address, ns_rr_rdata(*record), size);
    return true;
}

static bool read_target(struct identity_dns *dns, const ns_msg *message, const ns_rr *record) {
    char target[NS_MAXDNAME];
    const int length = ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
                                          ns_rr_rdata(*record), target, sizeof target);
    if (length < 0 || length != ns_rr_rdlen(*record)) {
        return false;
    }
    put_name(dns->target, target);
    return true;
}

static bool read_data(struct identity_dns *dns, const ns_msg *message, const ns_rr *record) {
    memset(dns->address, 0, sizeof dns->address);
    dns->target[0] = '\0';
    switch (dns->type) {
    case ns_t_a:
        return read_address(dns, record, NS_INADDRSZ);
    case ns_t_aaaa:
        return read_address(dns, record, NS_IN6ADDRSZ);
    default:
        return read_target(dns, message, record);
    }
}

/* Reports record when it is of a kind that names somebody. False: malformed. */
static bool report_record(struct harvest *harvest, const ns_msg *message, const ns_rr *record) {
    struct identity_dns *dns = &harvest->identity.dns;
    const ns_type type = ns_rr_type(*record);
    if (ns_rr_class(*record) != ns_c_in ||
        (type != ns_t_a && type != ns_t_aaaa && type != ns_t_cname)) {
        return true;
    }
    dns->type = (uint16_t)type;
    dns->ttl = ns_rr_ttl(*record);
    put_name(dns->name, ns_rr_name(*record));
    if (!read_data(dns, message, record)) {
        return false;
    }
    harvest_report(harvest);
    return true;
}

/* False: malformed. ns_initparse() wants every record of the message to be there, so that nothing
 * is told of one that is cut. */
static bool read_message(struct harvest *harvest, const uint8_t *bytes, size_t size) {
    ns_msg message;
    if (ns_initparse(bytes, (int)size, &message) != 0) {
        return false;
    }
    if (ns_msg_getflag(message, ns_f_qr) == 0 ||
        ns_msg_getflag(message, ns_f_opcode) != ns_o_query) {
        return true;
    }
    const int answers = ns_msg_count(message, ns_s_an);
    for (int i = 0; i < answers; i++) {
        ns_rr record;
        if (i == DNS_ANSWERS_MAX || ns_parserr(&message, ns_s_an, i, &record) != 0 ||
            !report_record(harvest, &message, &record)) {
            return false;
        }
    }
    return true;
}

/* RFC 1035 section 4.2.2: each message comes after its length. Streams are not put together. */
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

bool dns_question_read(const uint8_t *bytes, size_t length, struct dns_question *question) {
    ns_msg message;
    ns_rr record;
    if (length > INT32_MAX || ns_initparse(bytes, (int)length, &message) != 0 ||
        ns_msg_getflag(message, ns_f_opcode) != ns_o_query || ns_msg_count(message, ns_s_qd) == 0 ||
        ns_parserr(&message, ns_s_qd, 0, &record) != 0) {
        return false;
    }
    question->type = (uint16_t)ns_rr_type(record);
    question->is_response = ns_msg_getflag(message, ns_f_qr) != 0;
    put_name(question->name, ns_rr_name(record));
    return true;
}
