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

/* A LuaJIT VM that runs a set of classifiers. The loop over a batch is Lua
 * (core/script/lua/loop.lua), so that the JIT compiles it together with the classifiers; it
 * pulls each packet through one FFI call. */
struct script_host;

#define SCRIPT_NAME_MAX   POLICY_NAME_MAX
#define SCRIPT_WHY_MAX    200
#define SCRIPT_WHERE_TEXT 256

/* CPU time beyond the budget after which only ending the process stops a call. The step limit
 * stops a call long before; this catches a defect of dpae or of LuaJIT. The time counts from
 * the latest check of the limits in the call. */
#define SCRIPT_STUCK_MS           1000
#define SCRIPT_STUCK_UNLIMITED_MS 10000
#define SCRIPT_SLOW_MS            10000

/* State of the running classifier, updated every few milliseconds of CPU time by the thread
 * that runs it; may lie in memory shared with another process. Zero-initialise. */
struct script_watch {
    _Atomic uint64_t moved_ns; /* monotonic time of the latest new call or check */
    _Atomic uint32_t stuck_ms; /* CPU time of the current call beyond its budget; 0: within it */
    _Atomic uint32_t crashed;  /* signal that ended the process during a call; 0: no crash */
    uint64_t file;             /* admission_hash() of the classifier's own file */
    char classifier[SCRIPT_NAME_MAX]; /* the running one */
};

/* A classifier during which a process had to be ended. It is not loaded until the wait is over
 * (options.quarantine_ns, doubled with each strike after the first) or its file changes. */
struct script_offence {
    char classifier[SCRIPT_NAME_MAX];
    uint64_t file;    /* as in script_watch */
    uint32_t strikes; /* 0: the entry is unused */
    uint64_t time_ns; /* of the latest strike, wall clock */
};

/* Why only ending the process can stop a classifier. */
enum script_end {
    SCRIPT_STUCK,    /* over its budget for SCRIPT_STUCK_MS in spite of the limits */
    SCRIPT_SLOW,     /* a call takes SCRIPT_SLOW_MS within its steps, with no time limit set */
    SCRIPT_EXHAUSTED /* used four times the allowed memory before the limits stopped it */
};

/* Runs in a signal handler or an allocator, with Lua frames below. Must end the process, or
 * return if another component will. place: file and line of classifier(), or empty. */
typedef void (*script_give_up)(enum script_end why, const char *classifier, const char *place);

/* Flushes all stdio files, prints the classifier and the reason on stderr, and exits with
 * status 1: a script_give_up for programs without a supervisor. Flushing is safe, since the
 * interrupted code is Lua and not stdio. */
_Noreturn void script_end_process(enum script_end why, const char *classifier, const char *place);

/* A fatal signal, for its handler. Texts are borrowed. */
struct script_crash {
    int number;             /* signal number */
    const char *classifier; /* running or loading; "": outside of classifiers */
    const char *place;      /* file and line of its classifier(); "": it was loading */
    const char *where;      /* the packet, as in script_error_class; or "" */
};

/* Runs in the handler of a fatal signal. If a classifier was running, the interrupted code is
 * Lua and no stdio file is in use. When it returns, the signal ends the process. */
typedef void (*script_crash_handler)(const struct script_crash *crash);

/* Prints the crash on stderr and asks the user to report it: a script_crash_handler for programs
 * without a supervisor. */
void script_print_crash(const struct script_crash *crash);

/* An error of a classifier. Texts are borrowed during the call of the sink and may contain any
 * bytes. */
struct script_error {
    unsigned classifier;
    bool here;           /* raised on the packet in the view; false: on an earlier one */
    const char *file;    /* the parts of text */
    unsigned line;       /* 0: the error concerns the whole file */
    const char *message; /* the problem */
    const char *source;  /* the source line; "": unknown */
    const char *text;    /* as script_host_last_error(), without the classifier's name */
    uint64_t count; /* errors at this place so far, including this one; places beyond those that
                       script_host_error_class() keeps share one count */
};

/* Receives each error after the call that raised it. NULL: no receiver. */
struct script_error_sink {
    void (*report)(void *context, const struct script_error *error);
    void *context;
};

