#include "bytes/histogram.h"

#include "base/export.h"

#include <math.h>

DPAE_EXPORT void dpae_histogram_add(struct byte_histogram *histogram, const uint8_t *bytes,
                                    uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        uint32_t *count = &histogram->count[bytes[i]];
        *count += *count < UINT32_MAX;
    }
}

DPAE_EXPORT double dpae_histogram_total(const struct byte_histogram *histogram) {
    double total = 0;
    for (int i = 0; i < 256; i++) {
        total += histogram->count[i];
    }
    return total;
}

DPAE_EXPORT double dpae_histogram_entropy(const struct byte_histogram *histogram) {
    const double total = dpae_histogram_total(histogram);
    double sum = 0;
    for (int i = 0; i < 256; i++) {
        const double count = histogram->count[i];
        sum += count > 0 ? count * log2(count) : 0;
    }
    return total > 0 ? log2(total) - sum / total : 0;
}
