#ifndef DPAE_BASE_SIPHASH_H
#define DPAE_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a keyed hash for input that
 * outsiders choose. Too slow for every packet. */
void siphash_128(const uint64_t key[2], const void *bytes, size_t size, uint64_t hash[2]);

#endif
