#ifndef DPAE_SCRIPT_LIMITS_H
#define DPAE_SCRIPT_LIMITS_H

#include "script/host.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The limits of classifier calls: of time, in CPU time of the thread, so that a busy machine fails
 * no script, and of memory. They hold for what the JIT compiler made, too:
 *
 * A timer ticks every few milliseconds of CPU time. The tick sees whether the same call is still
 * current, and sets a hook when that has lasted too long; setting hooks is safe in a signal
 * handler. Compiled code does not look at hooks, but LuaJIT's profiler, in line mode, makes it
 * return to the interpreter at each of its own ticks; there the hook raises the error, again and
 * again until the call is left. Which call is current costs nothing to know: another packet has
 * another view.serial, another classifier another exchange.current.
 *
 * The allocator sets the same hook when the memory is used up (memory.h).
 *
 * Nothing interrupts a C function. The tick tells how long it lasts (struct script_watch) and,
 * after SCRIPT_STUCK_MS, calls options.give_up().
 *
 * A process has one profiler: its hosts take turns, and one thread runs them all. */
#define LIMITS_MEMORY_TEXT                                                                         \
    "not enough memory: all classifiers together may use %d MiB (classifier_memory_mb)"
#define SCRIPT_LOAD_BUDGET_US 500000 /* to compile a file, run it, and call new() */

/* A call: of which classifier, on which packet, in which entry of Lua. */
struct limits_call {
    uint64_t entry;
    double serial;
    uint32_t classifier;
};

struct limits {
    struct script_watch *watch; /* borrowed, or unwatched */
    struct script_watch unwatched;
    script_give_up give_up; /* or NULL */

    bool open;

    /* read by the tick */
    _Atomic uint64_t entry;
    _Atomic uint32_t budget_us; /* of a call; 0: nothing is limited now */
    bool loading;
    /* written by the tick */
    struct limits_call seen;    /* the call that was current, */
    uint64_t seen_ns;           /* and the CPU time at which it was first seen */
    volatile sig_atomic_t over; /* it is to be stopped, */
    bool over_memory;           /* for its use of memory, not of time */
    volatile uint32_t late;     /* mask: whose call came to its end before it was stopped */
    /* written by the hook */
    volatile sig_atomic_t collecting; /* garbage; ticks do nothing */
    volatile sig_atomic_t stopped;
};

/* Readies host->limits and starts the ticks of this thread. */
int limits_open(struct script_host *host, const struct script_options *options,
                struct error *error);
void limits_close(struct script_host *host); /* before the VM is closed */

/* The pair around each entry of Lua, which the limits hold in. limits_leave() returns the mask of
 * classifiers a call of which was over its budget, and came to its end before it was stopped. */
void limits_enter(struct script_host *host, uint32_t budget_us, bool loading);
uint32_t limits_leave(struct script_host *host);

/* The process is being ended by this signal: tells who runs now, if anybody, and returns the host
 * that it runs in, or NULL. Safe in its handler. */
const struct script_host *limits_note_crash(int number);

/* After the cap was met: collects garbage, which is not charged to a call that is running. Returns
 * whether that was enough. */
bool limits_collect(struct script_host *host);

#endif
