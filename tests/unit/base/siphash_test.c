#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Key 00 01 .. 0f, input 00 01 ..; the results are OpenSSL's (its MAC "SIPHASH", size 16). */
static const struct {
    size_t size;
    uint64_t hash[2];
} vectors[] = {
    {0, {0xe6a825ba047f81a3ull, 0x930255c71472f66dull}},
    {1, {0x44af996bd8c187daull, 0x45fc229b11597634ull}},
    {7, {0x53c1dbd8beebf1a1ull, 0x3982f01fa64ab8c0ull}},
    {8, {0x61f55862baa9623bull, 0xb49714f364e2830full}},
    {15, {0x11a8b03399e99354ull, 0xd9c3cf970fec087eull}},
    {16, {0xbb54b067caa4e26eull, 0x77052385bf1533fdull}},
    {63, {0x4a83502f77d15051ull, 0x7cbd3f979a063e50ull}},
};

static void results_match_openssl(void **state) {
    (void)state;
    const uint64_t key[2] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
    uint8_t input[64];
    for (size_t i = 0; i < sizeof input; i++) {
        input[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint64_t hash[2];
        siphash_128(key, input, vectors[i].size, hash);
        assert_memory_equal(hash, vectors[i].hash, sizeof hash);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(results_match_openssl)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
