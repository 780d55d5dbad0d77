#ifndef DPAE_PIPELINE_PIPELINE_H
#define DPAE_PIPELINE_PIPELINE_H

#include "base/error.h"
#include "base/faults.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/flow_table.h"
#include "identity/identity.h"
#include "packet/frame.h"
#include "pipeline/return.h"
#include "pipeline/shadow.h"
#include "pipeline/trace.h"
#include "policy/policy.h"
#include "script/host.h"

#include <stdint.h>

/* The path of a packet, and the only module that knows all stages: frames -> decode -> identity
 * -> flow table -> [view -> classifiers] -> suppress rule -> events. */
struct pipeline;

struct pipeline_counters {
    uint64_t packets;
    uint64_t bytes; /* on the wire */
    uint64_t classes[PIPELINE_CLASS_COUNT];
    uint64_t malformed[MALFORMED_COUNT];
    uint64_t treatments[SCRIPT_CLASSIFIERS_MAX][TREATMENT_COUNT]; /* reported, by classifier of the
                                                                     current set */
    uint64_t suppressions;
    uint64_t conflicts;        /* a classifier disagreed with the owner of the treatment */
    uint64_t cut_not_returned; /* frames for the switch that were captured only in part */
    uint64_t identities[IDENTITY_KIND_COUNT];          /* reported */
    uint64_t identities_repeated[IDENTITY_KIND_COUNT]; /* not reported again within the interval */
    struct identity_counters identity;
    uint64_t lost[EVENT_KIND_COUNT]; /* events that the sink had no room for; a lost identity is
                                        reported at its next sighting */
    uint64_t
        store_lost[EVENT_KIND_COUNT]; /* verdicts and identities that the store had no room for */
};

struct pipeline_options {
    const struct config *config; /* borrowed for the pipeline's life */
    const struct policy *policy; /* borrowed until the pipeline ends or gets another one. NULL: keep
                                    flows, but give no advice */
    uint64_t seed[2];
    int table_fd;    /* memory file of the flow table, shared with earlier and later workers; 0:
                        private memory */
    int names_fd;    /* memory file of the server names, shared by the workers of an interface; 0:
                        private memory */
    unsigned worker; /* this worker's part of the names */
    uint32_t generation; /* of the classifiers loaded first; 0 means 1 */
    struct script_watch
        *watch; /* this and the next four: see script_options; if set, CPU time is limited */
    const struct script_offence *offences;
    script_give_up give_up;
    script_crash_handler crash_handler;
    const struct admission *admitted;
    bool profile_scripts;           /* see struct script_options */
    const char *shadow_of, *shadow; /* incumbent (a classifier of the policy) and candidate of a
                                       shadow run; or NULL. Copied */
    struct event_sink sink;  /* called during pipeline_process, _idle, _offer_owed and _finish */
    struct event_sink store; /* likewise, and during _offer_states: events for the database. emit
                                NULL: no database, at no cost */
};

/* Flow table options from a configuration; the caller sets the seed. */
struct flow_table_options pipeline_table_options(const struct config *config);

/* Script options from a configuration, without a watch and without a limit of CPU time. */
struct script_options pipeline_script_options(const struct config *config);

/* Fills names with the classifiers that run under a policy, in the order of their set; borrowed
 * from policy and shadow. Returns their number. A candidate that cannot run is a fault and is
 * left out. */
unsigned pipeline_list_classifiers(const struct policy *policy, const struct config_shadow *shadow,
                                   const char *names[SCRIPT_CLASSIFIERS_MAX],
                                   struct faults *faults);

/* Builds all stages. A classifier that fails to load is a fault, and an error here. */
int pipeline_new(struct pipeline **pipeline, const struct pipeline_options *options,
                 struct faults *faults, struct error *error);

/* Changes the policy from the next packet on. Flows stay. Classifiers that the previous policy
 * had under the same condition keep their decisions and data (script_host_load()); the others
 * decide on all live flows. A classifier that fails to load is a fault and is left out. Returns
 * 0, or -EINVAL if any was left out. */
int pipeline_set_policy(struct pipeline *pipeline, const struct policy *policy,
                        struct faults *faults);

/* Applies changes of the borrowed configuration, as far as they can be applied live
 * (config_copy_live()). */
void pipeline_take_config(struct pipeline *pipeline);

/* Reloads classifiers with a changed source, or that failed to load before, as this
 * generation: script_host_reload(). Flows keep their decisions. Returns 0 if afterwards all
 * classifiers of the policy run or are quarantined, else -EINVAL. */
int pipeline_reload_classifiers(struct pipeline *pipeline, uint32_t generation,
                                struct faults *faults);

/* Passes up to CAPTURE_BATCH frames through all stages, in order, and keeps no reference to
 * them. */
void pipeline_process(struct pipeline *pipeline, const struct frame *frames, unsigned count);

/* As pipeline_process() for one frame; fills *trace, which refers to the frame. */
void pipeline_trace(struct pipeline *pipeline, const struct frame *frame,
                    struct pipeline_trace *trace);

/* Selects, from the batch just passed to pipeline_process(), the frames that go back to the
 * switch: fills out (room for count) and returns their number. */
unsigned pipeline_select_returns(struct pipeline *pipeline, const struct return_rules *rules,
                                 const struct frame *frames, unsigned count, struct frame *out);

/* Offers advice again that the sink had no room for, in the order of flow slots, a bounded
 * number at a time. Call it between batches; costs nothing if no advice is owed. */
void pipeline_offer_owed(struct pipeline *pipeline);

/* Offers the states of live flows that have changed since the store last took them; a flow that
 * the store has no room for is offered again. now_ns is monotonic. Call it often, between
 * batches: it walks the table once per mongo_flush_interval, a bounded piece at a time. */
void pipeline_offer_states(struct pipeline *pipeline, uint64_t now_ns);

/* Advances flow time to now_ns in the absence of packets. */
void pipeline_idle(struct pipeline *pipeline, uint64_t now_ns);

/* Ends all remaining flows. */
void pipeline_finish(struct pipeline *pipeline);

const struct pipeline_counters *pipeline_counters(const struct pipeline *pipeline);
const struct flow_counters *pipeline_flow_counters(const struct pipeline *pipeline);
uint32_t pipeline_flow_count(const struct pipeline *pipeline); /* flows now in the table */
/* Streams that lost their buffer while a classifier still wanted them: stream_buffers is too
 * low. */
uint64_t pipeline_streams_lost(const struct pipeline *pipeline);
const struct script_host *pipeline_script_host(const struct pipeline *pipeline);
/* script_host_divert_log(). */
void pipeline_divert_log(struct pipeline *pipeline, struct log_queue_taker taker);
/* Number (from 1; 0 before the first) and time of the current packet, or of the latest one.
 * Safe in a signal handler. */
void pipeline_position(const struct pipeline *pipeline, uint64_t *packet, uint64_t *time_ns);
/* NULL without a shadow run. */
const struct shadow_result *pipeline_shadow(const struct pipeline *pipeline);
const char *pipeline_class_name(enum pipeline_class class);

void pipeline_free(struct pipeline *pipeline); /* NULL is allowed */

#endif
