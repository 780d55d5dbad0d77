#ifndef DPAE_SCRIPT_HOST_H
#define DPAE_SCRIPT_HOST_H

#include "base/error.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "policy/policy.h"
#include "script/admission.h"
#include "script/flow_view.h"
#include "script/log_queue.h"
#include "script/profile.h"

#include <stdbool.h>
#include <stdint.h>

/* One LuaJIT VM that runs a set of classifiers. The loop over a batch is Lua
 * (core/script/lua/loop.lua), so that the JIT compiles it together with the classifiers; it pulls
 * each packet through one FFI call. */
struct script_host;

#define SCRIPT_NAME_MAX   POLICY_NAME_MAX
#define SCRIPT_WHY_MAX    200
#define SCRIPT_WHERE_TEXT 256

/* CPU time of one call over its budget after which nothing ends it but the end of the process. The
 * limit of steps stops a call long before; this is for a defect of dpae or of LuaJIT. CPU time
 * counts from where the call came by its limits last. */
#define SCRIPT_STUCK_MS           1000
#define SCRIPT_STUCK_UNLIMITED_MS 10000
#define SCRIPT_SLOW_MS            10000

/* What a thread that runs classifiers tells of them every few milliseconds of CPU time, in memory
 * that may be shared with another process. Zero-initialise. */
struct script_watch {
    _Atomic uint64_t moved_ns;        /* monotonic time at which another call was last seen */
    _Atomic uint32_t stuck_ms;        /* CPU time that a call is over its budget; 0: none is */
    _Atomic uint32_t crashed;         /* the signal that ended the process in a call; 0: none */
    uint64_t file;                    /* admission_hash() of the classifier's own file */
    char classifier[SCRIPT_NAME_MAX]; /* whose */
};

/* A classifier for which a process that ran it had to be ended. It is not loaded before the wait is
 * over: options.quarantine_ns, doubled with each strike but the first; or its file is another one.
 */
struct script_offence {
    char classifier[SCRIPT_NAME_MAX];
    uint64_t file;    /* as in script_watch */
    uint32_t strikes; /* 0: this one is unused */
    uint64_t time_ns; /* of the latest, wall clock */
};

/* Why a classifier leaves nothing to do but to end the process. */
enum script_end {
    SCRIPT_STUCK,    /* for SCRIPT_STUCK_MS, in spite of its limits */
    SCRIPT_SLOW,     /* one call takes SCRIPT_SLOW_MS within its steps, where no time limits it */
    SCRIPT_EXHAUSTED /* it used four times the memory that there is before it could be stopped */
};

/* Called in a signal handler or an allocator, Lua being below; must end the process, or return when
 * somebody else will. place: file and line of classifier(), or empty. */
typedef void (*script_give_up)(enum script_end why, const char *classifier, const char *place);

/* Ends the process with status 1: says on stderr which classifier leaves no choice, and why, and
 * flushes what was written to files so far. For a script_give_up of a program with nobody above it:
 * Lua is below, not stdio, whose files may therefore be flushed. */
_Noreturn void script_end_process(enum script_end why, const char *classifier, const char *place);

/* A signal that is ending the process, as its handler knows it. Texts are borrowed. */
struct script_crash {
    int number;             /* of the signal */
    const char *classifier; /* that runs, or is being loaded; "": none */
    const char *place;      /* file and line of its classifier(); "": it is being loaded */
    const char *where;      /* which packet, as script_error_class has it; or "" */
};

/* Called in the handler of the signal, whatever the process was doing; while a classifier runs that
 * is Lua, and no file of stdio is in use. When it returns the process ends by the signal. */
typedef void (*script_last_words)(const struct script_crash *crash);

/* Says on stderr what crash says, and that it is a defect to be reported: script_last_words of a
 * program with nobody above it. */
void script_tell_crash(const struct script_crash *crash);

/* An error of a classifier. Texts are borrowed during the call that tells it, and may hold any
 * bytes. */
struct script_error {
    unsigned classifier;
    bool here;           /* on the packet that the view shows; false: on an earlier one */
    const char *file;    /* the parts of text */
    unsigned line;       /* 0: the file as a whole */
    const char *message; /* what is wrong */
    const char *source;  /* the line; "": not known */
    const char *text;    /* as script_host_last_error(), without the classifier's name */
    uint64_t count;      /* of errors at this place so far, this one included; those of more places
                            than are told apart (script_host_error_class()) count together */
};

/* Who is told of each error, after the call in which it came; NULL: nobody. */
struct script_error_sink {
    void (*tell)(void *context, const struct script_error *error);
    void *context;
};

