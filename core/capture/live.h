#ifndef DPAE_CAPTURE_LIVE_H
#define DPAE_CAPTURE_LIVE_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>

/* Live capture of one worker on one Ethernet interface: promiscuous, TPACKET_V3, non-blocking with
 * its own poll. Frames sent by this host are excluded unless requested. With several workers, each
 * socket filters by a symmetric hash of the two addresses, so that both directions and all
 * fragments reach the same worker, even after a restart. Frames without addresses go to worker 0.
 */
struct live;

enum { LIVE_WORKERS_MAX = 16 };

struct live_options {
    const char *interface;
    unsigned worker,
        workers; /* index of this worker, and the number of workers (1 to LIVE_WORKERS_MAX) */
    uint32_t buffer_bytes; /* size of the kernel's ring, made of 256 KiB blocks. Under traffic it
                              passes on one block per millisecond, so each block covers at most one
                              millisecond of a busy reader */
    const char *filter;    /* additional BPF expression, or NULL */
    bool outgoing; /* also capture frames that this host sends: only where no frames are returned */
};

struct live_counters {
    uint64_t received;        /* frames returned to the caller */
    uint64_t kernel_drops;    /* frames for this worker lost because its ring was full */
    uint64_t interface_drops; /* frames that the interface lost since the capture was opened, for
                                 any worker */
    uint64_t injected, inject_failed;
};

/* Opens the capture; no privilege is needed afterwards. Errors include the remedy: -ENODEV (no such
 * interface), -ENETDOWN (it is down), -EPERM (names the capability needed), -EINVAL (the filter
 * expression), -EPROTONOSUPPORT (not Ethernet), or another negative errno. On failure *live is
 * NULL. */
int live_open(struct live **live, const struct live_options *options, struct error *error);

/* Fills up to max (<= CAPTURE_BATCH) frames, valid until the next call. Waits for the first at most
 * timeout_ms, or until a signal. Returns their number, 0 on timeout, -ENETDOWN when the interface
 * was removed or went down (the caller closes and reopens later), otherwise another negative errno.
 */
int live_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms,
              struct error *error);

/* Sends frames back unchanged, in order, batched. Returns how many the interface accepted; the
 * others (longer than its MTU, queue full, interface down) are counted as failed. */
unsigned live_inject(struct live *live, const struct frame *frames, unsigned count);

/* Also reads the kernel's counters: not for the packet path. */
void live_get_counters(struct live *live, struct live_counters *counters);
void live_close(struct live *live); /* accepts NULL */

/* Queries the kernel (rtnetlink IFLA_PROMISCUITY) for the number of users that keep the interface
 * promiscuous: the interface's flags do not show libpcap's membership. */
int live_promiscuity(const char *interface, unsigned *users, struct error *error);

#endif
