#ifndef DPAE_DAEMON_PUBLISH_H
#define DPAE_DAEMON_PUBLISH_H

#include "daemon/interface.h"
#include "daemon/storing.h"
#include "status/snapshot.h"

/* The structs that the tables of a snapshot are about: struct worker_counters, and */
struct interface_counters {
    uint64_t drops; /* lost by the interface before they were captured */
    uint64_t events_refused;
};

struct session_counters {
    uint64_t sessions;
    struct advice_counters advice;
    uint64_t waiting; /* advice, now */
};

/* The part of struct store_counters that consists of counters. */
#define PUBLISH_STORE_BYTES offsetof(struct store_counters, ready)

/* What the counters of a snapshot are. */
void publish_tables(struct status_tables *tables);

/* The interface's workers, its policy, and what of its classifiers is refused. The caller sees to
 * it that nobody supervises them meanwhile; what the workers write themselves may change at any
 * time. */
void publish_workers(const struct interface *interface, struct status_interface *out);

/* The database. As above, nobody supervises meanwhile. */
void publish_store(const struct storing *storing, struct status_store *out);

/* The rest of the interface: session, promiscuity. Asks the kernel, which may take a
 * while. Not after interface_stop(). */
void publish_interface(const struct interface *interface, struct status_interface *out);

#endif
