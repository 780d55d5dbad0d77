#ifndef DPAE_STATUS_STATUS_H
#define DPAE_STATUS_STATUS_H

#include "base/error.h"
#include "status/snapshot.h"

#include <stdint.h>

/* A thread that shows over HTTP how the daemon is, to GET and HEAD:
 *   /         a page for people
 *   /status   the same as JSON
 *   /metrics  for Prometheus
 *   /health   200 when all is well, 503 and why otherwise
 * Everything else is refused. Nothing can be changed by it. */
struct status;

struct status_options {
    const char *address; /* of an interface of this machine, IPv4 or IPv6 without brackets */
    uint16_t port;       /* 0: any that is free */
    /* Fills the whole snapshot. Called from the thread, one call at a time. */
    void (*fill)(void *context, struct status_snapshot *snapshot);
    void *context;
};

/* Takes the port; who connects waits until the start. On failure returns a negative errno, and
 * *status is NULL. */
int status_open(struct status **status, const struct status_options *options, struct error *error);

/* Starts the thread, which has the privileges of the caller. */
int status_start(struct status *status, struct error *error);

uint16_t status_port(const struct status *status); /* the one it has */

/* Ends the thread. NULL is allowed. */
void status_close(struct status *status);

#endif
