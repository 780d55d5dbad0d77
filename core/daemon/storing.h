#ifndef DPAE_DAEMON_STORING_H
#define DPAE_DAEMON_STORING_H

#include "base/error.h"
#include "config/config.h"
#include "daemon/interface.h"
#include "store/store.h"

#include <stdatomic.h>

/* The store of the daemon: what all workers put into their second rings, into one database. */
struct storing {
    struct store *store;          /* NULL: there is none */
    struct interface *interfaces; /* borrowed */
    unsigned count;
    unsigned interface, worker;   /* whose ring is read next */
    atomic_uint_fast64_t refused; /* events that cannot be */
};

/* Does nothing unless the configuration enables it. Workers run already. */
int storing_start(struct storing *storing, const struct config *config,
                  struct interface *interfaces, unsigned count, struct error *error);

/* Counters so far; STORE_LOST_UNTAKEN is what never left its worker, or was no event. Does nothing,
 * and returns false, when there is no store. Nobody supervises the workers meanwhile. */
bool storing_get_counters(const struct storing *storing, struct store_counters *counters);

/* After the workers' end: takes what is left in the rings, writes for flush_ms at most, and logs
 * the totals. */
void storing_stop(struct storing *storing, uint64_t flush_ms);

#endif
