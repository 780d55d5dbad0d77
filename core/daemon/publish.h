#ifndef DPAE_DAEMON_PUBLISH_H
#define DPAE_DAEMON_PUBLISH_H

#include "daemon/interface.h"
#include "daemon/storing.h"
#include "status/snapshot.h"

/* What the counters in a snapshot are called. */
void publish_names(struct status_names *names);

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
