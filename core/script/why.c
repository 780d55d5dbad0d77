#include "base/escape.h"
#include "base/export.h"
#include "script/host.h"

#include <string.h>

struct why_text {
    char *at; /* SCRIPT_WHY_MAX bytes */
    uint32_t used;
};

static const char cut[] = "...";

/* Escapes bytes into text. When the next one does not fit, the text ends in "..." and counts as
 * full (used == SCRIPT_WHY_MAX). */
static void append(struct why_text *text, const char *bytes, uint32_t length) {
    for (uint32_t i = 0; i < length && text->used < SCRIPT_WHY_MAX; i++) {
        char escaped[4];
        const uint32_t size = (uint32_t)escape_ascii_byte((uint8_t)bytes[i], escaped);
        if (text->used + size >= SCRIPT_WHY_MAX) {
            memcpy(text->at + SCRIPT_WHY_MAX - sizeof cut, cut, sizeof cut);
            text->used = SCRIPT_WHY_MAX;
            return;
        }
        memcpy(text->at + text->used, escaped, size);
        text->used += size;
    }
}

DPAE_EXPORT uint32_t dpae_why_add(struct script_exchange *exchange, uint32_t classifier,
                                  uint32_t used, const char *name, uint32_t name_length,
                                  const char *value, uint32_t value_length) {
    struct why_text text = {exchange->why[classifier], used};
    append(&text, ", ", used > 0 ? 2 : 0);
    append(&text, name, name_length);
    append(&text, "=", 1);
    append(&text, value, value_length);
    if (text.used < SCRIPT_WHY_MAX) {
        text.at[text.used] = '\0';
    }
    return text.used;
}
