#include "pipeline/pipeline.h"

#include "pipeline/pipeline_internal.h"

/* Read access to a pipeline. */

const struct pipeline_counters *pipeline_counters(const struct pipeline *pipeline) {
    return &pipeline->counters;
}

const struct flow_counters *pipeline_flow_counters(const struct pipeline *pipeline) {
    return flow_table_counters(pipeline->table);
}

uint32_t pipeline_flow_count(const struct pipeline *pipeline) {
    return flow_table_count(pipeline->table);
}

uint64_t pipeline_streams_lost(const struct pipeline *pipeline) {
    return streams_lost(pipeline->streams);
}

const struct script_host *pipeline_script_host(const struct pipeline *pipeline) {
    return pipeline->host;
}

void pipeline_position(const struct pipeline *pipeline, uint64_t *packet, uint64_t *time_ns) {
    *packet = pipeline->packet_number;
    *time_ns = pipeline->time_ns;
}

const struct shadow_result *pipeline_shadow(const struct pipeline *pipeline) {
    return pipeline->shadow ? shadow_result(pipeline->shadow) : NULL;
}

const char *pipeline_class_name(enum pipeline_class class) {
    static const char *const names[PIPELINE_CLASS_COUNT] = {
        [PIPELINE_FLOW_PACKET] = "flow", [PIPELINE_RETRANSMISSION] = "retransmission",
        [PIPELINE_LATE] = "late",        [PIPELINE_FRAGMENT_WAITS] = "fragment-waits",
        [PIPELINE_ARP] = "arp",          [PIPELINE_LLDP] = "lldp",
        [PIPELINE_OTHER] = "other",      [PIPELINE_MALFORMED] = "malformed",
    };
    return names[class];
}
