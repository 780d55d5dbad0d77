#ifndef DPAE_WORKER_PRIVILEGE_H
#define DPAE_WORKER_PRIVILEGE_H

#include "base/error.h"

/* Whether a worker will be able to become that user and then read a folder or file (an absolute
 * path): 0, or a negative errno and what is in the way. For a process that has no threads yet: it
 * asks a child. When this is not root, workers stay who they are, and nothing is in the way; nor is
 * what does not exist. */
int privilege_check(const char *user, const char *path, struct error *error);

/* Becomes the user named (and its group, no others), without any capability and without a way back.
 * When this is not root already, only the latter. */
int privilege_drop(const char *user, struct error *error);

/* Keeps what starting a worker needs (raw sockets, network administration, changing user, ending
 * other users' workers) and gives up every other capability. Does nothing when not root. */
int privilege_reduce(struct error *error);

#endif