struct script_options {
    const char *classifiers_directory; /* copied, like every string here */
    const char *lua_directory;         /* what `require` in a classifier may load */
    const struct yaml_node *settings;  /* by classifier name, for new(); or NULL; borrowed for the
                                          host's life */
    uint32_t steps;                    /* limit of one call of classifier(): limits.h */
    uint32_t budget_us;  /* CPU time limit of one call; 0: unlimited, so that results depend on
                            scripts and packets alone */
    uint32_t memory_mb;  /* limit for all classifiers together */
    uint32_t errors_max; /* a classifier with this many errors within errors_window_ns */
    uint64_t errors_window_ns; /* of packet time is quarantined; 0: never */
    uint64_t quarantine_ns; /* length of the first quarantine; doubles each time, up to 64 times */
    struct script_watch *watch;            /* or NULL; borrowed */
    const struct script_offence *offences; /* SCRIPT_CLASSIFIERS_MAX entries, or NULL; borrowed */
    script_give_up give_up;                /* or NULL */
    script_crash_handler crash_handler;    /* or NULL */
    struct script_error_sink errors;
    struct rehearsal_record *noted;   /* record of the loading; or NULL; borrowed */
    const struct admission *admitted; /* load from here and not from files; NULL: load files;
                                         borrowed; may change between calls of the host */
    bool profile; /* count calls, their time and JIT aborts; costs nothing when off */
};

/* The interface between the Lua loop and its source of packets, which core/pipeline implements
 * on top of the decoder and the flow table. The text between the markers is also passed to
 * ffi.cdef(). */
/* ffi: begin */
enum {
    SCRIPT_CLASSIFIERS_MAX = 16,                  /* per set */
    SCRIPT_NO_CLASSIFIER = SCRIPT_CLASSIFIERS_MAX /* no classifier is running */
};

struct script_exchange {
    /* Applies the results of the previous packet (below), moves on to the next packet that at
     * least one classifier wants, fills the view and returns these classifiers as a mask (bit
     * i: classifier i of the set). Returns 0 at the end of the batch, and before a packet for
     * which script_host_due(). */
    uint32_t (*next)(void *source);
    void *source;
    struct flow_view *view;
    const uint64_t *number; /* number of the packet in the view, for messages; or NULL */
    uint64_t time_ns;       /* packet time; written by next() for each packet it returns */
    /* for script_host_due(); written by the host */
    uint64_t due_from_ns, due_in_ns;
    /* written by Lua, read and cleared by next() */
    uint32_t finalised; /* mask: classifiers that finalised the flow on this packet */
    uint32_t spoke;     /* mask: classifiers with a valid treatment[] */
    uint8_t treatment[SCRIPT_CLASSIFIERS_MAX]; /* enum treatment, by classifier */
    /* between Lua and the host */
    double steps;       /* left to the current call; negative: the call must end */
    double slice;       /* steps from the latest check to the next one */
    double spent;       /* steps of earlier slices that are not yet counted; a whole LIMITS_SLICE is
                           counted at a time */
    double next_slice;  /* length of the slices that begin from now on; written by memory.c */
    bool memory_due;    /* more memory is in use than allowed; some of it may be garbage */
    bool memory_full;   /* too much is in use even without garbage: the host must free some */
    uint32_t current;   /* the running classifier, or SCRIPT_NO_CLASSIFIER */
    bool loading;       /* the current classifier is being loaded */
    uint32_t oversized; /* mask: classifiers with a table of too many keys (memory.h) */
    uint32_t wanted;    /* mask of the current packet */
    uint32_t forgotten_count, forgotten_capacity; /* slots with a flow.state to free */
    uint32_t *forgotten; /* owned by Lua; full: the list may be incomplete */
    /* written by Lua, read by next(), which clears explained */
    uint32_t explained; /* mask: classifiers in spoke with a valid why[] */
    char why[SCRIPT_CLASSIFIERS_MAX][SCRIPT_WHY_MAX]; /* "name=value, name=value", printable */
};

/* Appends "name=value" to the why[] of a classifier. used: bytes already filled, without the
 * NUL; 0: this is the first value. Non-printable bytes become \DDD and a backslash is doubled;
 * a text that is too long ends in "...". Returns the new number of filled bytes. */
uint32_t dpae_why_add(struct script_exchange *exchange, uint32_t classifier, uint32_t used,
                      const char *name, uint32_t name_length, const char *value,
                      uint32_t value_length);
/* ffi: end */

/* Creates the VM with its allow-listed environment. The calling thread must also run the host:
 * limits count its CPU time. On failure *host is NULL. */
int script_host_new(struct script_host **host, const struct script_options *options,
                    struct error *error);
void script_host_free(struct script_host *host); /* NULL is allowed */

/* Compiles and instantiates the classifiers names[0..count) as the new set; names[i] becomes
 * classifier i. A classifier of the previous set with an unchanged source keeps its object and
 * data (flow.state, counters, quarantine), even at a new index. A classifier that fails is
 * reported in faults (file, line, remedy): its previous version goes on running, or, if there
 * is no previous version, script_host_ready() leaves it out. Returns 0, -EINVAL if any failed,
 * or -ENOMEM if no classifier runs for lack of memory. Call it between batches. */
