#include "bytes/parse.h"
#include "bytes/quic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const uint8_t *bytes, size_t length) {
    if (bytes < data || length > size || (size_t)(bytes - data) > size - length) {
        abort();
    }
}

/* Parses the whole input, and its first half as a truncated capture. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint32_t lengths[] = {(uint32_t)size, (uint32_t)size / 2};
    for (int i = 0; i < 2; i++) {
        struct quic_initial initial;
        if (dpae_quic_initial(data, lengths[i], (uint32_t)size, &initial) == PARSE_WHOLE) {
            check_inside(data, lengths[i], initial.destination, initial.destination_length);
            check_inside(data, lengths[i], initial.source, initial.source_length);
        }
    }
    return 0;
}
