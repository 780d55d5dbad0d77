#include "worker/counters.h"

#include "packet/decode.h"

#include <string.h>

static const char *malformed_name(unsigned reason) {
    return reason == MALFORMED_NONE ? NULL : decode_malformed_name(reason);
}

static const char *given_treatment_name(unsigned treatment) {
    return treatment == TREATMENT_NONE ? NULL : treatment_name(treatment);
}

#define AT(place) COUNTER_AT(struct worker_counters, place)

/* In the order in which they are shown everywhere. */
static const struct counter worker_rows[] = {
    {
        AT(life.deaths),
        .loss = true,
        .member = "deaths",
        .metric = "dpae_worker_restarts_total",
        .title = "deaths",
        .help = "Deaths of the worker; after each it is started again.",
    },
    {
        AT(live.received),
        .member = "received",
        .metric = "dpae_packets_received_total",
        .title = "packets received",
        .help = "Packets captured.",
    },
    {
        AT(pipeline.packets),
        .summary = {.label = "packets", .zero = true},
        .elsewhere = "each is in one of the classes below",
    },
    {
        AT(pipeline.classes),
        .label = "class",
        .name = pipeline_class_name,
        .member = "packets",
        .metric = "dpae_packets_total",
        .title = "packets",
        .help = "Packets, by what became of them.",
        .summary = {.members = "", .level = 1},
    },
    {
        AT(pipeline.malformed),
        .label = "reason",
        .name = malformed_name,
        .member = "malformed",
        .metric = "dpae_malformed_packets_total",
        .title = "malformed packets",
        .help = "Packets that are malformed, by what is wrong with them.",
        .summary = {.members = "", .level = 2},
    },
    {
        AT(flow.results),
        .elsewhere = "each is in one of the classes above, too",
    },
    {
        AT(pipeline.bytes),
        .unit = COUNTER_BYTES,
        .member = "bytes",
        .metric = "dpae_bytes_received_total",
        .title = "bytes received",
        .help = "Bytes of these packets on the wire.",
        .summary = {.label = "bytes", .zero = true},
    },
    {
        AT(live.kernel_drops),
        .loss = true,
        .member = "kernel_drops",
        .metric = "dpae_kernel_drops_total",
        .title = "dropped by the kernel",
        .help = "Packets lost because the capture buffer was full.",
    },
    {
        AT(live.interface_drops),
        .elsewhere = "every worker sees the same packets dropped: a counter of the interface",
    },
    {
        AT(life.gap_ms),
        .unit = COUNTER_MILLISECONDS,
        .loss = true,
        .member = "capture_gap_milliseconds",
        .metric = "dpae_capture_gap_milliseconds_total",
        .title = "time without a capture",
        .help = "Time without a capture, between a worker that died and the next.",
    },
    {
        AT(life.missed),
        .loss = true,
        .member = "missed_packets_estimate",
        .metric = "dpae_missed_packets_estimate_total",
        .title = "packets missed meanwhile (estimate)",
        .help = "What came in that time, if packets went on as before: an estimate.",
    },
    {
        AT(live.injected),
        .member = "injected",
        .metric = "dpae_injected_total",
        .title = "returned",
        .help = "Frames returned to the switch.",
    },
    {
        AT(live.inject_failed),
        .loss = true,
        .member = "inject_failed",
        .metric = "dpae_inject_failed_total",
        .title = "not returned: refused by the interface",
        .help = "Frames that the interface did not take back.",
    },
    {
        AT(pipeline.cut_not_returned),
        .loss = true,
        .member = "cut_not_returned",
        .metric = "dpae_cut_not_returned_total",
        .title = "not returned: captured in part only",
        .help = "Frames not returned since they were captured in part only.",
    },
    {
        AT(flows),
        .kind = COUNTER_LEVEL,
        .member = "flows",
        .metric = "dpae_flows",
        .title = "flows",
        .help = "Flows in the table.",
    },
    {
        AT(flow.created),
        .member = "flows_created",
        .metric = "dpae_flows_created_total",
        .title = "flows so far",
        .help = "Flows that began.",
        .summary = {.label = "flows", .zero = true},
    },
    {
        AT(flow.ended),
        .label = "reason",
        .name = flow_end_reason_name,
        .member = "flow_ends",
        .metric = "dpae_flow_ends_total",
        .title = "flows ended",
        .help = "Flows that ended, by reason.",
        .summary = {.members = "ended: ", .level = 1},
    },
    {
        AT(flow.unstored),
        .elsewhere = "a part of dpae_database_lost_total",
    },
    {
        AT(flow.sequence_gaps),
        .member = "sequence_gaps",
        .metric = "dpae_sequence_gaps_total",
        .title = "sequence gaps",
        .help = "Gaps in the sequence numbers of TCP flows: data that came late or never.",
        .summary = {.label = "sequence gaps"},
    },
    {
        AT(flow.holes_forgotten),
        .member = "holes_forgotten",
        .metric = "dpae_holes_forgotten_total",
        .title = "sequence gaps forgotten",
        .help = "Sequence gaps that were forgotten, since more were open at a time than are kept.",
        .summary = {.label = "sequence gaps forgotten (too many at a time)"},
    },
    {
        AT(flow.fragments_orphaned),
        .member = "fragments_orphaned",
        .metric = "dpae_fragments_orphaned_total",
        .title = "fragments orphaned",
        .help = "Fragments that waited for a first fragment which never came.",
        .summary = {.label = "fragments orphaned"},
    },
    {
        AT(pipeline.suppressions),
        .member = "suppressions",
        .metric = "dpae_suppressions_total",
        .title = "suppressions",
        .help = "Advice to keep a flow's packets to the switch.",
        .summary = {.label = "suppressions", .zero = true},
    },
    {
        AT(pipeline.conflicts),
        .member = "conflicts",
        .metric = "dpae_conflicts_total",
        .title = "conflicts",
        .help = "Treatments overruled by a classifier that had spoken first.",
        .summary = {.label = "conflicts (overruled treatments)"},
    },
    {
        AT(shadow[SHADOW_AGREED]),
        .member = "shadow_agreed",
        .metric = "dpae_shadow_agreed_total",
        .title = "shadow run: agreed",
        .help = "Flows on which the candidate of a shadow run said what its incumbent did.",
    },
    {
        AT(shadow[SHADOW_DIFFERED]),
        .member = "shadow_differed",
        .metric = "dpae_shadow_differed_total",
        .title = "shadow run: differed",
        .help = "Flows on which the candidate of a shadow run said something else.",
    },
    {
        AT(shadow[SHADOW_NEITHER]),
        .member = "shadow_neither",
        .metric = "dpae_shadow_neither_total",
        .title = "shadow run: neither spoke",
        .help = "Flows of a shadow run on which neither said anything.",
    },
    {
        AT(pipeline.identities),
        .label = "kind",
        .name = identity_kind_name,
        .member = "identities",
        .metric = "dpae_identities_total",
        .title = "identities",
        .help = "Identities told, by kind.",
        .summary = {.label = "identities", .zero = true, .members = "", .level = 1},
    },
    {
        AT(pipeline.identities_repeated),
        .label = "kind",
        .name = identity_kind_name,
        .member = "identities_repeated",
        .metric = "dpae_identities_repeated_total",
        .title = "identities repeated",
        .help = "Identities not reported again, since they were known, by kind.",
        .summary = {.label = "identities repeated (not reported again)", .members = "", .level = 1},
    },
    {
        AT(pipeline.identity.malformed),
        .label = "reason",
        .name = identity_malformed_name,
        .member = "malformed_identities",
        .metric = "dpae_malformed_identities_total",
        .title = "malformed identities",
        .help =
            "Messages of identity protocols that could not be read, by what is wrong with them.",
        .summary = {.label = "malformed identities", .members = "", .level = 1},
    },
    {
        AT(streams_lost),
        .loss = true,
        .member = "streams_lost",
        .metric = "dpae_streams_lost_total",
        .title = "streams lost",
        .help = "Streams given up for others while classifiers wanted them: stream_buffers is low.",
        .summary = {.label = "streams lost (stream_buffers too low)"},
    },
    {
        AT(pipeline.lost),
        .label = "kind",
        .name = event_kind_name,
        .loss = true,
        .member = "events_lost",
        .metric = "dpae_events_lost_total",
        .title = "events lost",
        .help = "Events that found no room on their way to the control process.",
    },
    {
        AT(pipeline.store_lost),
        .elsewhere = "a part of dpae_database_lost_total",
    },
    {
        AT(scripts.memory_bytes),
        .kind = COUNTER_LEVEL,
        .unit = COUNTER_BYTES,
        .member = "classifier_memory",
        .metric = "dpae_classifier_memory_bytes",
        .title = "memory of classifiers",
        .help = "What all classifiers hold of classifier_memory_mb.",
    },
    {
        AT(scripts.log_lines_dropped),
        .loss = true,
        .member = "log_lines_dropped",
        .metric = "dpae_log_lines_dropped_total",
        .title = "log lines of classifiers dropped",
        .help = "Log lines of classifiers that found no room.",
        .summary = {.label = "log lines of classifiers dropped"},
    },
};
const struct counter_table worker_counter_table = COUNTER_TABLE(worker_rows);

