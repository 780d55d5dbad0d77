#include "pipeline/shadow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INCUMBENT, CANDIDATE, BOTH };

/* The latest treatments of both for a flow, and the packets on which they were returned. */
struct shadow_flow {
    uint32_t packet[BOTH];
    uint8_t treatment[BOTH];
    bool called;   /* both are called for this flow */
    uint8_t asked; /* the candidate's flow.stream */
};

struct shadow {
    char names[BOTH][EVENT_NAME_MAX];
    bool runs;
    uint64_t hash; /* of the latest incumbent; 0: did not run */
    struct shadow_result result;
    uint32_t slots;
    struct shadow_flow *flows; /* by slot of the flow */
    struct streams *streams;
};

int shadow_new(struct shadow **out, const char *incumbent, const char *candidate,
               const struct config *config, struct error *error) {
    struct shadow *shadow = calloc(1, sizeof *shadow);
    int result = 0;
    *out = NULL;
    if (shadow) {
        shadow->slots = config->flow_table_size;
        shadow->flows = calloc(shadow->slots, sizeof *shadow->flows);
    }
    if (!shadow || !shadow->flows) {
        result = error_set(error, -ENOMEM, "shadow run: out of memory for %u flows",
                           config->flow_table_size);
        goto out;
    }
    snprintf(shadow->names[INCUMBENT], EVENT_NAME_MAX, "%s", incumbent);
    snprintf(shadow->names[CANDIDATE], EVENT_NAME_MAX, "%s", candidate);
    result = streams_new(&shadow->streams, config->stream_buffers, config->stream_bytes, error);
    if (result == 0) {
        *out = shadow;
        shadow = NULL;
    }
out:
    shadow_free(shadow);
    return result;
}

void shadow_free(struct shadow *shadow) {
    if (shadow) {
        streams_free(shadow->streams);
        free(shadow->flows);
        free(shadow);
    }
}

