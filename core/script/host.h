#ifndef DPAE_SCRIPT_HOST_H
#define DPAE_SCRIPT_HOST_H

#include "base/error.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "script/flow_view.h"
#include "script/profile.h"

#include <stdbool.h>
#include <stdint.h>

/* One LuaJIT VM that runs a set of classifiers. The loop over a batch is Lua
 * (core/script/loop.lua), so that the JIT compiles it together with the classifiers; it pulls each
 * packet through one FFI call. */
struct script_host;

#define SCRIPT_CLASSIFIERS_MAX 16
#define SCRIPT_NAME_MAX        64

struct script_options {
    const char *classifiers_directory; /* copied, like every string here */
    const char *lua_directory;         /* what `require` in a classifier may load */
    const struct yaml_node *settings; /* classifier name -> settings for new(); or NULL; read during
                                         script_host_load only */
    uint32_t errors_max; /* failures in a row before a classifier is set aside; 0: never */
    bool profile;        /* count calls, their time and the JIT compiler's aborts; else no cost */
};

/* What the Lua loop and its source of packets exchange. The source is what pulls packets through
 * decode and flow table: core/pipeline. What is between the markers is also given to ffi.cdef(). */
/* ffi: begin */
struct script_exchange {
    /* Settles the results of the packet before (below), then goes on to the next packet that some
     * classifier still wants, fills the view and returns those classifiers as a mask (bit i:
     * classifier i of the set); 0 at the end of the batch. */
    uint32_t (*next)(void *source);
    void *source;
    struct flow_view *view;
    /* written by Lua, read and cleared by next() */
    uint32_t finalised;                        /* mask: who finalised the flow on this packet */
    uint32_t spoke;                            /* mask: whose treatment[] is set */
    uint8_t treatment[SCRIPT_CLASSIFIERS_MAX]; /* enum treatment, by classifier */
    /* between Lua and the host */
    uint32_t current;                             /* which classifier runs, for errors */
    uint32_t wanted;                              /* mask of the current packet */
    uint8_t succeeded[SCRIPT_CLASSIFIERS_MAX];    /* 1: returned since its last error */
    uint32_t forgotten_count, forgotten_capacity; /* slots whose flow.state is to be freed */
    uint32_t *forgotten;                          /* owned by Lua, one for each flow with state */
};
/* ffi: end */

/* Makes the VM with its allow-listed environment. On failure *host is NULL. */
int script_host_new(struct script_host **host, const struct script_options *options,
                    struct error *error);
void script_host_free(struct script_host *host); /* NULL is allowed */

/* Compiles and instantiates the classifiers names[0..count), classifier i of the set being
 * names[i]; replaces the set before. One that fails is reported in faults (file, line, remedy) and
 * left out of script_host_ready(); the others run. Returns 0, -EINVAL when any failed, or -ENOMEM
 * when none runs for want of memory. */
int script_host_load(struct script_host *host, const char *const *names, unsigned count,
                     struct faults *faults);

/* Mask of the classifiers that run: loaded and not set aside. */
uint32_t script_host_ready(const struct script_host *host);

/* Runs the loop until next() returns 0. wanted is the mask of the packet that the view holds
 * already (from the caller's own first next()); not 0. Script errors are counted, told once per
 * kind, and do not stop the loop. exchange is that of script_host_exchange(). */
void script_host_run(struct script_host *host, uint32_t wanted);

/* The exchange of this host: the source fills next, source and view once, before the first run. */
struct script_exchange *script_host_exchange(struct script_host *host);

/* Tells that the flow in this slot ended, so that its flow.state tables are freed (before the next
 * classifier call). Only needed for flows with FLOW_SCRIPT_STATE. */
void script_host_forget_flow(struct script_host *host, uint32_t slot);

/* Log lines that classifiers and errors left during runs: written to the log, rate-limited. Call
 * between batches. */
void script_host_flush_log(struct script_host *host);

struct script_counters {
    uint64_t errors[SCRIPT_CLASSIFIERS_MAX]; /* by classifier */
    uint64_t log_lines_dropped;
    uint32_t set_aside; /* mask */
};
const struct script_counters *script_host_counters(const struct script_host *host);
/* By classifier, SCRIPT_CLASSIFIERS_MAX of them; NULL when it was not asked for. */
const struct script_profile *script_host_profile(const struct script_host *host);
const char *script_host_name(const struct script_host *host, unsigned classifier);

/* The last error of a classifier, with file:line and traceback; "" when it had none. */
const char *script_host_last_error(const struct script_host *host, unsigned classifier);

#endif
