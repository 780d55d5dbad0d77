#include "base/escape.h"
#include "pipeline/pipeline_internal.h"

#include <stdio.h>
#include <string.h>

_Static_assert(EVENT_WHY_MAX == SCRIPT_WHY_MAX, "an event holds what a classifier decided from");

static struct event *begin(struct pipeline *pipeline, enum event_kind kind) {
    struct event *event = &pipeline->event;
    event->kind = kind;
    event->time_ns = pipeline->time_ns;
    event->packet = pipeline->packet_number;
    return event;
}

/* Slots visited per call, for owed advice and for unstored states: 128 bytes each. */
#define OWING_SLOTS 4096
#define STATE_SLOTS 4096

static bool emit(const struct pipeline *pipeline, const struct event *event) {
    return pipeline->sink.emit(pipeline->sink.context, event);
}

static bool store(const struct pipeline *pipeline, const struct event *event) {
    return pipeline->store.emit(pipeline->store.context, event);
}

static void store_or_lose(struct pipeline *pipeline, const struct event *event) {
    if (!store(pipeline, event)) {
        pipeline->counters.store_lost[event->kind]++;
    }
}

unsigned report_decider(const struct pipeline *pipeline, const struct flow *flow) {
    const struct set *set = sets_find(&pipeline->sets, flow->generation);
    return flow->treatment != TREATMENT_NONE && set && flow->decider < set->count
               ? set->places[flow->decider]
               : SETS_NONE;
}

static void name_decider(const struct pipeline *pipeline, const struct flow *flow,
                         char name[EVENT_NAME_MAX]) {
    const unsigned decider = report_decider(pipeline, flow);
    snprintf(name, EVENT_NAME_MAX, "%s",
             decider < SETS_NONE ? pipeline->policy->classifiers[decider].name : "");
}

static void name_source(const struct pipeline *pipeline, const struct flow *flow,
                        struct event_verdict *verdict) {
    const unsigned decider = report_decider(pipeline, flow);
    if (decider < SETS_NONE) {
        const struct script_source *source = script_host_source(pipeline->host, decider);
        verdict->generation = source->generation;
        verdict->source = source->hash;
    }
}

static bool send_verdict(struct pipeline *pipeline, const struct flow *flow, unsigned end,
                         uint8_t actions) {
    struct event *event = begin(pipeline, EVENT_VERDICT);
    const bool treatment = actions & EVENT_TREATMENT;
    event->verdict = (struct event_verdict){
        .hash = flow_public_hash(flow),
        .start_ns = flow_start_ns(pipeline->table, flow),
        .ends = flow_ends(flow, end),
        .actions = actions,
        .treatment = treatment ? flow->treatment : TREATMENT_NONE,
        .flow_packets = flow_packet_count(flow),
    };
    if (treatment) {
        name_decider(pipeline, flow, event->verdict.classifier);
        name_source(pipeline, flow, &event->verdict);
        snprintf(event->verdict.why, sizeof event->verdict.why, "%s",
                 flow == pipeline->flow && pipeline->why ? pipeline->why : "");
    }
    if (!emit(pipeline, event)) {
        return false;
    }
    if (pipeline->storing) {
        store_or_lose(pipeline, event);
    }
    return true;
}

static void set_owed(struct pipeline *pipeline, struct flow *flow, uint8_t actions) {
    pipeline->owing += (actions != 0) - (uint32_t)(flow->owed != 0);
    flow->owed = actions & 3u;
}

void report_verdict(struct pipeline *pipeline, struct flow *flow, unsigned end, uint8_t actions) {
    const uint8_t all = (uint8_t)(actions | flow->owed);
    if (send_verdict(pipeline, flow, end, all)) {
        set_owed(pipeline, flow, 0);
        flow->unstored = pipeline->storing;
    } else {
        set_owed(pipeline, flow, all);
        flow->owed_end = end & 1u;
    }
}

void report_owed(struct pipeline *pipeline) {
    const uint32_t slots = flow_table_slots(pipeline->table);
    for (unsigned i = 0; i < OWING_SLOTS && i < slots && pipeline->owing > 0; i++) {
        if (pipeline->owing_at >= slots) {
            pipeline->owing_at = 0;
        }
        struct flow *flow = flow_in_slot(pipeline->table, pipeline->owing_at);
        if (flow && flow->owed) {
            report_verdict(pipeline, flow, flow->owed_end, 0);
            if (flow->owed) {
                return; /* the sink is still full */
            }
        }
        pipeline->owing_at++;
    }
}

void report_drop_treatment(struct pipeline *pipeline, struct flow *flow) {
    if (flow->owed & EVENT_TREATMENT) {
        pipeline->counters.lost[EVENT_VERDICT]++;
        set_owed(pipeline, flow, EVENT_SUPPRESS & flow->owed);
    }
}

