#include "base/counter.h"

static size_t place_of(const struct counter *counter, unsigned which) {
    return counter->offset + (size_t)which * counter->count * sizeof(uint64_t);
}

const uint64_t *counter_numbers(const struct counter *counter, const void *structure,
                                unsigned which) {
    return (const uint64_t *)(const void *)((const char *)structure + place_of(counter, which));
}

uint64_t counter_total(const struct counter *counter, const uint64_t *numbers) {
    uint64_t total = 0;
    for (unsigned i = 0; i < counter->count; i++) {
        total += !counter->name || counter->name(i) ? numbers[i] : 0;
    }
    return total;
}

static void add(const struct counter *counter, uint64_t *total, const uint64_t *more) {
    for (unsigned i = 0; i < counter->count; i++) {
        total[i] = more[i] + (counter->kind == COUNTER_SUM ? total[i] : 0);
    }
}

void counter_add(const struct counter_table *table, void *total, const void *more,
                 unsigned several) {
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        for (unsigned which = 0; which < several; which++) {
            add(counter, (uint64_t *)(void *)((char *)total + place_of(counter, which)),
                counter_numbers(counter, more, which));
        }
    }
}
