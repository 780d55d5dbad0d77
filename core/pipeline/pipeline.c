#include "pipeline/pipeline.h"

#include "base/clock.h"
#include "packet/decode.h"
#include "pipeline/pipeline_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Remembered copies of frames. */
#define SIGHTINGS_MAX 4096

/* The stages of a packet, from top to bottom. A batch is decoded and hashed ahead, to prefetch
 * the records of its flows; then the packets pass the stages one at a time, since a classifier
 * must not see the effects of later packets. */

static enum pipeline_class take_identity(struct pipeline *pipeline, const struct packet *packet,
                                         enum pipeline_class class) {
    if (identity_applies(packet, &pipeline->identity_flags)) {
        identity_harvest(packet, &pipeline->counters.identity, report_identity, pipeline);
    }
    return class;
}

/* Identity traffic has flows as well, but is neither classified nor suppressed: suppressing a
 * DNS flow would hide its answers. */
static enum pipeline_class take_flow(struct pipeline *pipeline, struct packet *packet) {
    static const enum pipeline_class classes[FLOW_RESULT_COUNT] = {
        [FLOW_PACKET] = PIPELINE_FLOW_PACKET,
        [FLOW_RETRANSMISSION] = PIPELINE_RETRANSMISSION,
        [FLOW_LATE] = PIPELINE_LATE,
        [FLOW_FRAGMENT_WAITS] = PIPELINE_FRAGMENT_WAITS,
    };
    const bool has_header = packet->class == PACKET_FLOW;
    struct flow *flow;
    unsigned end;
    const enum flow_result result = flow_ingest_packet(pipeline->table, packet, &flow, &end);
    if (pipeline->storing && (result == FLOW_PACKET || result == FLOW_RETRANSMISSION)) {
        flow->unstored = 1;
    }
    /* Only now is a later fragment recognised as identity traffic; it has nothing to harvest. */
    if (identity_applies(packet, &pipeline->identity_flags)) {
        if (has_header) {
            identity_harvest(packet, &pipeline->counters.identity, report_identity, pipeline);
        }
    } else if (result == FLOW_PACKET || result == FLOW_RETRANSMISSION) {
        pipeline->flow = flow;
        pipeline->end = end;
        pipeline->packet = packet;
        pipeline->unique = result == FLOW_PACKET;
    }
    return classes[result];
}

static enum pipeline_class take_packet(struct pipeline *pipeline, struct packet *packet) {
    switch ((enum packet_class)packet->class) {
    case PACKET_FLOW:
    case PACKET_FRAGMENT:
        return take_flow(pipeline, packet);
    case PACKET_ARP:
        return take_identity(pipeline, packet, PIPELINE_ARP);
    case PACKET_LLDP:
        return take_identity(pipeline, packet, PIPELINE_LLDP);
    case PACKET_OTHER:
        return PIPELINE_OTHER;
    case PACKET_MALFORMED:
    case PACKET_CLASS_COUNT:
        break;
    }
    pipeline->counters.malformed[packet->malformed]++;
    return PIPELINE_MALFORMED;
}

/* The mask of classifiers that want the current packet. */
static uint32_t offer(struct pipeline *pipeline) {
    struct flow *flow = pipeline->flow;
    if (!pipeline->packet || !pipeline->policy) {
        return 0;
    }
    if (flow->generation != pipeline->generation) {
        advice_begin_flow(pipeline, flow, pipeline->packet);
    }
    const uint32_t wanted = advice_wanting(pipeline, flow);
    /* Collects bytes even while the classifier that asked for them is quarantined. */
    if (flow->stream) {
        streams_take(pipeline->streams, pipeline->table, flow, pipeline->end, pipeline->packet,
                     pipeline->unique);
    }
    if (pipeline->shadow) {
        shadow_take_stream(pipeline->shadow, pipeline->table, flow, pipeline->end, pipeline->packet,
                           pipeline->unique);
        pipeline->context.shadow_asked =
            shadow_asked(pipeline->shadow, flow_slot(pipeline->table, flow));
    }
    if (!pipeline->unique) {
        return 0;
    }
    if (wanted) {
        pipeline->exchange->time_ns = pipeline->time_ns;
        flow_view_set(&pipeline->context, pipeline->table, flow, pipeline->end, pipeline->packet);
    }
    return wanted;
}

/* Applies the results of the current packet before any state of the next one changes. */
static void settle(struct pipeline *pipeline) {
    if (pipeline->packet) {
        advice_settle(pipeline);
        pipeline->packet = NULL;
    }
    flow_table_settle(pipeline->table);
}

/* Moves on to the next packet that a classifier wants. Called by the Lua loop (struct
 * script_exchange), and by pipeline_process() for the first one. */
