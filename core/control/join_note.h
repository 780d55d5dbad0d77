#ifndef DPAE_CONTROL_JOIN_NOTE_H
#define DPAE_CONTROL_JOIN_NOTE_H

#include "control/join.h"

#include <stddef.h>
#include <stdint.h>

/* The join machine's reports of problems, each with a remedy and at a limited rate. */
enum join_problem {
    JOIN_NO_REPLY,       /* no reply to a call */
    JOIN_BAD_STATUS,     /* the call was answered with an error */
    JOIN_BAD_REPLY,      /* 200 with an invalid body */
    JOIN_NOT_SEEN,       /* phase 2 failed */
    JOIN_NOT_CONFIRMED,  /* no confirmation frame arrived in time */
    JOIN_UNKNOWN_UUID,   /* the controller has forgotten the session */
    JOIN_SESSION_LOST,   /* keepalives failed */
    JOIN_POLICY_REFUSED, /* by the data plane */
    JOIN_PROBLEM_COUNT
};

/* When each problem of each call was last reported; zero-initialise. */
struct join_notes {
    struct join_note_limit {
        uint64_t reported_ns, interval_ns;
    } limits[JOIN_PROBLEM_COUNT][JOIN_CALL_KEEPALIVE + 1];
};

/* The circumstances of a problem. Only the members that concern it are read. */
struct join_problem_context {
    enum join_call call;
    long status;
    const char *body; /* body of the reply; JOIN_BAD_REPLY: the text of the error */
    size_t length;
    const char *if_name;
    uint16_t ethertype;
};

/* Writes the note of a problem, or leaves note unchanged while it is too early to report it again:
 * 1 s after the first report, then 2 s and so on up to 30 s. The intervals start over when the last
 * report is more than a minute old. */
void join_note(struct join_notes *notes, uint64_t now_ns, enum join_problem problem,
               const struct join_problem_context *at, char *note, size_t size);

#endif
