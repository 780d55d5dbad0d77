#ifndef DPAE_DAEMON_FOLDERS_H
#define DPAE_DAEMON_FOLDERS_H

#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Tells when a .lua file in the folders of classifiers and helper modules, or in folders below the
 * latter, was written, linked, came, went, was renamed or got other rights, whatever way an editor
 * does it; and when one of the two folders itself is another one. */
#define FOLDERS_QUIET_NS                                                                           \
    UINT64_C(100000000)                     /* changes come in bunches: so long after the last,    \
                                             */
#define FOLDERS_LATE_NS UINT64_C(400000000) /* but not longer than that after the first */

#define FOLDERS_MAX   256 /* watched, all together */
#define FOLDERS_DEPTH 8   /* below the folder of the helper modules */

/* One of the two that the configuration names. */
struct folders_root {
    char path[512];
    bool below; /* folders in it are watched, too */
    struct folders_id {
        dev_t device;
        ino_t inode;
    } seen; /* what its name led to at the latest look; inode 0: to no folder */
};

struct folders {
    int fd;            /* to poll for input; -1: nothing is watched */
    uint64_t first_ns; /* monotonic, of changes that were not told; 0: none */
    uint64_t latest_ns;
    uint64_t looked_ns; /* at the roots */
    struct folders_root roots[2];
    struct folders_watch {
        int number; /* as events have it */
        bool below; /* folders in it are watched, too */
        char *path; /* owned */
    } watches[FOLDERS_MAX];
    unsigned count;
};

/* Watches the folders of this configuration. A folder that cannot be watched is an error; the
 * others are. What cannot be watched below them is logged, now and later. */
int folders_open(struct folders *folders, const struct config *config, struct error *error);
void folders_close(struct folders *folders);

/* Whether there were changes that have come to rest; true once for each bunch. To be called every
 * now and then, also without input: one of the two folders that is exchanged is noticed only then,
 * and logged. */
bool folders_changed(struct folders *folders, uint64_t now_ns);

#endif
