#ifndef DPAE_DAEMON_CRASH_H
#define DPAE_DAEMON_CRASH_H

#include "daemon/child.h"

/* Saves the latest frames that a dead worker saw as a capture in directory, and says so in the log.
 */
void crash_save(const struct child *child, const char *directory);

#endif
