#ifndef DPAE_CAPTURE_LIVE_H
#define DPAE_CAPTURE_LIVE_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>

/* Live capture of one worker on one Ethernet interface: promiscuous, TPACKET_V3, non-blocking with
 * a poll of its own. Frames that this host sent are not seen
 * unless asked for. With several workers each socket has
 * a filter of its own on a symmetric hash of the two addresses, so that both directions and all
 * fragments meet in one worker, the same after a restart; what has no address goes to worker 0. */
struct live;

enum { LIVE_WORKERS_MAX = 16 };

struct live_options {
    const char *interface;
    unsigned worker, workers; /* this one, of so many (1 to LIVE_WORKERS_MAX) */
    uint32_t buffer_bytes;    /* of the kernel's ring, made of blocks of 256 KiB. A block is handed
                               * over once a millisecond where there is traffic: a ring bridges that
                               * many milliseconds of a reader that is busy, if not less */
    const char *filter;       /* a further BPF expression, or NULL */
    bool outgoing;            /* also what this host sends: where nothing is returned */
};

struct live_counters {
    uint64_t received;        /* frames handed out */
    uint64_t kernel_drops;    /* for this worker, but its ring was full */
    uint64_t interface_drops; /* lost by the interface, for whichever worker, since it was opened */
    uint64_t injected, inject_failed;
};

/* Opens the capture, after which no further privilege is needed. Errors say what to do: -ENODEV
 * (there is no such interface), -ENETDOWN (it is down), -EPERM (which capability is needed),
 * -EINVAL (the filter expression), -EPROTONOSUPPORT (no Ethernet), or another negative errno. On
 * failure *live is NULL. */
int live_open(struct live **live, const struct live_options *options, struct error *error);

/* Fills up to max (<= CAPTURE_BATCH) frames, valid until the next call. Waits at most timeout_ms
 * for the first, or until a signal. Returns how many, 0 when none came, -ENETDOWN when the
 * interface went away or down (the caller closes and opens again later), another negative errno
 * otherwise. */
int live_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms,
              struct error *error);

/* Sends frames back as they are, in order, batched. Returns how many the interface took; the others
 * (longer than its MTU, no room in its queue, it is down) are counted as failed. */
unsigned live_inject(struct live *live, const struct frame *frames, unsigned count);

/* Reads the kernel's counters too: not for the packet path. */
void live_get_counters(struct live *live, struct live_counters *counters);
void live_close(struct live *live); /* NULL is allowed */

/* Asks the kernel (rtnetlink IFLA_PROMISCUITY) how many users hold the interface promiscuous:
 * libpcap's membership does not show in the interface's flags. */
int live_promiscuity(const char *interface, unsigned *users, struct error *error);

#endif
