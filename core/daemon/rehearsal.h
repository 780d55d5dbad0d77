#ifndef DPAE_DAEMON_REHEARSAL_H
#define DPAE_DAEMON_REHEARSAL_H

#include "base/error.h"
#include "daemon/child.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Classifiers that changed are loaded in a process of their own first, as a worker would: what
 * hangs or crashes there holds up no packet. It has the rights of a worker, and no packets. */
struct rehearsal {
    pid_t pid; /* 0: none is under way */
    int output;
    uint64_t started_ns; /* monotonic */
    char text[16384];    /* what it says is wrong, a line each: refusals.h */
    size_t length;
};

enum rehearsal_result {
    REHEARSAL_UNDER_WAY,
    REHEARSAL_PASSED, /* what is wrong with some, if anything, is in text: they do not load */
    REHEARSAL_FAILED  /* nothing may be loaded; text says why, as far as it is known */
};

/* Starts one with the policy and the configuration of this worker. */
int rehearsal_start(struct rehearsal *rehearsal, const struct child *child, struct error *error);

/* What became of it; to be called until that is known. One that takes too long is ended. */
enum rehearsal_result rehearsal_look(struct rehearsal *rehearsal, uint64_t now_ns);

/* Ends one that is under way. */
void rehearsal_stop(struct rehearsal *rehearsal);

#define REHEARSAL_COMMAND "rehearse"

/* The process. argv: rehearse CONFIG (the path that the text is from). */
int rehearsal_main(int argc, char **argv);

#endif
