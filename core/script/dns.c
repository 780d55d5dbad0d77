#include "script/dns.h"

#include "packet/cursor.h"
#include "packet/dns_question.h"
#include "script/export.h"
#include "script/parse.h"

#include <string.h>

_Static_assert(DNS_NAME_MAX == IDENTITY_NAME, "a name fits");

#define HEADER 12

DPAE_EXPORT int dpae_dns_query(const uint8_t *bytes, uint32_t length, bool tcp,
                               struct dns_query *query) {
    struct cursor cursor = {bytes, bytes + length};
    const uint8_t *size;
    struct dns_question question;
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
    if (!dns_question_read(cursor.at, cursor_left(&cursor), &question)) {
        return PARSE_NONE;
    }
    query->type = question.type;
    query->is_response = question.is_response;
    query->name_length = (uint16_t)strlen(question.name);
    memcpy(query->name, question.name, sizeof query->name);
    return PARSE_WHOLE;
}