static const struct counter classifier_rows[] = {
    {
        AT(pipeline.treatments[0]),
        .label = "treatment",
        .name = given_treatment_name,
        .kind = COUNTER_SET,
        .member = "treatments",
        .metric = "dpae_treatments_total",
        .title = "treatments",
        .help = "Treatments told, by classifier; since the worker loaded it.",
    },
    {
        AT(scripts.errors[0]),
        .kind = COUNTER_SET,
        .loss = true,
        .member = "errors",
        .metric = "dpae_script_errors_total",
        .title = "errors",
        .help = "Errors of a classifier; since the worker loaded it.",
    },
    {
        AT(scripts.quarantines[0]),
        .kind = COUNTER_SET,
        .loss = true,
        .member = "quarantines",
        .metric = "dpae_classifier_quarantines_total",
        .title = "quarantines",
        .help = "Quarantines of a classifier; since the worker loaded it.",
    },
};
const struct counter_table classifier_counter_table = COUNTER_TABLE(classifier_rows);

void worker_counters_collect(struct worker_counters *counters, const struct pipeline *pipeline) {
    const struct script_host *host = pipeline_script_host(pipeline);
    const struct shadow_result *shadow = pipeline_shadow(pipeline);
    counters->pipeline = *pipeline_counters(pipeline);
    counters->flow = *pipeline_flow_counters(pipeline);
    counters->flows = pipeline_flow_count(pipeline);
    counters->streams_lost = pipeline_streams_lost(pipeline);
    counters->scripts = *script_host_counters(host);
    counters->ready = script_host_ready(host);
    if (shadow) {
        memcpy(counters->shadow, shadow->flows, sizeof counters->shadow);
    }
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        memcpy(counters->classifiers[i], script_host_name(host, i), SCRIPT_NAME_MAX);
    }
}

void worker_counters_add(struct worker_counters *total, const struct worker_counters *more) {
    counter_add(&worker_counter_table, total, more, 1);
    counter_add(&classifier_counter_table, total, more, SCRIPT_CLASSIFIERS_MAX);
}
