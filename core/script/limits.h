#ifndef DPAE_SCRIPT_LIMITS_H
#define DPAE_SCRIPT_LIMITS_H

#include "base/export.h"
#include "script/host.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The limits of classifier calls: of steps, of CPU time, and of memory (memory.h).
 *
 * Steps are counted in the source of each script (instrument.lua), so they are the same on every
 * machine and in every run, and hold for compiled code, which heeds no hook. Library functions add
 * steps for the work that they do (steps.lua). Every few steps (steps.lua) a call comes by
 * dpae_limits_look(), which also sees whether CPU time or memory is used up.
 *
 * CPU time is that of the thread, so that a busy machine fails no script. It is counted from the
 * first look of a call on, and read at the first look after a tick (below), and at least once in
 * LIMITS_CLOCK_STEPS. Which call is current costs nothing
 * to know: another packet has another view.serial, another classifier another exchange.current.
 *
 * For the case that all of this fails, a timer ticks every few milliseconds of CPU time, shows how
 * long a call has come by no look beyond its budget (struct script_watch) and, when that is
 * SCRIPT_STUCK_MS, calls options.give_up(). So it does where CPU time is not limited, and a call
 * takes SCRIPT_SLOW_MS. Its handler only writes memory of its own.
 *
 * A call comes by a look after each slice of LIMITS_SLICE steps. Where single steps may be slow
 * (memory.h) slices are shorter, and then only see whether time is used up: steps are counted in
 * whole slices, so that a call ends at the same place however long its slices are.
 *
 * A process has one timer: its hosts take turns, and one thread runs them all. */
#define SCRIPT_LOAD_BUDGET_US 500000 /* to compile a file, run it, and call new() */
#define SCRIPT_LOAD_STEPS     10000000
#define LIMITS_CLOCK_STEPS    4096
#define LIMITS_SLICE          64

/* A call: of which classifier, on which packet, in which entry of Lua; and how often Lua came by a
 * look by then. */
struct limits_call {
    uint64_t entry, looks;
    double serial;
    uint32_t classifier;
};

struct limits {
    struct script_watch *watch; /* borrowed, or unwatched */
    struct script_watch unwatched;
    script_give_up give_up; /* or NULL */

    bool open;

    /* by looks */
    struct limits_call timed; /* the call whose CPU time is counted, */
    uint64_t timed_ns;        /* the CPU time at its first look, */
    double clock_steps;       /* and the steps that it has left when the clock is read again */

    /* read by the tick */
    _Atomic uint64_t entry;
    _Atomic uint64_t looks;
    _Atomic bool entered;       /* Lua runs */
    _Atomic uint32_t budget_us; /* of a call; 0: CPU time is not limited */
    bool loading;
    /* written by the tick */
    _Atomic bool ticked;     /* since a look has read the clock */
    struct limits_call seen; /* the call that was current, */
    uint64_t seen_ns;        /* the CPU time at which it was first seen after its latest look, */
    uint64_t call_ns;        /* and at which it was first seen */
};

/* ffi: begin */
/* Why a call has to end, or what it has to do first. */
enum limits_reason { LIMITS_GO_ON, LIMITS_STEPS, LIMITS_TIME, LIMITS_MEMORY, LIMITS_KEYS };

/* Takes steps off the current call of the host that runs; returns an enum limits_reason. */
int dpae_limits_look(struct script_exchange *exchange, double steps);
/* A slice ends after so many steps, which belong to the current call; exchange->slice is then the
 * next one. Returns an enum limits_reason. */
int dpae_limits_end_slice(struct script_exchange *exchange, double steps);
/* ffi: end */

/* Readies host->limits and starts the ticks of this thread. */
int limits_open(struct script_host *host, const struct script_options *options,
                struct error *error);
void limits_close(struct script_host *host); /* before the VM is closed */

/* The pair around each entry of Lua, which the limits hold in. Outside of it Lua has all steps. */
void limits_enter(struct script_host *host, uint32_t budget_us, bool loading);
void limits_leave(struct script_host *host);

/* The process is being ended by this signal: notes who runs now, if anybody, and returns the host
 * that it runs in, or NULL. Safe in its handler. */
const struct script_host *limits_note_crash(int number);

#endif