static bool find(const struct policy *policy, const char *name, unsigned *place) {
    for (unsigned i = 0; i < policy->classifier_count; i++) {
        if (strcmp(policy->classifiers[i].name, name) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static void add_unknown(const char *name, const struct policy *policy, struct faults *faults) {
    char known[512] = "";
    for (unsigned i = 0, length = 0; i < policy->classifier_count && length < sizeof known; i++) {
        length += (unsigned)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "",
                                     policy->classifiers[i].name);
    }
    faults_add(faults, FAULT_ERROR, "shadow run", 0, 0,
               "the policy has no classifier '%s' for the candidate to shadow; it has: %s", name,
               known);
}

bool shadow_allowed(const struct policy *policy, const char *incumbent, const char *candidate,
                    unsigned *place, struct faults *faults) {
    unsigned ignored;
    if (!find(policy, incumbent, place)) {
        add_unknown(incumbent, policy, faults);
        return false;
    }
    if (find(policy, candidate, &ignored)) {
        faults_add(faults, FAULT_ERROR, "shadow run", 0, 0,
                   "the policy already runs '%s'; a candidate must not be part of the policy",
                   candidate);
        return false;
    }
    if (policy->classifier_count >= SCRIPT_CLASSIFIERS_MAX) {
        faults_add(faults, FAULT_ERROR, "shadow run", 0, 0,
                   "there is no room for '%s': the policy already has %d classifiers", candidate,
                   SCRIPT_CLASSIFIERS_MAX);
        return false;
    }
    return true;
}

/* Keeps `asked`: the caller that knows the flow releases its stream. */
static void reset_flow(struct shadow *shadow, uint32_t slot) {
    shadow->flows[slot] = (struct shadow_flow){.asked = shadow->flows[slot].asked};
}

bool shadow_take_policy(struct shadow *shadow, const struct policy *policy, struct faults *faults) {
    const uint64_t before = shadow->hash;
    shadow->runs = shadow_allowed(policy, shadow->names[INCUMBENT], shadow->names[CANDIDATE],
                                  &shadow->result.incumbent, faults);
    shadow->hash = 0;
    if (shadow->runs) {
        shadow->result.candidate = (unsigned)policy->classifier_count;
        shadow->hash = policy_classifier_hash(&policy->classifiers[shadow->result.incumbent]);
    }
    if (shadow->hash != before) {
        for (uint32_t slot = 0; slot < shadow->slots; slot++) {
            reset_flow(shadow, slot);
        }
    }
    return shadow->runs;
}

uint32_t shadow_mask(const struct shadow *shadow) {
    return shadow->runs ? 1u << shadow->result.candidate : 0;
}

const char *shadow_candidate_name(const struct shadow *shadow) {
    return shadow->names[CANDIDATE];
}

uint64_t shadow_hash(const struct shadow *shadow) {
    return shadow->hash * 31 + 1; /* any value other than the incumbent's */
}

uint32_t shadow_begin_flow(struct shadow *shadow, uint32_t slot, uint32_t ready, uint32_t decided) {
    const uint32_t candidate = shadow_mask(shadow);
    const bool called = (ready & candidate) && !(decided >> shadow->result.incumbent & 1);
    reset_flow(shadow, slot);
    shadow->flows[slot].called = called;
    return called ? decided : decided | candidate;
}

struct streams *shadow_streams(struct shadow *shadow) {
    return shadow->streams;
}

uint8_t *shadow_asked(struct shadow *shadow, uint32_t slot) {
    return &shadow->flows[slot].asked;
}

void shadow_take_stream(struct shadow *shadow, const struct flow_table *table, struct flow *flow,
                        unsigned end, const struct packet *packet, bool unique) {
    uint8_t *asked = shadow_asked(shadow, flow_slot(table, flow));
    if (*asked) {
        streams_swap_asked(flow, asked);
        streams_take(shadow->streams, table, flow, end, packet, unique);
        streams_swap_asked(flow, asked);
    }
}

void shadow_forget_stream(struct shadow *shadow, const struct flow_table *table,
                          struct flow *flow) {
    uint8_t *asked = shadow_asked(shadow, flow_slot(table, flow));
    if (*asked) {
        streams_swap_asked(flow, asked);
        streams_forget(shadow->streams, table, flow);
        streams_swap_asked(flow, asked);
        *asked = 0;
    }
}

void shadow_note(struct shadow *shadow, uint32_t slot, const struct script_exchange *exchange,
                 uint64_t flow_packets) {
    const unsigned places[BOTH] = {shadow->result.incumbent, shadow->result.candidate};
    struct shadow_flow *flow_record = &shadow->flows[slot];
    for (unsigned i = 0; i < BOTH; i++) {
        const uint8_t treatment = exchange->treatment[places[i]];
        if (exchange->spoke >> places[i] & 1 && flow_record->treatment[i] != treatment) {
            flow_record->treatment[i] = treatment;
            flow_record->packet[i] =
                flow_packets < UINT32_MAX ? (uint32_t)flow_packets : UINT32_MAX;
        }
    }
}

/* Returns whether the treatments differ. */
static bool count(struct shadow_result *result, const struct shadow_flow *flow_record) {
    const uint8_t incumbent = flow_record->treatment[INCUMBENT],
                  candidate = flow_record->treatment[CANDIDATE];
    if (incumbent == candidate) {
        result->flows[incumbent == TREATMENT_NONE ? SHADOW_NEITHER : SHADOW_AGREED]++;
        return false;
    }
    result->flows[SHADOW_DIFFERED]++;
    result->only_incumbent += candidate == TREATMENT_NONE;
    result->only_candidate += incumbent == TREATMENT_NONE;
    return true;
}

bool shadow_end_flow(struct shadow *shadow, uint32_t slot, struct event_shadow *difference) {
    const struct shadow_flow flow_record = shadow->flows[slot];
    reset_flow(shadow, slot);
    if (!flow_record.called || !count(&shadow->result, &flow_record)) {
        return false;
    }
    *difference = (struct event_shadow){
        .treatment = flow_record.treatment[INCUMBENT],
        .candidate_treatment = flow_record.treatment[CANDIDATE],
        .flow_packets = flow_record.packet[INCUMBENT],
        .candidate_flow_packets = flow_record.packet[CANDIDATE],
    };
    memcpy(difference->classifier, shadow->names[INCUMBENT], sizeof difference->classifier);
    memcpy(difference->candidate, shadow->names[CANDIDATE], sizeof difference->candidate);
    return true;
}

void shadow_keep(struct shadow *shadow, const struct event_shadow *difference) {
    struct shadow_result *result = &shadow->result;
    if (result->kept < SHADOW_KEPT) {
        result->first[result->kept++] = *difference;
    }
}

const struct shadow_result *shadow_result(const struct shadow *shadow) {
    return &shadow->result;
}
