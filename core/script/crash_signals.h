#ifndef DPAE_SCRIPT_CRASH_SIGNALS_H
#define DPAE_SCRIPT_CRASH_SIGNALS_H

#include "base/error.h"
#include "script/host.h"

/* Installs handlers for fatal signals such as SIGSEGV. A handler records in
 * script_options.watch which classifier was running, calls crash_handler (or NULL), and lets the
 * signal end the process. Signals that already have a handler are left alone. Call it on the
 * thread that runs classifiers. Costs nothing per call. */
int crash_signals_install(script_crash_handler crash_handler, struct error *error);

#endif
