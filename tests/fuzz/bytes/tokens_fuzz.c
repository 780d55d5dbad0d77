#include "bytes/tokens.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Finds the end of the first token to end, by brute force. */
static uint32_t slow_end(const uint8_t *tokens, const uint32_t *lengths, uint32_t count,
                         const uint8_t *text, uint32_t length) {
    for (uint32_t end = 1; end <= length; end++) {
        const uint8_t *token = tokens;
        for (uint32_t i = 0; i < count; token += lengths[i++]) {
            if (lengths[i] <= end && memcmp(text + end - lengths[i], token, lengths[i]) == 0) {
                return end;
            }
        }
    }
    return 0;
}

/* Byte 0 is the number of tokens; their lengths, their bytes and the text follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct token_state states[TOKENS_BYTES_MAX + 1];
    uint32_t lengths[255];
    uint32_t sum = 0;
    if (size < 1 || size - 1 < data[0]) {
        return 0;
    }
    const uint32_t count = data[0];
    for (uint32_t i = 0; i < count; i++) {
        lengths[i] = data[1 + i];
        sum += lengths[i];
    }
    const uint8_t *tokens = data + 1 + count;
    if (sum > size - 1 - count) {
        return 0;
    }
    const uint8_t *text = tokens + sum;
    const uint32_t length = (uint32_t)(size - 1 - count - sum);
    if (dpae_tokens_build(states, tokens, lengths, count, false) == 0) {
        return 0;
    }
    uint32_t end = 0;
    const uint32_t token = dpae_tokens_find(states, text, length, &end);
    if (token > count || (token ? end : 0) != slow_end(tokens, lengths, count, text, length) ||
        (token && lengths[token - 1] > end)) {
        abort();
    }
    const uint8_t *found = tokens;
    for (uint32_t i = 0; token && i < token - 1; i++) {
        found += lengths[i];
    }
    if (token && memcmp(found, text + end - lengths[token - 1], lengths[token - 1]) != 0) {
        abort();
    }
    return 0;
}