void report_count_owing(struct pipeline *pipeline) {
    const uint32_t slots = flow_table_slots(pipeline->table);
    for (uint32_t slot = 0; slot < slots; slot++) {
        const struct flow *flow = flow_in_slot(pipeline->table, slot);
        pipeline->owing += flow && flow->owed;
    }
}

/* Last attempt to report the advice that an ending flow owes. */
static void settle_owed(struct pipeline *pipeline, struct flow *flow) {
    if (flow->owed) {
        report_verdict(pipeline, flow, flow->owed_end, 0);
    }
    if (flow->owed) {
        pipeline->counters.lost[EVENT_VERDICT]++;
        set_owed(pipeline, flow, 0);
    }
}

void report_identity(void *context, const struct identity *identity) {
    struct pipeline *pipeline = context;
    names_note(pipeline->names, identity);
    if (!identity_cache_admit(pipeline->identities, identity)) {
        pipeline->counters.identities_repeated[identity->kind]++;
        return;
    }
    struct event *event = begin(pipeline, EVENT_IDENTITY);
    event->identity = *identity;
    if (emit(pipeline, event)) {
        pipeline->counters.identities[identity->kind]++;
        if (pipeline->storing) {
            store_or_lose(pipeline, event);
        }
    } else {
        pipeline->counters.lost[EVENT_IDENTITY]++;
        identity_cache_withdraw(pipeline->identities);
    }
}

bool report_is_due(uint64_t count) {
    uint64_t power = count;
    while (power >= 10 && power % 10 == 0) {
        power /= 10;
    }
    return power == 1 || count == 2 || count == 3;
}

static void put_escaped(char *to, size_t size, const char *text) {
    escape_ascii_append(to, size, (const uint8_t *)text, strlen(text));
}

void report_script_error(void *context, const struct script_error *error) {
    struct pipeline *pipeline = context;
    const struct flow *flow = error->here ? pipeline->flow : NULL;
    const struct script_source *source = script_host_source(pipeline->host, error->classifier);
    if (pipeline->trace) {
        trace_error(pipeline, error);
    }
    if (!report_is_due(error->count)) {
        return;
    }
    struct event *event = begin(pipeline, EVENT_SCRIPT_ERROR);
    struct event_script_error *record = &event->script_error;
    *record = (struct event_script_error){
        .generation = source->generation,
        .source = source->hash,
        .candidate = pipeline->shadows >> error->classifier & 1,
        .line = error->line,
        .errors = error->count,
    };
    if (flow) {
        record->hash = flow_public_hash(flow);
        record->ends = flow_ends(flow, pipeline->end);
        record->flow_packets = flow_packet_count(flow);
    }
    put_escaped(record->classifier, sizeof record->classifier,
                script_host_name(pipeline->host, error->classifier));
    put_escaped(record->file, sizeof record->file, error->file);
    put_escaped(record->message, sizeof record->message, error->message);
    put_escaped(record->source_line, sizeof record->source_line, error->source);
    pipeline->counters.lost[EVENT_SCRIPT_ERROR] += !emit(pipeline, event);
}

static void fill_directions(struct event_flow_end *record, const struct flow *flow) {
    const unsigned client = flow_client_end(flow);
    for (unsigned direction = 0; direction < 2; direction++) {
        const unsigned end = direction == 0 ? client : !client;
        record->packets[direction] = flow_end_packets(flow, end);
        record->bytes[direction] = flow_end_bytes(flow, end);
        record->gaps[direction] = flow_end_gaps(flow, end);
        record->vlan[direction] = flow_end_vlan(flow, end);
    }
}

static void fill_kept(const struct pipeline *pipeline, struct event_flow_end *record,
                      const struct flow *flow) {
    const unsigned client = flow_client_end(flow);
    const uint32_t wanted = pipeline->config->flow_packets_kept;
    record->kept_count = 0;
    struct flow_kept_packet kept;
    for (uint32_t i = 0; i < wanted && record->kept_count < EVENT_KEPT_MAX; i++) {
        if (flow_kept_packet(pipeline->table, flow, i, &kept)) {
            record->kept[record->kept_count++] = (struct event_kept_packet){
                .time_ns = record->start_ns + kept.offset_ns,
                .length = kept.length,
                .tcp_flags = kept.tcp_flags,
                .from_client = kept.end == client,
            };
        }
    }
}

uint8_t report_verified(const struct flow *flow) {
    if (flow->flags & FLOW_VERIFIED_SYN) {
        return 1;
    }
    return flow->flags & FLOW_VERIFIED_SYNACK ? 2 : 0;
}

