#ifndef DPAE_SCRIPT_CRASH_H
#define DPAE_SCRIPT_CRASH_H

#include "base/error.h"
#include "script/host.h"

/* Installs handlers for fatal signals such as SIGSEGV. A handler records in
 * script_options.watch which classifier was running, calls last_words (or NULL), and lets the
 * signal end the process. Signals that already have a handler are left alone. Call it on the
 * thread that runs classifiers. Costs nothing per call. */
int crash_tell(script_last_words last_words, struct error *error);

#endif
