#ifndef DPAE_CAPTURE_LIVE_LINK_H
#define DPAE_CAPTURE_LIVE_LINK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Internal to live*.c: the kernel's data on an interface (rtnetlink(7), RTM_GETLINK). */
struct live_link {
    bool up;                  /* administratively */
    unsigned promiscuity;     /* number of users that keep it promiscuous */
    uint64_t interface_drops; /* frames that it missed or had no room for since its creation */
};

/* Returns a socket for queries, or a negative errno. */
int live_link_open(struct error *error);

/* Returns -ENODEV when there is no such interface. */
int live_link_query(int fd, const char *interface, struct live_link *link, struct error *error);

#endif
