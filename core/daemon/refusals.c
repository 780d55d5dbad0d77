#include "daemon/refusals.h"

#include <stdio.h>
#include <string.h>

const char *refusals_split(const char *line, size_t length, size_t *name_length) {
    const char *tab = memchr(line, '\t', length);
    *name_length = tab ? (size_t)(tab - line) : 0;
    return tab ? tab + 1 : line;
}

static int place_of(const struct refusals *refusals, const char *classifier) {
    for (unsigned i = 0; i < refusals->count; i++) {
        if (strcmp(refusals->items[i].classifier, classifier) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Of the first classifier that is not there and of which that is known; or NULL. */
static const char *why_missing(const struct refusals *refusals,
                               const struct worker_counters *counters) {
    const uint32_t there = counters->ready | counters->scripts.quarantined;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        char name[SCRIPT_NAME_MAX];
        snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, counters->classifiers[i]);
        const int place = place_of(refusals, name);
        if (name[0] && !(there >> i & 1) && place >= 0) {
            return refusals->items[place].error;
        }
    }
    return NULL;
}

void refusals_describe(const struct refusals *refusals, const struct worker_shared *worker,
                       char *text, size_t size) {
    const bool partial = atomic_load(&worker->policy_outcome) == POLICY_PARTIAL;
    const char *why = partial ? why_missing(refusals, &worker->counters) : NULL;
    snprintf(text, size, "%.*s", (int)size - 1, why ? why : worker->policy_fault);
}

/* Its first error counts, and the time since when it is known from before. */
static void add(struct refusals *refusals, const struct refusal *fresh) {
    const int place = place_of(refusals, fresh->classifier);
    if (place >= 0) {
        struct refusal *known = &refusals->items[place];
        memcpy(known->error, fresh->error, sizeof known->error);
    } else if (refusals->count < sizeof refusals->items / sizeof refusals->items[0]) {
        refusals->items[refusals->count++] = *fresh;
    }
}

static void read_lines(struct refusals *refusals, const char *text, uint64_t now_ns) {
    while (*text) {
        struct refusal fresh = {.since_ns = now_ns};
        const size_t length = strcspn(text, "\n");
        size_t name;
        const char *const error = refusals_split(text, length, &name);
        snprintf(fresh.classifier, sizeof fresh.classifier, "%.*s", (int)name, text);
        snprintf(fresh.error, sizeof fresh.error, "%.*s", (int)(text + length - error), error);
        if (place_of(refusals, fresh.classifier) < 0) {
            add(refusals, &fresh);
        }
        text += length + (text[length] == '\n');
    }
}

void refusals_take(struct refusals *refusals, const char *text, bool passed, uint64_t now_ns) {
    struct refusals said = {0};
    read_lines(&said, text, now_ns);
    if (!passed && said.count == 0) {
        said.items[said.count++] =
            (struct refusal){.since_ns = now_ns, .error = "loading them failed"};
    }
    if (!passed) {
        for (unsigned i = 0; i < said.count; i++) {
            add(refusals, &said.items[i]);
        }
        return;
    }
    for (unsigned i = 0; i < said.count; i++) {
        const int place = place_of(refusals, said.items[i].classifier);
        said.items[i].since_ns = place < 0 ? now_ns : refusals->items[place].since_ns;
    }
    *refusals = said;
}
