#ifndef DPAE_DAEMON_LOCK_H
#define DPAE_DAEMON_LOCK_H

#include "base/error.h"

/* One daemon serves an interface at a time: a lock on a file in a folder that only root, or who
 * runs the daemon, may write to, so that nobody else can hold it. The file is named after the
 * interface and its network namespace, where other interfaces may have the same name. */
#define LOCK_DIRECTORY "/run/dpae"
#define LOCK_PATH      128

struct lock {
    int fd; /* -1: not taken; ends with its process, too */
    char path[LOCK_PATH];
};

/* Takes the lock for an interface of this process' network namespace; makes the folder when it is
 * not there. -EBUSY: another process holds it; another negative errno: the folder or the file is
 * not as it has to be. Errors say what to do. */
int lock_take(struct lock *lock, const char *directory, const char *interface, struct error *error);

/* Gives it back and removes the file; one that was not taken is allowed. */
void lock_release(struct lock *lock);

#endif