int script_host_load(struct script_host *host, const char *const *names, unsigned count,
                     struct faults *faults);

/* The source that a classifier was loaded from. */
struct script_source {
    uint32_t generation; /* as of script_host_set_generation() at loading */
    uint64_t hash;       /* FNV-1a over its file and the helper modules it required */
    uint64_t file;       /* admission_hash() of its own file */
};

/* Sets the generation of classifiers loaded from now on; initially 0. */
void script_host_set_generation(struct script_host *host, uint32_t generation);

/* Reloads, as this generation, the classifiers with a source that has changed since they were
 * loaded, including quarantined and unreadable ones. A classifier that fails to load is reported in
 * faults and keeps running as before. The others keep their data (flow.state). Returns the mask of
 * the reloaded classifiers. Call it between batches. */
uint32_t script_host_reload(struct script_host *host, uint32_t generation, struct faults *faults);

const struct script_source *script_host_source(const struct script_host *host, unsigned classifier);

/* Mask of the running classifiers: loaded and not quarantined. */
uint32_t script_host_ready(const struct script_host *host);

/* Runs the loop until next() returns 0. wanted is the mask of the packet already in the view
 * (from the caller's own first next()), not 0. Script errors are counted, logged once per
 * place, and do not stop the loop. The exchange is that of script_host_exchange(). */
void script_host_run(struct script_host *host, uint32_t wanted);

/* The host's exchange. The source of packets fills next, source, view and number once, before
 * the first run. */
struct script_exchange *script_host_exchange(struct script_host *host);

/* Whether, at this packet time, a quarantine or a probation ends. Also true when time jumps
 * back by more than a second. */
static inline bool script_host_due(const struct script_exchange *exchange, uint64_t time_ns) {
    return time_ns - exchange->due_from_ns >= exchange->due_in_ns;
}

/* Reloads, on probation, the classifiers that leave quarantine at this packet time, and ends
 * probations. Call it when script_host_due(), outside of script_host_run(). */
void script_host_tick(struct script_host *host, uint64_t time_ns);

/* Reports that the flow in this slot ended; its flow.state tables are freed before the next
 * classifier call. Only needed for flows with FLOW_SCRIPT_STATE. */
void script_host_forget_flow(struct script_host *host, uint32_t slot);

/* Writes the queued log lines of classifiers and errors to the log, rate-limited. Call it
 * between batches. */
void script_host_flush_log(struct script_host *host);

/* From now on, flushing passes the lines of classifiers, at every level, to this taker and not
 * to the log. Lines about errors and quarantines still go to the log. */
void script_host_divert_log(struct script_host *host, struct log_queue_taker taker);

struct script_counters {
    uint64_t errors[SCRIPT_CLASSIFIERS_MAX]; /* by classifier */
    uint64_t quarantines[SCRIPT_CLASSIFIERS_MAX];
    uint64_t log_lines_dropped;
    uint64_t memory_bytes; /* of the VM, current */
    uint32_t quarantined;  /* mask, current */
};
const struct script_counters *script_host_counters(const struct script_host *host);
/* SCRIPT_CLASSIFIERS_MAX entries, by classifier; NULL unless options.profile. */
const struct script_profile *script_host_profile(const struct script_host *host);
const char *script_host_name(const struct script_host *host, unsigned classifier);

/* The last error of a classifier: "classifier NAME: FILE:LINE: MESSAGE | SOURCE LINE (WHERE)", then
 * a line "called from FILE:LINE" for each further line of the trace; printable. WHERE as in
 * script_error_class. "" without errors. */
const char *script_host_last_error(const struct script_host *host, unsigned classifier);

/* Errors of a classifier at one place, "file:line". The first SCRIPT_ERROR_CLASSES places of a
 * classifier are kept, in the order of their first errors. Each is logged once, and again if it
 * fails a probation. */
struct script_error_class {
    char place[144];
    char where[SCRIPT_WHERE_TEXT]; /* of the first error: "packet 123, 10.1.0.1:42000 ->
                                      10.1.0.22:22 tcp, 2024-01-01T00:00:12.000000Z"; "": unknown */
    uint64_t count;
    bool logged; /* since the latest probation began */
};
/* Entry `number`, from 0; NULL past the end. */
const struct script_error_class *script_host_error_class(const struct script_host *host,
                                                         unsigned classifier, unsigned number);

#endif
