#include "base/siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[4], unsigned count) {
    while (count-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

void siphash_128(const uint64_t key[2], const void *bytes, size_t size, uint64_t hash[2]) {
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull ^ 0xee,
                     key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull};
    const uint8_t *at = bytes;
    uint64_t word;
    for (size_t left = size / 8; left > 0; left--, at += 8) {
        memcpy(&word, at, 8);
        absorb(v, le64toh(word));
    }
    word = 0;
    memcpy(&word, at, size % 8);
    absorb(v, le64toh(word) | (uint64_t)size << 56);
    v[2] ^= 0xee;
    rounds(v, 4);
    hash[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(v, 4);
    hash[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
