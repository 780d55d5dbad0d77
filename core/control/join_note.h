#ifndef DPAE_CONTROL_JOIN_NOTE_H
#define DPAE_CONTROL_JOIN_NOTE_H

#include "control/join.h"

#include <stddef.h>
#include <stdint.h>

/* What the join machine tells of its troubles: each with what to check, and not over and over. */
enum join_trouble {
    JOIN_NO_REPLY,       /* to a call */
    JOIN_BAD_STATUS,     /* the call was answered with an error */
    JOIN_BAD_REPLY,      /* 200, but a body that is no good */
    JOIN_NOT_SEEN,       /* phase 2 ran out */
    JOIN_NOT_CONFIRMED,  /* no confirmation frame came in time */
    JOIN_UNKNOWN_UUID,   /* the controller has forgotten the session */
    JOIN_SESSION_LOST,   /* keepalives failed */
    JOIN_POLICY_REFUSED, /* by the data plane */
    JOIN_TROUBLE_COUNT
};

/* When each trouble of each call was told; zero-initialise. */
struct join_notes {
    struct join_note_pace {
        uint64_t told_ns, silence_ns;
    } pace[JOIN_TROUBLE_COUNT][JOIN_CALL_KEEPALIVE + 1];
};

/* What a note is about. Members that do not concern the trouble are not looked at. */
struct join_trouble_at {
    enum join_call call;
    long status;
    const char *body; /* of the reply; JOIN_BAD_REPLY: the text of the error */
    size_t length;
    const char *if_name;
    uint16_t ethertype;
};

/* Writes the note of a trouble, or nothing while it is too early to tell it again: 1 s after it was
 * told first, then 2 s and so on to 30 s; from the start when that was over a minute ago. */
void join_note(struct join_notes *notes, uint64_t now_ns, enum join_trouble trouble,
               const struct join_trouble_at *at, char *note, size_t size);

#endif
