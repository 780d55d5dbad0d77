#include "bytes/dns_message.h"

#include <arpa/nameser.h>

_Static_assert(sizeof(ns_msg) <= sizeof((struct dns_message *)0)->parser, "the state fits");

static ns_msg *parser_of(struct dns_message *message) {
    return (ns_msg *)(void *)message->parser;
}

/* RFC 4343: case is insignificant, and resolvers vary it (0x20). */
static void copy_name(char name[DNS_NAME_MAX], const char *wire_name) {
    size_t i = 0;
    for (; i < DNS_NAME_MAX - 1 && wire_name[i] != '\0'; i++) {
        name[i] = wire_name[i];
        if (name[i] >= 'A' && name[i] <= 'Z') {
            name[i] = (char)(name[i] + ('a' - 'A'));
        }
    }
    name[i] = '\0';
}

bool dns_message_open(struct dns_message *message, const uint8_t *bytes, size_t length) {
    ns_msg *parser = parser_of(message);
    if (length > INT32_MAX || ns_initparse(bytes, (int)length, parser) != 0) {
        return false;
    }
    message->is_response = ns_msg_getflag(*parser, ns_f_qr) != 0;
    message->is_query = ns_msg_getflag(*parser, ns_f_opcode) == ns_o_query;
    message->questions = ns_msg_count(*parser, ns_s_qd);
    message->answers = ns_msg_count(*parser, ns_s_an);
    return true;
}

static bool read_record(struct dns_message *message, ns_sect section, unsigned index,
                        struct dns_record *record) {
    ns_rr parsed;
    if (ns_parserr(parser_of(message), section, (int)index, &parsed) != 0) {
        return false;
    }
    record->type = (uint16_t)ns_rr_type(parsed);
    record->class = (uint16_t)ns_rr_class(parsed);
    record->ttl = ns_rr_ttl(parsed);
    record->size = ns_rr_rdlen(parsed);
    record->data = parsed.rdata; /* NULL in a question, which ns_rr_rdata() would add 0 to */
    copy_name(record->name, ns_rr_name(parsed));
    return true;
}

bool dns_message_read_question(struct dns_message *message, struct dns_record *record) {
    return message->questions > 0 && read_record(message, ns_s_qd, 0, record);
}

bool dns_message_read_answer(struct dns_message *message, unsigned index,
                             struct dns_record *record) {
    return read_record(message, ns_s_an, index, record);
}

bool dns_message_read_target(const struct dns_message *message, const struct dns_record *record,
                             char target[DNS_NAME_MAX]) {
    const ns_msg *parser = (const ns_msg *)(const void *)message->parser;
    char name[NS_MAXDNAME];
    const int length = ns_name_uncompress(ns_msg_base(*parser), ns_msg_end(*parser), record->data,
                                          name, sizeof name);
    if (length < 0 || length != record->size) {
        return false;
    }
    copy_name(target, name);
    return true;
}
