#include "store/store.h"

#include <stdio.h>

const char *store_lost_name(enum store_lost reason) {
    static const char *const names[STORE_LOST_COUNT] = {
        [STORE_LOST_ROOM] = "no room",
        [STORE_LOST_REFUSED] = "refused by the server",
        [STORE_LOST_VERDICTS] = "verdicts",
        [STORE_LOST_SPOOL] = "damaged spool",
        [STORE_LOST_END] = "not written in time",
        [STORE_LOST_UNTAKEN] = "never left the worker"};
    return names[reason];
}

struct counter_line {
    char *text;
    size_t size, used;
};

static void describe(struct counter_line *line, const char *label, uint64_t number) {
    if (line->used < line->size) {
        const int added = snprintf(line->text + line->used, line->size - line->used, "%s%llu %s",
                                   line->used ? ", " : "", (unsigned long long)number, label);
        line->used += added > 0 ? (size_t)added : 0;
    }
}

static void describe_some(struct counter_line *line, const char *label, uint64_t number) {
    if (number > 0) {
        describe(line, label, number);
    }
}

void store_describe(const struct store_counters *counters, char *text, size_t size) {
    struct counter_line line = {.text = text, .size = size};
    uint64_t lost = 0;
    text[0] = '\0';
    describe(&line, "written", counters->written);
    describe_some(&line, "of them by way of the spool", counters->spooled);
    describe_some(&line, "left in the spool for the next start", counters->waiting_spool);
    describe_some(&line, "superseded", counters->superseded);
    describe_some(&line, "expired", counters->expired);
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        lost += counters->lost[i];
    }
    describe(&line, "lost", lost);
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        describe_some(&line, store_lost_name(i), counters->lost[i]);
    }
}
