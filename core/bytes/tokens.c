#include "bytes/tokens.h"

#include "base/export.h"

#include <ctype.h>
#include <string.h>

static bool within_limits(const uint32_t *lengths, uint32_t count) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < count && i < TOKENS_MAX; i++) {
        if (lengths[i] == 0 || lengths[i] > TOKENS_BYTES_MAX - bytes) {
            return false;
        }
        bytes += lengths[i];
    }
    return count > 0 && count <= TOKENS_MAX;
}

/* Builds the trie of the tokens. State 0 is its root; 0 in next[] means no child. */
static uint32_t build_trie(struct token_state *states, const uint8_t *text, const uint32_t *lengths,
                           uint32_t count, bool ignore_case) {
    uint32_t used = 1;
    memset(&states[0], 0, sizeof states[0]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = 0;
        for (uint32_t j = 0; j < lengths[i]; j++, text++) {
            const uint8_t byte = ignore_case ? (uint8_t)tolower(*text) : *text;
            if (states[at].next[byte] == 0) {
                memset(&states[used], 0, sizeof states[used]);
                states[at].next[byte] = (uint16_t)used++;
            }
            at = states[at].next[byte];
        }
        if (states[at].token == 0) {
            states[at].token = (uint16_t)(i + 1);
        }
    }
    return used;
}

/* Visits states breadth first, so that a state's fallback is complete before the state.
 * Missing transitions of a state are copied from its fallback. */
static void add_fallbacks(struct token_state *states) {
    uint16_t queue[TOKENS_BYTES_MAX + 1];
    uint32_t head = 0, tail = 0;
    queue[tail++] = 0;
    while (head < tail) {
        struct token_state *state = &states[queue[head++]];
        const struct token_state *fallback = &states[state->fallback];
        for (int byte = 0; byte < 256; byte++) {
            const uint16_t child = state->next[byte];
            if (child == 0) {
                state->next[byte] = state == states ? 0 : fallback->next[byte];
                continue;
            }
            states[child].fallback = state == states ? 0 : fallback->next[byte];
            if (states[child].token == 0) {
                states[child].token = states[states[child].fallback].token;
            }
            queue[tail++] = child;
        }
    }
}

static void fold_case(struct token_state *states, uint32_t used) {
    for (uint32_t i = 0; i < used; i++) {
        for (int byte = 'A'; byte <= 'Z'; byte++) {
            states[i].next[byte] = states[i].next[tolower(byte)];
        }
    }
}

DPAE_EXPORT uint32_t dpae_tokens_build(struct token_state *states, const uint8_t *text,
                                       const uint32_t *lengths, uint32_t count, bool ignore_case) {
    if (!within_limits(lengths, count)) {
        return 0;
    }
    const uint32_t used = build_trie(states, text, lengths, count, ignore_case);
    add_fallbacks(states);
    if (ignore_case) {
        fold_case(states, used);
    }
    return used;
}

DPAE_EXPORT uint32_t dpae_tokens_find(const struct token_state *states, const uint8_t *bytes,
                                      uint32_t length, uint32_t *end) {
    const uint16_t *const first = states[0].next;
    uint32_t at = 0;
    for (uint32_t i = 0; i < length; i++) {
        /* Most bytes begin no token; skipping them avoids a chain of dependent loads. */
        while (at == 0 && first[bytes[i]] == 0) {
            if (++i == length) {
                return 0;
            }
        }
        at = states[at].next[bytes[i]];
        if (states[at].token) {
            *end = i + 1;
            return states[at].token;
        }
    }
    return 0;
}

DPAE_EXPORT int dpae_tokens_start(const uint8_t *bytes, uint32_t length, const char *text,
                                  uint32_t text_length) {
    return text_length <= length && (text_length == 0 || memcmp(bytes, text, text_length) == 0);
}
