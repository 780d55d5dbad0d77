#include "bytes/ssh.h"

#include "base/export.h"
#include "bytes/parse.h"

#include <stdbool.h>
#include <string.h>

#define PREFIX   "SSH-"
#define LINE_MAX 255 /* including CR LF */

static bool is_printable(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

DPAE_EXPORT int dpae_ssh_banner(const uint8_t *bytes, uint32_t length, struct ssh_banner *banner) {
    const size_t prefix = sizeof PREFIX - 1;
    const size_t available = length < prefix ? length : prefix;
    const size_t limit = length < LINE_MAX ? length : LINE_MAX;
    if (length == 0 || memcmp(bytes, PREFIX, available) != 0) {
        return PARSE_NONE;
    }
    const char *line = (const char *)bytes;
    const char *feed = memchr(line, '\n', limit);
    size_t size = feed ? (size_t)(feed - line) : limit;
    if (size > prefix && line[size - 1] == '\r') {
        size--;
    }
    if (!is_printable(line, size) || (!feed && length >= LINE_MAX)) {
        return PARSE_NONE;
    }
    if (!feed) {
        return PARSE_PARTIAL;
    }
    const char *end = line + size;
    const char *dash = size > prefix ? memchr(line + prefix, '-', size - prefix) : NULL;
    if (!dash || dash == line + prefix || dash + 1 == end) {
        return PARSE_NONE;
    }
    const char *blank = memchr(dash + 1, ' ', (size_t)(end - dash - 1));
    const char *software_end = blank ? blank : end;
    const char *comments = blank ? blank + 1 : end;
    *banner = (struct ssh_banner){
        .line = line,
        .protocol = line + prefix,
        .software = dash + 1,
        .comments = comments,
        .line_length = (uint32_t)size,
        .protocol_length = (uint32_t)((size_t)(dash - line) - prefix),
        .software_length = (uint32_t)(software_end - dash - 1),
        .comments_length = (uint32_t)(end - comments),
    };
    return PARSE_WHOLE;
}