static uint32_t next_packet(void *source) {
    struct pipeline *pipeline = source;
    settle(pipeline);
    while (pipeline->at < pipeline->count) {
        struct packet *packet = &pipeline->packets[pipeline->at];
        if (script_host_due(pipeline->exchange, packet->time_ns)) {
            return 0;
        }
        pipeline->at++;
        pipeline->packet_number++;
        pipeline->time_ns = packet->time_ns;
        pipeline->counters.bytes += packet->length;
        pipeline->counters.classes[take_packet(pipeline, packet)]++;
        const uint32_t wanted = offer(pipeline);
        if (wanted) {
            return wanted;
        }
        settle(pipeline);
    }
    return 0;
}

void pipeline_process(struct pipeline *pipeline, const struct frame *frames, unsigned count) {
    struct packet *packets = pipeline->packets;
    for (unsigned i = 0; i < count; i++) {
        packets[i].hash = 0;
        if (decode_frame(&frames[i], &packets[i]) == PACKET_FLOW) {
            flow_packet_hash(pipeline->table, &packets[i]);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (packets[i].hash) {
            flow_prefetch_record(pipeline->table, &packets[i]);
        }
    }
    pipeline->count = count;
    pipeline->at = 0;
    while (pipeline->at < count) {
        const uint64_t time_ns = packets[pipeline->at].time_ns;
        if (script_host_due(pipeline->exchange, time_ns)) {
            script_host_tick(pipeline->host, time_ns);
        }
        const uint32_t wanted = next_packet(pipeline);
        if (wanted) {
            script_host_run(pipeline->host, wanted);
        }
    }
    pipeline->counters.packets += count;
    script_host_flush_log(pipeline->host);
}

void pipeline_finish(struct pipeline *pipeline) {
    flow_table_flush(pipeline->table);
}

static uint64_t to_ns(double seconds) {
    return (uint64_t)(seconds * (double)NS_PER_S + 0.5);
}

struct flow_table_options pipeline_table_options(const struct config *config) {
    return (struct flow_table_options){
        .capacity = config->flow_table_size,
        .packets_kept = config->flow_packets_kept,
        .timeout_ns =
            {
                [FLOW_TIMEOUT_TCP_OPENING] = to_ns(config->flow_timeout_tcp_opening),
                [FLOW_TIMEOUT_TCP_ESTABLISHED] = to_ns(config->flow_timeout_tcp_established),
                [FLOW_TIMEOUT_TCP_CLOSED] = to_ns(config->flow_timeout_tcp_closed),
                [FLOW_TIMEOUT_UDP] = to_ns(config->flow_timeout_udp),
                [FLOW_TIMEOUT_OTHER] = to_ns(config->flow_timeout_other),
            },
        .reuse_idle_ns = to_ns(config->flow_tcp_reuse_idle),
        .fragments = config->fragment_table_size,
        .fragment_timeout_ns = to_ns(config->fragment_timeout),
    };
}

static int open_table(struct pipeline *pipeline, const struct pipeline_options *from,
                      struct error *error) {
    struct flow_table_options options = pipeline_table_options(pipeline->config);
    memcpy(options.seed, from->seed, sizeof options.seed);
    const int fd = from->table_fd > 0 ? from->table_fd : -1;
    return flow_table_open(&pipeline->table, &options, fd, report_flow_end, pipeline, error);
}

struct script_options pipeline_script_options(const struct config *config) {
    return (struct script_options){
        .classifiers_directory = config->classifiers_directory,
        .lua_directory = config->lua_directory,
        .settings = config->classifiers,
        .steps = config->classifier_steps,
        .memory_mb = config->classifier_memory_mb,
        .errors_max = config->classifier_errors_max,
        .errors_window_ns = to_ns(config->classifier_errors_window),
        .quarantine_ns = to_ns(config->classifier_quarantine),
    };
}

static int open_scripts(struct pipeline *pipeline, const struct pipeline_options *from,
                        struct error *error) {
    struct script_options options = pipeline_script_options(pipeline->config);
    options.budget_us = from->watch ? pipeline->config->classifier_budget_us : 0;
    options.watch = from->watch;
    options.offences = from->offences;
    options.give_up = from->give_up;
    options.crash_handler = from->crash_handler;
    options.errors = (struct script_error_sink){.report = report_script_error, .context = pipeline};
    options.admitted = from->admitted;
    options.profile = from->profile_scripts;
    if (script_host_new(&pipeline->host, &options, error) != 0) {
        return error->code;
    }
    script_host_set_generation(pipeline->host, from->generation ? from->generation : 1);
    pipeline->exchange = script_host_exchange(pipeline->host);
    pipeline->exchange->next = next_packet;
    pipeline->exchange->source = pipeline;
    pipeline->exchange->view = &pipeline->context.view;
    pipeline->exchange->number = &pipeline->packet_number;
    pipeline->context.names = pipeline->names;
    pipeline->context.streams = pipeline->streams;
    if (pipeline->shadow) {
        pipeline->context.current = &pipeline->exchange->current;
        pipeline->context.shadow_streams = shadow_streams(pipeline->shadow);
    }
    return 0;
}

static int open_shadow(struct pipeline *pipeline, const struct pipeline_options *from,
                       struct error *error) {
    return from->shadow ? shadow_new(&pipeline->shadow, from->shadow_of, from->shadow,
                                     pipeline->config, error)
                        : 0;
}

static int open_names(struct pipeline *pipeline, const struct pipeline_options *from,
                      struct error *error) {
    return from->names_fd > 0
               ? names_open(&pipeline->names, from->names_fd, from->worker, error)
               : names_new(&pipeline->names, pipeline->config->name_table_size, from->seed, error);
}

int pipeline_new(struct pipeline **out, const struct pipeline_options *options,
                 struct faults *faults, struct error *error) {
    *out = NULL;
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline) {
        return error_set(error, -ENOMEM, "pipeline: out of memory");
    }
    pipeline->config = options->config;
    pipeline->sink = options->sink;
    pipeline->store = options->store;
    pipeline->storing = options->store.emit != NULL;
    pipeline->store_interval_ns = to_ns(options->config->mongo_flush_interval);
    pipeline->identities =
        identity_cache_new(options->config->identity_table_size,
                           to_ns(options->config->identity_refresh_interval), options->seed[0]);
    pipeline->sightings = sightings_new(SIGHTINGS_MAX, options->seed[1]);
    int result = 0;
    if (!pipeline->identities || !pipeline->sightings) {
        result = error_set(error, -ENOMEM, "pipeline: out of memory for identity_table_size %u",
                           options->config->identity_table_size);
        goto out;
    }
    result = open_table(pipeline, options, error);
    if (result == 0) {
        result = open_names(pipeline, options, error);
    }
    if (result == 0) {
        result = streams_new(&pipeline->streams, pipeline->config->stream_buffers,
                             pipeline->config->stream_bytes, error);
    }
    if (result == 0) {
        report_count_owing(pipeline);
        result = open_shadow(pipeline, options, error);
    }
    if (result == 0) {
        result = open_scripts(pipeline, options, error);
    }
    if (result == 0 && options->policy &&
        pipeline_set_policy(pipeline, options->policy, faults) != 0) {
        result = error_set(error, -EINVAL, "at least one classifier could not be loaded");
    }
out:
    if (result != 0) {
        pipeline_free(pipeline);
        return result;
    }
    *out = pipeline;
    return 0;
}

