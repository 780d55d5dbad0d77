#ifndef DPAE_DAEMON_SPAWN_H
#define DPAE_DAEMON_SPAWN_H

#include "base/error.h"

#include <sys/types.h>

/* This program once more, as a process of its own: workers and rehearsals. */
struct spawn_file {
    int from, to; /* a descriptor here, and its number there */
};

/* What all of them find in their environment; once, while there is one thread. -ENOMEM. */
int spawn_prepare(struct error *error);

/* Starts it with argv, which ends with NULL, and with files, whose numbers there are below `end`.
 * Of other descriptors it has those below `end` that exec does not close. What is `from` has to be
 * `end` or more, or it might be overwritten on the way (-EBADF). what: its name in a message. On
 * failure *pid is 0 and the result a negative errno. */
int spawn_self(const char *what, char *const argv[], const struct spawn_file *files, unsigned count,
               int end, pid_t *pid, struct error *error);

#endif
