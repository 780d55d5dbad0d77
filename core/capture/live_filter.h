#ifndef DPAE_CAPTURE_LIVE_FILTER_H
#define DPAE_CAPTURE_LIVE_FILTER_H

#include <linux/filter.h>

enum { LIVE_FILTER_MAX = 256 };

/* A classic BPF program for Ethernet frames. */
struct live_filter {
    unsigned length; /* instructions */
    struct sock_filter code[LIVE_FILTER_MAX];
};

/* The program of one worker among so many (worker < workers): each frame passes exactly one of
 * them. With two IP addresses it is that of the sum of both, whichever way the frame goes, tagged
 * or not, fragment or not. Frames without, too short for their addresses, or with more than four
 * VLAN tags, pass the one of worker 0. */
void live_filter_build(struct live_filter *filter, unsigned worker, unsigned workers);

#endif
