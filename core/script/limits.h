#ifndef DPAE_SCRIPT_LIMITS_H
#define DPAE_SCRIPT_LIMITS_H

#include "base/export.h"
#include "script/host.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The limits of classifier calls: steps, CPU time, and memory (memory.h).
 *
 * Steps are counted by code added to each script's source (instrument.lua), so that they are
 * the same on every machine and in every run, and apply to compiled code, which ignores hooks.
 * Library functions charge steps for their work (steps.lua). Every few steps a call reaches a
 * check, dpae_limits_look(), which also tests CPU time and memory.
 *
 * CPU time is that of the thread, so that a busy machine does not fail scripts. It counts from
 * the call's first check. The clock is read at the first check after a tick (below), and at
 * least once in LIMITS_CLOCK_STEPS. Recognising a new call costs nothing: view.serial changes
 * with the packet, exchange.current with the classifier.
 *
 * As a backstop, a timer ticks every few milliseconds of CPU time. Its handler, which only
 * writes its own memory, publishes how long a call has gone without a check beyond its budget
 * (struct script_watch) and calls options.give_up() after SCRIPT_STUCK_MS. Where CPU time is
 * unlimited, it also calls it when a call takes SCRIPT_SLOW_MS.
 *
 * A check follows each slice of LIMITS_SLICE steps. While single steps may be slow (memory.h),
 * slices are shorter, and the extra checks test time only: steps are counted in whole
 * LIMITS_SLICEs, so that a call ends at the same place whatever the length of its slices.
 *
 * A process has one timer; its hosts take turns on one thread. */
#define SCRIPT_LOAD_BUDGET_US 500000 /* compile and run a file, and call new() */
#define SCRIPT_LOAD_STEPS     10000000
#define LIMITS_CLOCK_STEPS    4096
#define LIMITS_SLICE          64

/* Identifies a call (classifier, packet, entry of Lua) and counts its checks. */
struct limits_call {
    uint64_t entry, checks;
    double serial;
    uint32_t classifier;
};

struct limits {
    struct script_watch *watch; /* borrowed, or unwatched */
    struct script_watch unwatched;
    script_give_up give_up; /* or NULL */

    bool open;

    /* used by checks */
    struct limits_call timed; /* the call being timed, */
    uint64_t timed_ns;        /* CPU time at its first check, */
    double clock_steps;       /* steps left when the clock is read again */

    /* read by the tick */
    _Atomic uint64_t entry;
    _Atomic uint64_t checks;
    _Atomic bool entered;       /* Lua is running */
    _Atomic uint32_t budget_us; /* of a call; 0: CPU time is unlimited */
    bool loading;
    /* written by the tick */
    _Atomic bool ticked;     /* since a check last read the clock */
    struct limits_call seen; /* the current call, */
    uint64_t seen_ns;        /* CPU time at the first tick after its latest check, */
    uint64_t call_ns;        /* CPU time at its first tick */
};

/* ffi: begin */
/* Why a call must end, or what it must do first. */
enum limits_reason { LIMITS_GO_ON, LIMITS_STEPS, LIMITS_TIME, LIMITS_MEMORY, LIMITS_KEYS };

/* Charges steps to the current call of the running host; returns an enum limits_reason. */
int dpae_limits_look(struct script_exchange *exchange, double steps);
/* Ends a slice after this many steps of the current call; exchange->slice is then the next one.
 * Returns an enum limits_reason. */
int dpae_limits_end_slice(struct script_exchange *exchange, double steps);
/* ffi: end */

/* Initialises host->limits and starts the ticks of this thread. */
int limits_open(struct script_host *host, const struct script_options *options,
                struct error *error);
void limits_close(struct script_host *host); /* before the VM is closed */

/* Bracket each entry of Lua; the limits hold in between. Outside, Lua has unlimited steps. */
void limits_enter(struct script_host *host, uint32_t budget_us, bool loading);
void limits_leave(struct script_host *host);

/* For the handler of a fatal signal, and safe there: records the running classifier, if any,
 * and returns its host, or NULL. */
const struct script_host *limits_note_crash(int number);

#endif
