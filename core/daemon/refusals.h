#ifndef DPAE_DAEMON_REFUSALS_H
#define DPAE_DAEMON_REFUSALS_H

#include "daemon/shared.h"
#include "script/host.h"

#include <stdbool.h>
#include <stdint.h>

/* Classifiers whose files, as they are now, were refused when they were tried out: what was loaded
 * before stays in force. Zero-initialise. */
struct refusal {
    char classifier[SCRIPT_NAME_MAX]; /* empty: nobody knows which, nothing was loaded */
    uint64_t since_ns;                /* wall clock; it was refused first, and each time since */
    char error[512];                  /* the first line, as a rehearsal said it */
};

struct refusals {
    struct refusal items[SCRIPT_CLASSIFIERS_MAX + 1];
    unsigned count;
};

/* A line of a rehearsal: the name of a classifier, a tab, what is wrong; without a tab, what is
 * wrong with nobody knows whom. Returns where the latter begins, and the name's length. */
const char *refusals_split(const char *line, size_t length, size_t *name_length);

/* NULL: nothing of it was refused. */
const struct refusal *refusals_find(const struct refusals *refusals, const char *classifier);

/* Why a classifier that a worker does not have could not be loaded, as it was tried out; a worker
 * knows no more than that. NULL: nobody knows. */
const char *refusals_of_missing(const struct refusals *refusals,
                                const struct worker_counters *counters);

/* Takes what a rehearsal that ended at now_ns (wall clock) said. One that passed has tried all of
 * them out, and replaces what was known; one that failed adds to it. */
void refusals_take(struct refusals *refusals, const char *text, bool passed, uint64_t now_ns);

#endif
