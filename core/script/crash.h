#ifndef DPAE_SCRIPT_CRASH_H
#define DPAE_SCRIPT_CRASH_H

#include "base/error.h"

/* From here on a signal that ends this process, as after a wrong access to memory, tells which
 * classifier ran at that time, if any: script_options.watch. The process ends by it all the same. A
 * signal that has a handler already is left alone. For the thread that runs classifiers; costs
 * their calls nothing. */
int crash_tell(struct error *error);

#endif
