#ifndef DPAE_CAPTURE_LIVE_LINK_H
#define DPAE_CAPTURE_LIVE_LINK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Inside of live*.c: what the kernel says about an interface (rtnetlink(7), RTM_GETLINK). */
struct live_link {
    bool up;                  /* administratively */
    unsigned promiscuity;     /* how many users hold it promiscuous */
    uint64_t interface_drops; /* frames that it missed or had no room for, since it is there */
};

/* Returns a socket to ask with, or a negative errno. */
int live_link_open(struct error *error);

/* -ENODEV: there is no such interface. */
int live_link_query(int fd, const char *interface, struct live_link *link, struct error *error);

#endif
