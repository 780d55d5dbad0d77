#include "bytes/dns.h"

#include "base/export.h"
#include "bytes/cursor.h"
#include "bytes/dns_message.h"
#include "bytes/parse.h"

#include <string.h>

#define HEADER 12

DPAE_EXPORT int dpae_dns_query(const uint8_t *bytes, uint32_t length, bool tcp,
                               struct dns_query *query) {
    struct cursor cursor = {bytes, bytes + length};
    const uint8_t *size;
    struct dns_message message;
    struct dns_record question;
    if (length == 0) {
        return PARSE_NONE;
    }
    if (tcp) {
        if (!cursor_take(&cursor, 2, &size)) {
            return PARSE_PARTIAL;
        }
        if (read_be16(size) < HEADER) {
            return PARSE_NONE;
        }
        if (read_be16(size) > cursor_left(&cursor)) {
            return PARSE_PARTIAL;
        }
        cursor.end = cursor.at + read_be16(size);
    }
    if (!dns_message_open(&message, cursor.at, cursor_left(&cursor)) || !message.is_query ||
        !dns_message_read_question(&message, &question)) {
        return PARSE_NONE;
    }
    query->type = question.type;
    query->is_response = message.is_response;
    query->name_length = (uint16_t)strlen(question.name);
    memcpy(query->name, question.name, sizeof query->name);
    return PARSE_WHOLE;
}
