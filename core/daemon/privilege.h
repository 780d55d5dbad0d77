#ifndef DPAE_DAEMON_PRIVILEGE_H
#define DPAE_DAEMON_PRIVILEGE_H

#include "base/error.h"

/* Becomes the user named (and its group, no others), without any capability and without a way back.
 * When this is not root already, only the latter. */
int privilege_drop(const char *user, struct error *error);

/* Keeps what starting a worker needs (raw sockets, network administration, changing user, ending
 * other users' workers) and gives up every other capability. Does nothing when not root. */
int privilege_reduce(struct error *error);

#endif
