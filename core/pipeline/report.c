#include "pipeline/stages.h"

#include <stdio.h>
#include <string.h>

static struct event *begin(struct pipeline *pipeline, enum event_kind kind) {
    struct event *event = &pipeline->event;
    event->kind = kind;
    event->time_ns = pipeline->time_ns;
    event->packet = pipeline->packet_number;
    return event;
}

static void emit(const struct pipeline *pipeline, const struct event *event) {
    pipeline->sink.emit(pipeline->sink.context, event);
}

/* The ends of a flow, A being the one that `a` says. */
static struct event_ends ends_of(const struct flow *flow, unsigned a) {
    struct event_ends ends = {
        .ip_version = (uint8_t)flow_ip_version(flow),
        .proto = flow->proto,
        .port_a = flow->port[a],
        .port_b = flow->port[!a],
    };
    memcpy(ends.ip_a, flow->address[a], sizeof ends.ip_a);
    memcpy(ends.ip_b, flow->address[!a], sizeof ends.ip_b);
    return ends;
}

static void name_decider(const struct pipeline *pipeline, const struct flow *flow,
                         char name[EVENT_NAME_MAX]) {
    /* Of a set that is no more only the treatment is known. */
    const bool decided =
        flow->treatment != TREATMENT_NONE && flow->generation == pipeline->generation;
    snprintf(name, EVENT_NAME_MAX, "%s",
             decided ? pipeline->policy->classifiers[flow->decider].name : "");
}

void report_verdict(struct pipeline *pipeline, uint8_t actions) {
    const struct flow *flow = pipeline->flow;
    struct event *event = begin(pipeline, EVENT_VERDICT);
    const bool treatment = actions & EVENT_TREATMENT;
    event->verdict = (struct event_verdict){
        .hash = flow_public_hash(flow),
        .ends = ends_of(flow, pipeline->end),
        .actions = actions,
        .treatment = treatment ? flow->treatment : TREATMENT_NONE,
        .flow_packets = flow_packet_count(flow),
    };
    if (treatment) {
        name_decider(pipeline, flow, event->verdict.classifier);
    }
    emit(pipeline, event);
}

void report_identity(void *context, const struct identity *identity) {
    struct pipeline *pipeline = context;
    if (!identity_cache_admit(pipeline->identities, identity)) {
        pipeline->counters.identities_repeated[identity->kind]++;
        return;
    }
    pipeline->counters.identities[identity->kind]++;
    struct event *event = begin(pipeline, EVENT_IDENTITY);
    event->identity = *identity;
    emit(pipeline, event);
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

static uint8_t verified(const struct flow *flow) {
    if (flow->flags & FLOW_VERIFIED_SYN) {
        return 1;
    }
    return flow->flags & FLOW_VERIFIED_SYNACK ? 2 : 0;
}

void report_flow_end(void *context, const struct flow *flow, enum flow_end_reason reason) {
    struct pipeline *pipeline = context;
    struct event *event = begin(pipeline, EVENT_FLOW_END);
    struct event_flow_end *record = &event->flow_end;
    record->hash = flow_public_hash(flow);
    record->ends = ends_of(flow, flow_client_end(flow));
    record->start_ns = flow_start_ns(pipeline->table, flow);
    record->end_ns = flow_last_ns(flow);
    record->reason = (uint8_t)reason;
    record->verified = verified(flow);
    record->treatment = flow->treatment;
    record->finalised = pipeline->policy->classifier_count > 0 &&
                        flow->generation == pipeline->generation &&
                        advice_undecided(pipeline, flow) == 0;
    name_decider(pipeline, flow, record->classifier);
    record->suppressed = flow->suppressed;
    record->retransmissions = flow->retransmissions;
    record->max_packet_size = flow->max_packet_size;
    record->max_interval_ns = flow_max_interval_ns(flow);
    record->min_interval_ns = flow_min_interval_ns(flow);
    fill_directions(record, flow);
    fill_kept(pipeline, record, flow);
    emit(pipeline, event);
    if (flow->flags & FLOW_SCRIPT_STATE) {
        script_host_forget_flow(pipeline->host, flow_slot(pipeline->table, flow));
    }
}
