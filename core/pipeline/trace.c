#include "pipeline/trace.h"

#include "pipeline/pipeline_internal.h"

#include <stdio.h>
#include <string.h>

/* Most of a trace is available after the packet has passed the pipeline; the rest is recorded
 * before, and during it (trace_answers(), trace_error()). Packets without a trace pay nothing. */

void trace_answers(struct pipeline *pipeline) {
    struct pipeline_trace *trace = pipeline->trace;
    const struct script_exchange *exchange = pipeline->exchange;
    trace->finalises = exchange->finalised;
    trace->spoke = exchange->spoke;
    trace->explained = exchange->explained;
    memcpy(trace->treatment, exchange->treatment, sizeof trace->treatment);
    memcpy(trace->why, exchange->why, sizeof trace->why);
    trace->decider = report_decider(pipeline, pipeline->flow);
}

void trace_error(struct pipeline *pipeline, const struct script_error *error) {
    struct pipeline_trace *trace = pipeline->trace;
    trace->failed |= 1u << error->classifier;
    snprintf(trace->errors[error->classifier], TRACE_ERROR, "%s", error->text);
}

static void show_flow(const struct pipeline *pipeline, struct pipeline_trace *trace) {
    const struct flow *flow = pipeline->flow;
    const unsigned client = flow_client_end(flow);
    trace->has_flow = true;
    trace->ends = flow_ends(flow, pipeline->end);
    trace->from_client = pipeline->end == client;
    trace->verified = report_verified(flow);
    for (unsigned direction = 0; direction < 2; direction++) {
        const unsigned end = direction == 0 ? client : !client;
        trace->packets[direction] = flow_end_packets(flow, end);
        trace->bytes[direction] = flow_end_bytes(flow, end);
    }
    trace->retransmissions = flow->retransmissions;
    (void)names_find(pipeline->names, flow->address[client], flow->address[!client],
                     flow_ip_version(flow), trace->packet.time_ns, trace->server_name);
}

static enum pipeline_class class_of(const uint64_t *before, const uint64_t *after) {
    unsigned class = 0;
    while (class < PIPELINE_CLASS_COUNT && before[class] == after[class]) {
        class ++;
    }
    return (enum pipeline_class) class;
}

void pipeline_trace(struct pipeline *pipeline, const struct frame *frame,
                    struct pipeline_trace *trace) {
    uint64_t classes[PIPELINE_CLASS_COUNT];
    *trace = (struct pipeline_trace){.decider = SETS_NONE};
    if (script_host_due(pipeline->exchange, frame->time_ns)) {
        script_host_tick(pipeline->host, frame->time_ns);
    }
    const uint32_t ready = script_host_ready(pipeline->host);
    trace->quarantined = script_host_counters(pipeline->host)->quarantined;
    memcpy(classes, pipeline->counters.classes, sizeof classes);
    pipeline->flow = NULL;
    pipeline->trace = trace;
    pipeline_process(pipeline, frame, 1);
    pipeline->trace = NULL;
    trace->number = pipeline->packet_number;
    trace->packet = pipeline->packets[0];
    trace->class = class_of(classes, pipeline->counters.classes);
    if (pipeline->flow && pipeline->policy) {
        const struct flow *flow = pipeline->flow;
        show_flow(pipeline, trace);
        trace->unmet = advice_unmet(pipeline, &trace->packet);
        trace->finalised = flow->finalised & ~trace->finalises;
        trace->called = pipeline->unique ? ready & ~trace->finalised : 0;
        if (!(trace->finalises | trace->spoke)) {
            trace->decider = report_decider(pipeline, flow); /* unchanged by this packet */
        }
    }
}