/* Other settings are read at each use. */
void pipeline_take_config(struct pipeline *pipeline) {
    const struct flow_table_options options = pipeline_table_options(pipeline->config);
    flow_table_set_times(pipeline->table, &options);
    identity_cache_set_refresh(pipeline->identities,
                               to_ns(pipeline->config->identity_refresh_interval));
}

unsigned pipeline_select_returns(struct pipeline *pipeline, const struct return_rules *rules,
                                 const struct frame *frames, unsigned count, struct frame *out) {
    unsigned selected = 0;
    for (unsigned i = 0; i < count; i++) {
        const enum return_result result =
            return_frame(pipeline->sightings, rules, &frames[i], &pipeline->packets[i]);
        if (result == RETURN_BACK) {
            out[selected++] = frames[i];
        }
        pipeline->counters.cut_not_returned += result == RETURN_CUT;
    }
    return selected;
}

void pipeline_divert_log(struct pipeline *pipeline, struct log_queue_taker taker) {
    script_host_divert_log(pipeline->host, taker);
}

void pipeline_offer_owed(struct pipeline *pipeline) {
    if (pipeline->owing > 0) {
        report_owed(pipeline);
    }
}

void pipeline_offer_states(struct pipeline *pipeline, uint64_t now_ns) {
    if (pipeline->storing) {
        report_states(pipeline, now_ns);
    }
}

void pipeline_idle(struct pipeline *pipeline, uint64_t now_ns) {
    pipeline->time_ns = now_ns;
    flow_table_expire(pipeline->table, now_ns);
    if (script_host_due(pipeline->exchange, now_ns)) {
        script_host_tick(pipeline->host, now_ns);
    }
    script_host_flush_log(pipeline->host);
}

void pipeline_free(struct pipeline *pipeline) {
    if (pipeline) {
        script_host_free(pipeline->host);
        flow_table_close(pipeline->table);
        sightings_free(pipeline->sightings);
        names_close(pipeline->names);
        streams_free(pipeline->streams);
        identity_cache_free(pipeline->identities);
        shadow_free(pipeline->shadow);
        free(pipeline);
    }
}
