#include "pipeline/pipeline_internal.h"

#include <string.h>

/* The switch drops a suppression after this long without traffic (protocol section 4). */
#define SUPPRESSION_LAPSES_NS UINT64_C(5000000000)

uint32_t advice_wanting(const struct pipeline *pipeline, const struct flow *flow) {
    return script_host_ready(pipeline->host) & ~(uint32_t)flow->finalised;
}

uint32_t advice_undecided(const struct pipeline *pipeline, const struct flow *flow) {
    return advice_wanting(pipeline, flow) & ~pipeline->shadows;
}

static struct policy_subject subject_of(const struct packet *packet, bool reversed) {
    struct policy_subject subject = {
        .eth_src = reversed ? packet->link_dst : packet->link_src,
        .eth_dst = reversed ? packet->link_src : packet->link_dst,
        .eth_type = packet->ethertype,
        .ip_version = packet->ip_version,
        .is_tcp = packet->proto == IP_PROTO_TCP,
        .src_port = reversed ? packet->dst_port : packet->src_port,
        .dst_port = reversed ? packet->src_port : packet->dst_port,
    };
    memcpy(subject.ip_src, reversed ? packet->dst : packet->src, sizeof subject.ip_src);
    memcpy(subject.ip_dst, reversed ? packet->src : packet->dst, sizeof subject.ip_dst);
    return subject;
}

/* A condition holds for a flow if it holds for its packets in either direction. */
static bool flow_meets(const struct policy_condition *when, const struct packet *packet) {
    const struct policy_subject there = subject_of(packet, false);
    const struct policy_subject back = subject_of(packet, true);
    return policy_condition_matches(when, &there) || policy_condition_matches(when, &back);
}

uint32_t advice_unmet(const struct pipeline *pipeline, const struct packet *packet) {
    const struct policy *policy = pipeline->policy;
    uint32_t unmet = 0;
    for (unsigned i = 0; i < policy->classifier_count; i++) {
        const struct policy_condition *when = policy->classifiers[i].when;
        unmet |= when && !flow_meets(when, packet) ? 1u << i : 0;
    }
    return unmet;
}

/* The mask of classifiers, by their places in the current set, that decided on a flow of an
 * earlier set; *known: the classifiers that are in both sets. */
static uint32_t carry_decided(const struct set *before, const struct flow *flow, uint32_t *known) {
    uint32_t decided = 0;
    *known = 0;
    for (unsigned i = 0; before && i < before->count; i++) {
        if (before->places[i] < SETS_NONE) {
            *known |= 1u << before->places[i];
            decided |= (flow->finalised >> i & 1u) << before->places[i];
        }
    }
    return decided;
}

uint32_t advice_decided(const struct pipeline *pipeline, const struct flow *flow) {
    uint32_t known;
    return carry_decided(sets_find(&pipeline->sets, flow->generation), flow, &known);
}

static void carry_treatment(struct pipeline *pipeline, struct flow *flow) {
    const unsigned decider = report_decider(pipeline, flow);
    if (decider < SETS_NONE) {
        flow->decider = decider & 15;
    } else {
        report_drop_treatment(pipeline, flow);
        flow->treatment = TREATMENT_NONE;
    }
}

void advice_begin_flow(struct pipeline *pipeline, struct flow *flow, const struct packet *packet) {
    uint32_t known;
    uint32_t decided = carry_decided(sets_find(&pipeline->sets, flow->generation), flow, &known);
    decided |= advice_unmet(pipeline, packet) & ~known;
    if (pipeline->shadow && !(known & pipeline->shadows)) {
        decided = shadow_begin_flow(pipeline->shadow, flow_slot(pipeline->table, flow),
                                    script_host_ready(pipeline->host), decided);
    }
    flow->finalised = (uint16_t)decided;
    carry_treatment(pipeline, flow);
    flow->generation = pipeline->generation;
}

/* The first classifier to name a treatment owns it for this flow and may change it; other
 * classifiers that disagree are ignored and counted. Within one packet, the order of the policy
 * applies. */
static bool merge_results(struct pipeline *pipeline, struct flow *flow) {
    const struct script_exchange *exchange = pipeline->exchange;
    bool changed = false;
    for (uint32_t spoke = exchange->spoke & ~pipeline->shadows; spoke; spoke &= spoke - 1) {
        const unsigned classifier = (unsigned)__builtin_ctz(spoke);
        const unsigned treatment = exchange->treatment[classifier];
        if (flow->treatment == treatment) {
            continue;
        }
        if (flow->treatment != TREATMENT_NONE && flow->decider != classifier) {
            pipeline->counters.conflicts++;
            continue;
        }
        flow->treatment = treatment & 15;
        flow->decider = classifier & 15;
        pipeline->why = exchange->explained >> classifier & 1 ? exchange->why[classifier] : NULL;
        changed = true;
    }
    return changed;
}

static bool suppression_is_due(const struct pipeline *pipeline, const struct flow *flow) {
    const struct config *config = pipeline->config;
    const uint64_t count = flow_packet_count(flow);
    if (count < config->suppress_flow_pkt_count_initial) {
        return false;
    }
    if (flow->suppressed != 0 &&
        count <= (uint64_t)flow->suppressed + config->suppress_flow_pkt_count_backoff &&
        flow_gap_ns(pipeline->table) <= SUPPRESSION_LAPSES_NS) {
        return false;
    }
    return count >= config->suppress_max_wait_packets || !advice_undecided(pipeline, flow);
}

/* Records which classifiers have finalised the flow, and releases its stream after the last of
 * them. */
static void finalise(struct pipeline *pipeline, struct flow *flow) {
    const struct script_exchange *exchange = pipeline->exchange;
    flow->finalised = (uint16_t)(flow->finalised | exchange->finalised);
    if (flow->stream && advice_undecided(pipeline, flow) == 0) {
        streams_forget(pipeline->streams, pipeline->table, flow);
        flow->stream = 0;
    }
    if (exchange->finalised & pipeline->shadows) {
        shadow_forget_stream(pipeline->shadow, pipeline->table, flow);
    }
}

void advice_settle(struct pipeline *pipeline) {
    struct flow *flow = pipeline->flow;
    struct script_exchange *exchange = pipeline->exchange;
    uint8_t actions = 0;
    if (!pipeline->policy) {
        return;
    }
    if (exchange->finalised | exchange->spoke) {
        if (pipeline->trace) {
            trace_answers(pipeline);
        }
        finalise(pipeline, flow);
        if (pipeline->shadow) {
            shadow_note(pipeline->shadow, flow_slot(pipeline->table, flow), exchange,
                        flow_packet_count(flow));
        }
        if (merge_results(pipeline, flow)) {
            actions |= EVENT_TREATMENT;
            pipeline->counters.treatments[flow->decider][flow->treatment]++;
        }
        exchange->finalised = 0;
        exchange->spoke = 0;
        exchange->explained = 0;
    }
    if (suppression_is_due(pipeline, flow)) {
        const uint64_t count = flow_packet_count(flow);
        flow->suppressed = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
        pipeline->counters.suppressions++;
        actions |= EVENT_SUPPRESS;
    }
    if (actions) {
        report_verdict(pipeline, flow, pipeline->end, actions);
    }
    pipeline->why = NULL;
}