static struct event *describe_flow(struct pipeline *pipeline, const struct flow *flow,
                                   enum event_kind kind, enum flow_end_reason reason) {
    struct event *event = begin(pipeline, kind);
    struct event_flow_end *record = &event->flow_end;
    record->hash = flow_public_hash(flow);
    record->ends = flow_ends(flow, flow_client_end(flow));
    record->start_ns = flow_start_ns(pipeline->table, flow);
    record->end_ns = flow_last_ns(flow);
    record->reason = (uint8_t)reason;
    record->verified = report_verified(flow);
    record->treatment = flow->treatment;
    const uint32_t run = script_host_ready(pipeline->host) & ~pipeline->shadows;
    record->finalised = pipeline->policy && pipeline->policy->classifier_count > 0 &&
                        flow->generation != 0 && (run & ~advice_decided(pipeline, flow)) == 0;
    name_decider(pipeline, flow, record->classifier);
    record->suppressed = flow->suppressed;
    record->retransmissions = flow->retransmissions;
    record->max_packet_size = flow->max_packet_size;
    record->max_interval_ns = flow_max_interval_ns(flow);
    record->min_interval_ns = flow_min_interval_ns(flow);
    fill_directions(record, flow);
    fill_kept(pipeline, record, flow);
    return event;
}

/* Reports a difference between incumbent and candidate on a flow. */
static void compare_shadow(struct pipeline *pipeline, const struct flow *flow) {
    struct event_shadow difference;
    if (!shadow_end_flow(pipeline->shadow, flow_slot(pipeline->table, flow), &difference)) {
        return;
    }
    difference.hash = flow_public_hash(flow);
    difference.start_ns = flow_start_ns(pipeline->table, flow);
    difference.ends = flow_ends(flow, flow_client_end(flow));
    shadow_keep(pipeline->shadow, &difference);
    struct event *event = begin(pipeline, EVENT_SHADOW);
    event->shadow = difference;
    if (!emit(pipeline, event)) {
        pipeline->counters.lost[EVENT_SHADOW]++;
    }
}

/* Called again for a flow if the store had no room for its end. */
void report_flow_end(void *context, struct flow *flow, enum flow_end_reason reason) {
    struct pipeline *pipeline = context;
    settle_owed(pipeline, flow);
    if (pipeline->shadow && !flow->end_reported) {
        compare_shadow(pipeline, flow);
    }
    const struct event *event = describe_flow(pipeline, flow, EVENT_FLOW_END, reason);
    if (!flow->end_reported) {
        flow->end_reported = 1;
        flow->unstored = pipeline->storing;
        if (!emit(pipeline, event)) {
            pipeline->counters.lost[EVENT_FLOW_END]++;
        }
        if (flow->stream) {
            streams_forget(pipeline->streams, pipeline->table, flow);
        }
        if (pipeline->shadow) {
            shadow_forget_stream(pipeline->shadow, pipeline->table, flow);
        }
        if (flow->flags & FLOW_SCRIPT_STATE) {
            script_host_forget_flow(pipeline->host, flow_slot(pipeline->table, flow));
        }
    }
    if (flow->unstored) {
        flow->unstored = !store(pipeline, event);
    }
}

/* A flow younger than the interval may be stored only once, at its end. */
static bool offer_state(struct pipeline *pipeline, struct flow *flow) {
    const uint64_t start_ns = flow_start_ns(pipeline->table, flow);
    if (pipeline->time_ns < start_ns + pipeline->store_interval_ns) {
        return true;
    }
    const struct event *event = describe_flow(pipeline, flow, EVENT_FLOW_STATE, FLOW_END_IDLE);
    flow->unstored = !store(pipeline, event);
    return !flow->unstored;
}

void report_states(struct pipeline *pipeline, uint64_t now_ns) {
    const uint64_t interval_ns = pipeline->store_interval_ns;
    const uint32_t slots = flow_table_slots(pipeline->table);
    uint64_t since_ns = now_ns - pipeline->round_ns;
    if (pipeline->state_at >= slots && since_ns >= interval_ns) {
        pipeline->state_at = 0;
        pipeline->round_ns = now_ns;
        since_ns = 0;
    }
    /* Walks the table in step with the interval, a bounded piece per call. */
    const double part = since_ns < interval_ns ? (double)since_ns / (double)interval_ns : 1;
    const uint32_t due = (uint32_t)((double)slots * part);
    const uint32_t limit = pipeline->state_at + STATE_SLOTS;
    for (; pipeline->state_at < due && pipeline->state_at < limit; pipeline->state_at++) {
        struct flow *flow = flow_in_slot(pipeline->table, pipeline->state_at);
        if (flow && flow->unstored && !offer_state(pipeline, flow)) {
            return;
        }
    }
}
