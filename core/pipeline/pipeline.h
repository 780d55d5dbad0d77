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

/* The itinerary of a packet and the only module that knows the stages:
 * frames -> decode -> identity -> flow table -> [view -> classifiers] -> suppress rule -> events.
 */
struct pipeline;

struct pipeline_counters {
    uint64_t packets;
    uint64_t bytes; /* on the wire */
    uint64_t classes[PIPELINE_CLASS_COUNT];
    uint64_t malformed[MALFORMED_COUNT];
    uint64_t treatments[SCRIPT_CLASSIFIERS_MAX][TREATMENT_COUNT]; /* told, by classifier
                                                                     of the set in force */
    uint64_t suppressions;
    uint64_t conflicts;        /* a classifier disagreed with the one that had spoken first */
    uint64_t cut_not_returned; /* frames that were to go back to the switch, captured in part */
    uint64_t identities[IDENTITY_KIND_COUNT];          /* told */
    uint64_t identities_repeated[IDENTITY_KIND_COUNT]; /* not told again within the interval */
    struct identity_counters identity;
    uint64_t lost[EVENT_KIND_COUNT]; /* events that the sink never took; an identity that was lost
                                        is told at its next sighting */
    uint64_t store_lost[EVENT_KIND_COUNT]; /* verdicts and identities that the store never took */
};

struct pipeline_options {
    const struct config *config; /* borrowed for the pipeline's life */
    const struct policy *policy; /* borrowed until the pipeline ends or gets another. NULL: none
                                    yet; flows are kept, and nothing is advised on them */
    uint64_t seed[2];
    int table_fd; /* memory file of the flow table, shared with earlier and later workers; 0: none,
                     the table has memory of its own */
    int names_fd; /* memory file of the names of servers, shared by the workers of an interface;
                     0: none, memory of its own */
    unsigned worker;            /* its part in there */
    uint32_t generation;        /* of the classifiers that are loaded first; 0 is 1 */
    struct script_watch *watch; /* this and the next four are as in script_options; with it, CPU
                                   time is limited, too */
    const struct script_offence *offences;
    script_give_up give_up;
    script_last_words last_words;
    const struct admission *admitted;
    bool profile_scripts;           /* see struct script_options */
    const char *shadow_of, *shadow; /* a classifier of the policy, and the candidate beside it; or
                                       NULL. Copied */
    struct event_sink sink;  /* called during pipeline_process, _idle, _offer_owed and _finish */
    struct event_sink store; /* likewise, and during _offer_states: what a database is to hold.
                                emit NULL: none, and nothing is spent on it */
};

/* The flow table that a configuration asks for; its seed is the caller's. */
struct flow_table_options pipeline_table_options(const struct config *config);

/* The classifiers' surroundings and limits that a configuration asks for, unwatched and without a
 * limit of CPU time. */
struct script_options pipeline_script_options(const struct config *config);

/* Names of the classifiers that run under a policy, in the order of their set: borrowed from policy
 * and shadow. Returns how many. A candidate that the policy leaves nothing to run beside is a
 * fault, and left out. */
unsigned pipeline_list_classifiers(const struct policy *policy, const struct config_shadow *shadow,
                                   const char *names[SCRIPT_CLASSIFIERS_MAX],
                                   struct faults *faults);

/* Builds every stage. A classifier that does not load is a fault, and an error here. */
int pipeline_new(struct pipeline **pipeline, const struct pipeline_options *options,
                 struct faults *faults, struct error *error);

/* Another policy from the next packet on. Flows stay, and so do classifiers that the policy before
 * had under the same condition, with what they decided and keep (script_host_load()); the others
 * decide on all flows that go on. A classifier that does not load is a fault, and left out: the
 * others run. Returns 0, or -EINVAL when any was left out. */
int pipeline_set_policy(struct pipeline *pipeline, const struct policy *policy,
                        struct faults *faults);

/* The configuration that it borrows has changed, as far as it may (config_copy_live()). */
void pipeline_take_config(struct pipeline *pipeline);

/* Loads classifiers again whose source has changed, or that could not be loaded before, as this
 * generation: script_host_reload(). Flows go on, as far as they are decided. Returns 0 when all of
 * the policy's run or are quarantined then, else -EINVAL. */
int pipeline_reload_classifiers(struct pipeline *pipeline, uint32_t generation,
                                struct faults *faults);

/* Takes up to CAPTURE_BATCH frames through all stages, in order; refers to none afterwards. */
void pipeline_process(struct pipeline *pipeline, const struct frame *frames, unsigned count);

/* The same for one frame, and fills *trace with what becomes of it; that refers to the frame. */
void pipeline_trace(struct pipeline *pipeline, const struct frame *frame,
                    struct pipeline_trace *trace);

/* Of the batch that pipeline_process() has just taken: fills out with the frames that go back to
 * the switch (room for count). Returns how many. */
unsigned pipeline_select_returns(struct pipeline *pipeline, const struct return_rules *rules,
                                 const struct frame *frames, unsigned count, struct frame *out);

/* Advice that the sink had no room for stays owed by its flow: offers it again, oldest flow slots
 * first come first, a bounded number at a time. Between batches; costs nothing when none is owed.
 */
void pipeline_offer_owed(struct pipeline *pipeline);

/* States of flows that go on and changed since the store took them last. A flow that it has no room
 * for is offered again. now_ns is monotonic; to be called often, between batches: the table is
 * walked once in the configuration's mongo_flush_interval, a bounded piece at a time. */
void pipeline_offer_states(struct pipeline *pipeline, uint64_t now_ns);

/* Lets flow time go on to now_ns when there are no packets. */
void pipeline_idle(struct pipeline *pipeline, uint64_t now_ns);

/* Ends every flow that is left. */
void pipeline_finish(struct pipeline *pipeline);

const struct pipeline_counters *pipeline_counters(const struct pipeline *pipeline);
const struct flow_counters *pipeline_flow_counters(const struct pipeline *pipeline);
uint32_t pipeline_flow_count(const struct pipeline *pipeline); /* flows in the table now */
/* Streams that were given up for others while classifiers wanted them: stream_buffers is too low.
 */
uint64_t pipeline_streams_lost(const struct pipeline *pipeline);
const struct script_host *pipeline_script_host(const struct pipeline *pipeline);
/* From now on: script_host_divert_log(). */
void pipeline_divert_log(struct pipeline *pipeline, struct log_queue_taker taker);
/* Which packet is under way, or was last: its number from 1, 0 before the first, and its time. Safe
 * in a signal handler. */
void pipeline_position(const struct pipeline *pipeline, uint64_t *packet, uint64_t *time_ns);
/* NULL: there is no shadow run. */
const struct shadow_result *pipeline_shadow(const struct pipeline *pipeline);
const char *pipeline_class_name(enum pipeline_class class);

void pipeline_free(struct pipeline *pipeline); /* NULL is allowed */

#endif