struct script_options {
    const char *classifiers_directory; /* copied, like every string here */
    const char *lua_directory;         /* what `require` in a classifier may load */
    const struct yaml_node *settings;  /* classifier name -> settings for new(); or NULL; borrowed
                                          for the host's life */
    uint32_t steps;                    /* that one call of classifier() may take: limits.h */
    uint32_t budget_us;  /* CPU time that one call may take; 0: it decides nothing, so that results
                            depend on scripts and packets alone */
    uint32_t memory_mb;  /* that all classifiers together may hold */
    uint32_t errors_max; /* this many errors of a classifier within errors_window_ns of packet */
    uint64_t errors_window_ns; /* time, and it is quarantined; 0: never */
    uint64_t quarantine_ns; /* for how long the first time; doubled each time after, to 64 times */
    struct script_watch *watch;            /* or NULL; borrowed */
    const struct script_offence *offences; /* SCRIPT_CLASSIFIERS_MAX of them, or NULL; borrowed */
    script_give_up give_up;                /* or NULL */
    script_last_words last_words;          /* or NULL */
    struct script_error_sink errors;
    struct admission_trial *noted;    /* filled when classifiers are loaded; or NULL; borrowed */
    const struct admission *admitted; /* instead of files; NULL: files are read; borrowed; it may
                                         change between calls of the host */
    bool profile; /* count calls, their time and the JIT compiler's aborts; else no cost */
};

/* What the Lua loop and its source of packets exchange. The source is what pulls packets through
 * decode and flow table: core/pipeline. What is between the markers is also given to ffi.cdef(). */
/* ffi: begin */
enum {
    SCRIPT_CLASSIFIERS_MAX = 16,           /* of a set */
    SCRIPT_NOBODY = SCRIPT_CLASSIFIERS_MAX /* current: no classifier runs */
};

struct script_exchange {
    /* Settles the results of the packet before (below), then goes on to the next packet that some
     * classifier still wants, fills the view and returns those classifiers as a mask (bit i:
     * classifier i of the set); 0 at the end of the batch, and before a packet for which
     * script_host_due(). */
    uint32_t (*next)(void *source);
    void *source;
    struct flow_view *view;
    const uint64_t *number; /* of the packet that the view shows, for messages; or NULL */
    uint64_t
        time_ns; /* packet time; written by next() for each packet that some classifier wants */
    /* script_host_tick() is due as script_host_due() says; written by the host */
    uint64_t due_from_ns, due_in_ns;
    /* written by Lua, read and cleared by next() */
    uint32_t finalised;                        /* mask: who finalised the flow on this packet */
    uint32_t spoke;                            /* mask: whose treatment[] is set */
    uint8_t treatment[SCRIPT_CLASSIFIERS_MAX]; /* enum treatment, by classifier */
    /* between Lua and the host */
    double steps;      /* that the current call has left; below 0: it is to end */
    double slice;      /* of them, from the latest look to the next one */
    double spent;      /* of the LIMITS_SLICE that the slices since the latest count are parts of */
    double next_slice; /* for slices that begin from now on; written by memory.c */
    bool memory_due;   /* more memory is in use than classifiers may hold: garbage may be a part */
    bool memory_full;  /* it is not: the host has to free some */
    uint32_t current;  /* which classifier runs, or SCRIPT_NOBODY */
    bool loading;      /* that one is being loaded */
    uint32_t oversized; /* mask of those with a table of too many keys (memory.h) */
    uint32_t wanted;    /* mask of the current packet */
    uint32_t forgotten_count, forgotten_capacity; /* slots whose flow.state is to be freed */
    uint32_t *forgotten; /* owned by Lua; full: there may be others than these */
    /* by Lua for next() again, which clears explained */
    uint32_t explained; /* mask: of those that spoke, whose why[] is set */
    char why[SCRIPT_CLASSIFIERS_MAX][SCRIPT_WHY_MAX]; /* "name=value, name=value", printable */
};

/* Appends "name=value" to the why[] of a classifier, of which used bytes (without the NUL) are
 * filled; 0: the first one. What is not printable is escaped as \DDD, a backslash as two; what is
 * too long ends in "...". Returns the bytes that are filled now. */
uint32_t dpae_why_add(struct script_exchange *exchange, uint32_t classifier, uint32_t used,
                      const char *name, uint32_t name_length, const char *value,
                      uint32_t value_length);
/* ffi: end */

/* Makes the VM with its allow-listed environment. Its limits are counted in CPU time of the calling
 * thread, which is the one to run it. On failure *host is NULL. */
int script_host_new(struct script_host **host, const struct script_options *options,
                    struct error *error);
void script_host_free(struct script_host *host); /* NULL is allowed */

