#ifndef DPAE_BASE_COUNTER_H
#define DPAE_BASE_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counters are described once, in tables: the place of the numbers, the rule that adds them up, and
 * their names. /status, /metrics, the status page and the summary of dpae replay are made from the
 * tables, so that a new counter takes a member of a struct, the line that counts, a row, and a
 * row in docs/operating.md. Tests fail for a member without a row and for a row without its place
 * in the manual. */

enum counter_kind {
    COUNTER_SUM,   /* counts up; those of a worker and of the one that replaces it add up */
    COUNTER_SET,   /* counts up; starts again with another set of classifiers or another worker */
    COUNTER_LEVEL, /* goes up and down: the latest value holds */
};

enum counter_unit { COUNTER_NUMBER, COUNTER_BYTES, COUNTER_MILLISECONDS };

/* How the summary of dpae replay shows a counter. All zero: it does not. */
struct counter_summary {
    const char *label;   /* of the line with the number, or with the sum of an array */
    bool zero;           /* that line is printed for 0, too */
    uint8_t level;       /* of the lines of an array's numbers, which are never printed for 0; */
    const char *members; /* in front of each name: "ended: "; NULL: no such lines */
};

/* One uint64_t, or an array of them, each with a name of its own. */
struct counter {
    size_t offset;                      /* in the struct that the table is about */
    unsigned count;                     /* of the array, or 1 */
    const char *label;                  /* in /metrics: what distinguishes the numbers */
    const char *(*name)(unsigned part); /* of one of them; NULL: that one is not shown */

    enum counter_kind kind;
    enum counter_unit unit;
    bool loss; /* anything but 0 is marked on the page */

    const char *member; /* in /status */
    const char *metric; /* in /metrics */
    const char *title;  /* on the page: plain ASCII without markup */
    const char *help;   /* a sentence, in /metrics */
    struct counter_summary summary;

    const char *elsewhere; /* not shown but perhaps in the summary, since the number is there; then
                              member to help are NULL */
};

/* The place of a member, a uint64_t or an array of them. */
#define COUNTER_AT(structure, place)                                                               \
    .offset = offsetof(structure, place),                                                          \
    .count = sizeof(((structure *)0)->place) / sizeof(uint64_t)

struct counter_table {
    const struct counter *rows;
    unsigned count;
};

/* For the definition of a table. */
#define COUNTER_TABLE(of_rows)                                                                     \
    { .rows = (of_rows), .count = sizeof(of_rows) / sizeof(of_rows)[0] }

/* The numbers of a counter in a struct that its table is about. For a table of which the struct has
 * several, such as one for each classifier, which says which one; otherwise it is 0. */
static inline const uint64_t *counter_numbers(const struct counter *counter, const void *structure,
                                              unsigned which) {
    const char *first = (const char *)structure + counter->offset;
    return (const uint64_t *)(const void *)first + (size_t)which * counter->count;
}

/* The sum of the numbers of a counter that are shown. */
static inline uint64_t counter_total(const struct counter *counter, const uint64_t *numbers) {
    uint64_t total = 0;
    for (unsigned i = 0; i < counter->count; i++) {
        total += !counter->name || counter->name(i) ? numbers[i] : 0;
    }
    return total;
}

/* Adds each number of *more that counts up to *total; of the others total gets those of more. Both
 * are structs that the table is about, with room for `several` in turn, as above. */
static inline void counter_add(const struct counter_table *table, void *total, const void *more,
                               unsigned several) {
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        const uint64_t *from = counter_numbers(counter, more, 0);
        uint64_t *to = (uint64_t *)(void *)((char *)total + counter->offset);
        for (unsigned j = 0; j < counter->count * several; j++) {
            to[j] = from[j] + (counter->kind == COUNTER_SUM ? to[j] : 0);
        }
    }
}

#endif
