#ifndef DPAE_DAEMON_DAEMON_H
#define DPAE_DAEMON_DAEMON_H

#include "base/error.h"
#include "config/config.h"
#include "event/event.h"
#include "policy/policy_text.h"

#include <stdbool.h>
#include <stddef.h>

/* The control process: starts the workers of every interface and looks after them, holds the
 * sessions with the controller, until SIGTERM or SIGINT. */
struct daemon_options {
    struct config *config;  /* read from a file, whose text goes to the workers; SIGHUP reads it
                               again  and changes what may change */
    const char *interfaces; /* comma separated */
    const char *version;
    struct event_recorder recorder; /* gets every event; calls do not overlap */
    void (*ending)(void *context);  /* of the recorder: what follows are the last events, for which
                                     * there are some seconds; does not overlap either */
    const struct policy_text *policy; /* standalone; NULL: ask the controller */
    const char *policy_path; /* where it came from, and comes from again at SIGHUP; NULL as above */
};

/* Returns 0 after an orderly end, or a negative errno when it could not start. */
int daemon_run(const struct daemon_options *options, struct error *error);

#endif
