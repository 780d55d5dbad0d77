#ifndef DPAE_SCRIPT_CRASH_H
#define DPAE_SCRIPT_CRASH_H

#include "base/error.h"
#include "script/host.h"

/* From here on a signal that ends this process, as after a wrong access to memory, tells which
 * classifier ran at that time, if any: script_options.watch, then last_words (or NULL). The process
 * ends by it all the same. A signal that has a handler already is left alone. For the thread that
 * runs classifiers, which calls this; costs their calls nothing. */
int crash_tell(script_last_words last_words, struct error *error);

#endif
