#ifndef DPAE_DAEMON_REHEARSAL_H
#define DPAE_DAEMON_REHEARSAL_H

#include "base/error.h"
#include "daemon/child.h"
#include "script/admission.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A policy and its classifiers are tried out in a process of their own before a worker is given
 * them: it loads them as a worker would, and what hangs or crashes there holds up no packet. It has
 * the rights of a worker, and no packets. A classifier that ends the process is left out of the
 * next one, which tries the others; when nobody knows why it ended, that is tried once more before.
 */
struct rehearsal {
    int orders_fd, noted_fd;      /* memory files of the next two */
    struct worker_orders *orders; /* the policy to rehearse; the caller writes it */
    struct rehearsal_record
        *noted; /* its results; written by the rehearsal, which is not trusted */

    /* the one that is under way, or the latest */
    const struct child *child; /* borrowed */
    pid_t pid;                 /* 0: none is under way */
    int output;
    uint64_t moved_ns;   /* monotonic: when it was seen to come further last */
    uint32_t place;      /* where it was then */
    uint64_t started_ns; /* the process */
    unsigned starts;     /* of processes */
    uint32_t left_out;   /* mask, by place in the set: who ended one of them */
    uint32_t suspect;    /* noted.loading when one was ended for no reason known, and 1; 0: none */
    char text[16384];    /* what it says is wrong, a line each: refusals.h */
    size_t length, told; /* told: of that, when its latest process was started */
};

enum rehearsal_result {
    REHEARSAL_UNDER_WAY,
    REHEARSAL_PASSED, /* what is wrong with some, if anything, is in text: they do not load */
    REHEARSAL_FAILED  /* nothing may be loaded; text says why, as far as it is known */
};

/* Makes its memory; rehearsal_close() in either case. */
int rehearsal_open(struct rehearsal *rehearsal, struct error *error);
void rehearsal_close(struct rehearsal *rehearsal);

/* Starts one with the policy in its orders and the configuration of this worker, which is not
 * touched, but has to stay. */
int rehearsal_start(struct rehearsal *rehearsal, const struct child *child, struct error *error);

/* What became of it; to be called until that is known. One that is too long at a classifier is
 * ended.
 */
enum rehearsal_result rehearsal_look(struct rehearsal *rehearsal, uint64_t now_ns);

/* Ends one that is under way. */
void rehearsal_stop(struct rehearsal *rehearsal);

#define REHEARSAL_COMMAND "rehearse"

/* The process. argv: rehearse CONFIG (the path that the text is from). */
int rehearsal_main(int argc, char **argv);

#endif
