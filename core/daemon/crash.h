#ifndef DPAE_DAEMON_CRASH_H
#define DPAE_DAEMON_CRASH_H

#include "daemon/child.h"

/* Saves the latest frames that a dead worker saw as a capture in directory, and says so in the log
 * and in child->crash_file. */
void crash_save(struct child *child, const char *directory);

#endif
