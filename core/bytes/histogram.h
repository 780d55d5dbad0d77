#ifndef DPAE_BYTES_HISTOGRAM_H
#define DPAE_BYTES_HISTOGRAM_H

#include <stdint.h>

/* Counts of the byte values, for lua/entropy.lua. */
/* ffi: begin */
struct byte_histogram {
    uint32_t count[256]; /* saturating */
};

void dpae_histogram_add(struct byte_histogram *histogram, const uint8_t *bytes, uint32_t length);
/* Returns the number of bytes counted. */
double dpae_histogram_total(const struct byte_histogram *histogram);
/* Returns Shannon's entropy in bits per byte, 0 to 8; 0 for an empty histogram. */
double dpae_histogram_entropy(const struct byte_histogram *histogram);
/* ffi: end */

#endif
