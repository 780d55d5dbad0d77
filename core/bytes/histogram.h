#ifndef DPAE_BYTES_HISTOGRAM_H
#define DPAE_BYTES_HISTOGRAM_H

#include <stdint.h>

/* How often each byte value occurs, for lua/entropy.lua. */
/* ffi: begin */
struct byte_histogram {
    uint32_t count[256]; /* each stays at its maximum */
};

void dpae_histogram_add(struct byte_histogram *histogram, const uint8_t *bytes, uint32_t length);
/* How many bytes were counted. */
double dpae_histogram_total(const struct byte_histogram *histogram);
/* Shannon's entropy in bits per byte, 0 to 8; 0 when nothing was counted. */
double dpae_histogram_entropy(const struct byte_histogram *histogram);
/* ffi: end */

#endif
