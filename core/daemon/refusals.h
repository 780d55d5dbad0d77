#ifndef DPAE_DAEMON_REFUSALS_H
#define DPAE_DAEMON_REFUSALS_H

#include "script/host.h"
#include "worker/shared.h"

#include <stdbool.h>
#include <stddef.h>
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

/* What is wrong with the policy in a worker, as text of size bytes. Of a classifier that could not
 * be loaded a worker knows no more than that: why it is as it was tried out. */
void refusals_describe(const struct refusals *refusals, const struct worker_shared *worker,
                       char *text, size_t size);

/* Takes what a rehearsal that ended at now_ns (wall clock) said. One that passed has tried all of
 * them out, and replaces what was known; one that failed adds to it. */
void refusals_take(struct refusals *refusals, const char *text, bool passed, uint64_t now_ns);

#endif
