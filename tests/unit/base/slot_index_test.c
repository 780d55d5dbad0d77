#include "base/slot_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SLOTS 200

static bool contains(const struct slot_index *index, uint64_t hash, uint32_t expected) {
    uint32_t at = slot_index_home(index, hash);
    for (uint32_t slot; (slot = slot_index_next(index, hash, &at)) != SLOT_NONE;) {
        if (slot == expected) {
            return true;
        }
    }
    return false;
}

/* Few distinct hashes, some at the very end of the table: runs collide and wrap around. */
static uint64_t hash_of(uint32_t slot, unsigned spread) {
    const uint64_t step = UINT64_MAX / spread;
    return UINT64_MAX - (slot % spread) * step;
}

static void a_slot_is_found_until_it_is_erased(void **state) {
    (void)state;
    static const unsigned spreads[] = {1, 2, 7, 50, 1000};
    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
        struct slot_index index = {.size = slot_index_size(SLOTS)};
        index.entries = calloc(index.size, sizeof *index.entries);
        assert_non_null(index.entries);
        bool model[SLOTS] = {false};
        uint32_t random = 1;
        for (unsigned step = 0; step < 5000; step++) {
            random = random * 1664525 + 1013904223;
            const uint32_t slot = (random >> 8) % SLOTS;
            const uint64_t hash = hash_of(slot, spreads[i]);
            if (model[slot]) {
                slot_index_erase(&index, hash, slot);
            } else {
                slot_index_insert(&index, hash, slot);
            }
            model[slot] = !model[slot];
            const uint32_t other = (random >> 16) % SLOTS;
            assert_int_equal(contains(&index, hash_of(other, spreads[i]), other), model[other]);
        }
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            assert_int_equal(contains(&index, hash_of(slot, spreads[i]), slot), model[slot]);
            slot_index_erase(&index, hash_of(slot, spreads[i]),
                             slot); /* erasing twice is harmless */
            slot_index_erase(&index, hash_of(slot, spreads[i]), slot);
        }
        for (uint32_t at = 0; at < index.size; at++) {
            assert_true(index.entries[at] == 0);
        }
        free(index.entries);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_found_until_it_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