/* Compiles and instantiates the classifiers names[0..count), classifier i of the set being
 * names[i]; replaces the set before. One that was in that, too, and whose source has not changed is
 * not touched, nor what it keeps (flow.state, counters, quarantine), wherever its place is now. One
 * that fails is reported in faults (file, line, remedy); it stays what it was, or, if it was not
 * there, is left out of script_host_ready(). Returns 0, -EINVAL when any failed, or -ENOMEM when
 * none runs for want of memory. Call it between batches. */
int script_host_load(struct script_host *host, const char *const *names, unsigned count,
                     struct faults *faults);

/* What a classifier was made of. */
struct script_source {
    uint32_t generation; /* script_host_set_generation() when it was loaded */
    uint64_t hash;       /* of its file and the helper modules that it required, FNV-1a */
    uint64_t file;       /* admission_hash() of its own file */
};

/* The number of what is loaded from now on; 0 before. */
void script_host_set_generation(struct script_host *host, uint32_t generation);

/* Loads those of the set again whose source has changed since they were loaded, or that were not
 * there, quarantined ones included, as this generation. One that cannot be loaded is reported in
 * faults and stays what it was. The others are not touched, nor what they keep (flow.state).
 * Returns the mask of those that were loaded. Call it between batches. */
uint32_t script_host_reload(struct script_host *host, uint32_t generation, struct faults *faults);

const struct script_source *script_host_source(const struct script_host *host, unsigned classifier);

/* Mask of the classifiers that run: loaded and not quarantined. */
uint32_t script_host_ready(const struct script_host *host);

/* Runs the loop until next() returns 0. wanted is the mask of the packet that the view holds
 * already (from the caller's own first next()); not 0. Script errors are counted, told once per
 * kind, and do not stop the loop. exchange is that of script_host_exchange(). */
void script_host_run(struct script_host *host, uint32_t wanted);

/* The exchange of this host: the source fills next, source, view and number once, before the first
 * run. */
struct script_exchange *script_host_exchange(struct script_host *host);

/* Whether the wait of a quarantined classifier is over, or a trial passed, at this packet time.
 * Time that goes back by more than a second ends the wait, too. */
static inline bool script_host_due(const struct script_exchange *exchange, uint64_t time_ns) {
    return time_ns - exchange->due_from_ns >= exchange->due_in_ns;
}

/* What is due at this packet time: loads classifiers anew whose quarantine is over, for a trial.
 * Call it when script_host_due(), outside of script_host_run(). */
void script_host_tick(struct script_host *host, uint64_t time_ns);

/* Tells that the flow in this slot ended, so that its flow.state tables are freed (before the next
 * classifier call). Only needed for flows with FLOW_SCRIPT_STATE. */
void script_host_forget_flow(struct script_host *host, uint32_t slot);

/* Log lines that classifiers and errors left during runs: written to the log, rate-limited. Call
 * between batches. */
void script_host_flush_log(struct script_host *host);

/* From now on the lines of classifiers, of every level, go there when they are flushed, instead of
 * to the log; what errors and quarantines leave does not. */
void script_host_divert_log(struct script_host *host, struct log_queue_taker taker);

struct script_counters {
    uint64_t errors[SCRIPT_CLASSIFIERS_MAX]; /* by classifier */
    uint64_t quarantines[SCRIPT_CLASSIFIERS_MAX];
    uint64_t log_lines_dropped;
    uint64_t memory_bytes; /* of the VM, now */
    uint32_t quarantined;  /* mask, now */
};
const struct script_counters *script_host_counters(const struct script_host *host);
/* By classifier, SCRIPT_CLASSIFIERS_MAX of them; NULL when it was not asked for. */
const struct script_profile *script_host_profile(const struct script_host *host);
const char *script_host_name(const struct script_host *host, unsigned classifier);

/* The last error of a classifier: "classifier NAME: FILE:LINE: MESSAGE | SOURCE LINE (WHERE)", then
 * a line "called from FILE:LINE" for each other line of scripts that it came through; printable.
 * WHERE is as in script_error_class. "" when it had none. */
const char *script_host_last_error(const struct script_host *host, unsigned classifier);

/* Errors of a classifier by where they are, "file:line"; those that are told apart, in the order of
 * their first appearance. Each is logged once, and once more when it fails a trial. */
struct script_error_class {
    char place[144];
    char where[SCRIPT_WHERE_TEXT]; /* the first of them: "packet 123, 10.1.0.1:42000 ->
                                      10.1.0.22:22 tcp, 2024-01-01T00:00:12.000000Z"; "": that is
                                      not known */
    uint64_t count;
    bool told; /* since the latest trial */
};
/* Entry `number`, from 0; NULL behind the last one. */
const struct script_error_class *script_host_error_class(const struct script_host *host,
                                                         unsigned classifier, unsigned number);

#endif
