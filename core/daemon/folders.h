#ifndef DPAE_DAEMON_FOLDERS_H
#define DPAE_DAEMON_FOLDERS_H

#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/* Tells when a .lua file in the folders of classifiers and helper modules was written, came, went
 * or was renamed, whatever way an editor does it. */
#define FOLDERS_QUIET_NS                                                                           \
    UINT64_C(100000000)                     /* changes come in bunches: so long after the last,    \
                                             */
#define FOLDERS_LATE_NS UINT64_C(400000000) /* but not longer than that after the first */

struct folders {
    int fd;            /* to poll for input; -1: nothing is watched */
    uint64_t first_ns; /* monotonic, of changes that were not told; 0: none */
    uint64_t latest_ns;
    char helpers[512]; /* the folder of the helper modules, whose folders are watched, too */
    int helpers_watch;
};

/* Watches the folders of this configuration. A folder that cannot be watched is an error; the
 * others are. */
int folders_open(struct folders *folders, const struct config *config, struct error *error);
void folders_close(struct folders *folders);

/* Whether there were changes that have come to rest; true once for each bunch. */
bool folders_changed(struct folders *folders, uint64_t now_ns);

#endif
