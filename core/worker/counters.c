#include "worker/counters.h"

static void add(uint64_t *to, const uint64_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[i] += from[i];
    }
}

static void add_pipeline(struct pipeline_counters *total, const struct pipeline_counters *more) {
    total->packets += more->packets;
    total->bytes += more->bytes;
    add(total->classes, more->classes, PIPELINE_CLASS_COUNT);
    add(total->malformed, more->malformed, MALFORMED_COUNT);
    total->suppressions += more->suppressions;
    total->conflicts += more->conflicts;
    total->cut_not_returned += more->cut_not_returned;
    add(total->identities, more->identities, IDENTITY_KIND_COUNT);
    add(total->identities_repeated, more->identities_repeated, IDENTITY_KIND_COUNT);
    add(total->identity.malformed, more->identity.malformed, IDENTITY_MALFORMED_COUNT);
    add(total->lost, more->lost, EVENT_KIND_COUNT);
    add(total->store_lost, more->store_lost, EVENT_KIND_COUNT);
}

static void add_flow(struct flow_counters *total, const struct flow_counters *more) {
    add(total->results, more->results, FLOW_RESULT_COUNT);
    total->created += more->created;
    add(total->ended, more->ended, FLOW_END_COUNT);
    total->fragments_orphaned += more->fragments_orphaned;
    total->sequence_gaps += more->sequence_gaps;
    total->holes_forgotten += more->holes_forgotten;
    total->unstored += more->unstored;
}

static void add_live(struct live_counters *total, const struct live_counters *more) {
    total->received += more->received;
    total->kernel_drops += more->kernel_drops;
    total->interface_drops += more->interface_drops;
    total->injected += more->injected;
    total->inject_failed += more->inject_failed;
}

void worker_counters_add(struct worker_counters *total, const struct worker_counters *more) {
    add_pipeline(&total->pipeline, &more->pipeline);
    add_flow(&total->flow, &more->flow);
    add_live(&total->live, &more->live);
    total->flows += more->flows;
    add(total->shadow, more->shadow, SHADOW_OUTCOME_COUNT);
}
