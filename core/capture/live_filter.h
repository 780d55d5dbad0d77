#ifndef DPAE_CAPTURE_LIVE_FILTER_H
#define DPAE_CAPTURE_LIVE_FILTER_H

#include <linux/filter.h>

enum { LIVE_FILTER_MAX = 256 };

/* A classic BPF program for Ethernet frames. */
struct live_filter {
    unsigned length; /* instructions */
    struct sock_filter code[LIVE_FILTER_MAX];
};

/* Builds the program of one worker (worker < workers): each frame passes exactly one of the
 * programs. The sum of a frame's two IP addresses selects it, regardless of direction, tags and
 * fragmentation. Worker 0 gets frames without addresses, too short for them, or with more than four
 * VLAN tags. */
void live_filter_build(struct live_filter *filter, unsigned worker, unsigned workers);

#endif
