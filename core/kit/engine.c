#include "kit/engine.h"

#include "base/clock.h"
#include "base/export.h"
#include "base/yaml.h"
#include "flow/flow_table.h"
#include "identity/names.h"
#include "packet/decode.h"
#include "policy/policy.h"
#include "script/embedded.h"
#include "script/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof((struct dpae_outcome *)0)->treatment == SCRIPT_CLASSIFIERS_MAX,
               "an outcome has room for a set");

#define FRAME_MAX (1 << 18)

struct dpae_engine {
    struct flow_table *table;
    struct script_host *host;
    struct yaml_document *settings;
    struct names *names;
    struct streams *streams;
    struct flow_context context;
    struct packet packet;
    struct flow *flow;
    uint64_t number;                                  /* of the current frame, from 1 */
    struct dpae_outcome *outcome;                     /* of that frame */
    char why[SCRIPT_CLASSIFIERS_MAX][SCRIPT_WHY_MAX]; /* of the latest packet */
    uint32_t explained;
    char faults[4096];
    uint8_t bytes[FRAME_MAX];
};

static void flow_ended(void *context, struct flow *flow, enum flow_end_reason reason) {
    const struct dpae_engine *engine = context;
    (void)reason;
    if (flow->flags & FLOW_SCRIPT_STATE) {
        script_host_forget_flow(engine->host, flow_slot(engine->table, flow));
    }
    streams_forget(engine->streams, engine->table, flow);
}

/* The source of packets for the loop: records the results of its only packet. */
static uint32_t settle(void *source) {
    struct dpae_engine *engine = source;
    struct script_exchange *exchange = script_host_exchange(engine->host);
    engine->flow->finalised = (uint16_t)(engine->flow->finalised | exchange->finalised);
    engine->outcome->spoke = exchange->spoke;
    memcpy(engine->outcome->treatment, exchange->treatment, sizeof exchange->treatment);
    memcpy(engine->why, exchange->why, sizeof engine->why);
    engine->explained = exchange->explained;
    exchange->finalised = 0;
    exchange->spoke = 0;
    exchange->explained = 0;
    return 0;
}

static int open_table(struct dpae_engine *engine, struct error *error) {
    struct flow_table_options options = {
        .capacity = 10000,
        .packets_kept = 10,
        .reuse_idle_ns = 60 * NS_PER_S,
        .fragments = 100,
        .fragment_timeout_ns = 30 * NS_PER_S,
        .seed = {1, 2},
    };
    for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++) {
        options.timeout_ns[i] = 300 * NS_PER_S;
    }
    return flow_table_open(&engine->table, &options, -1, flow_ended, engine, error);
}

static int open_streams(struct dpae_engine *engine, struct error *error) {
    const int result = streams_new(&engine->streams, 64, 4096, error);
    engine->context.streams = engine->streams;
    return result;
}

static int open_names(struct dpae_engine *engine, struct error *error) {
    static const uint64_t key[2] = {1, 2};
    const int result = names_new(&engine->names, 1024, key, error);
    engine->context.names = engine->names;
    return result;
}

static void note_name(void *context, const struct identity *identity) {
    names_note(context, identity);
}

static void print_faults(const struct faults *faults, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < faults->count && used + 1 < size; i++) {
        if (i > 0) {
            text[used++] = '\n';
        }
        fault_format(&faults->items[i], text + used, size - used);
        used += strlen(text + used);
    }
}

/* Ends the process only if a call is stuck. A spec may test the memory limit, which stops the
 * call in the end. */
static void give_up(enum script_end why, const char *classifier, const char *place) {
    if (why == SCRIPT_STUCK) {
        fputc('\n', stdout); /* busted is printing a line of dots */
        script_end_process(why, classifier, place);
    }
}

static int open_host(struct dpae_engine *engine, const char *classifiers, const char *lua,
                     const char *settings, struct error *error) {
    struct faults faults = {0};
    if (yaml_parse(settings, strlen(settings), "settings", &engine->settings, &faults) != 0) {
        print_faults(&faults, engine->faults, sizeof engine->faults);
        faults_free(&faults);
        return error_set(error, -1, "%s", engine->faults);
    }
    const struct yaml_node *root = yaml_root(engine->settings);
    if (root && root->kind != YAML_MAPPING) {
        return error_set(error, -1,
                         "settings must be a mapping from the name of a classifier to its "
                         "settings, as in: my_classifier: { limit: 10 }");
    }
    const struct script_options options = {
        .classifiers_directory = classifiers,
        .lua_directory = lua,
        .settings = root,
        .steps = 500000,
        .memory_mb = 64,
        .give_up = give_up,
        .crash_handler = script_print_crash,
        .errors_max = 10,
        .errors_window_ns = 60 * NS_PER_S,
        .quarantine_ns = 10 * NS_PER_S,
    };
    const int result = script_host_new(&engine->host, &options, error);
    if (result == 0) {
        struct script_exchange *exchange = script_host_exchange(engine->host);
        exchange->next = settle;
        exchange->source = engine;
        exchange->view = &engine->context.view;
        exchange->number = &engine->number;
    }
    return result;
}

DPAE_EXPORT const char *dpae_embedded_text(const char *name, size_t *length) {
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        if (strcmp(file->name, name) == 0) {
            *length = file->length;
            return (const char *)file->text;
        }
    }
    return NULL;
}

DPAE_EXPORT struct dpae_engine *dpae_engine_new(const char *classifiers_directory,
                                                const char *lua_directory, const char *settings,
                                                char *message, size_t size) {
    /* Lua caches texts of a view by its serial, so serials must differ between engines. */
    static double engines;
    struct error error = {0};
    struct dpae_engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        return NULL;
    }
    engine->context.view.serial = 1e9 * engines++;
    if (open_table(engine, &error) != 0 || open_names(engine, &error) != 0 ||
        open_streams(engine, &error) != 0 ||
        open_host(engine, classifiers_directory, lua_directory, settings, &error) != 0) {
        snprintf(message, size, "%s", error.message);
        dpae_engine_free(engine);
        return NULL;
    }
    return engine;
}

DPAE_EXPORT void dpae_engine_free(struct dpae_engine *engine) {
    if (engine) {
        flow_table_close(engine->table);
        script_host_free(engine->host);
        names_close(engine->names);
        streams_free(engine->streams);
        yaml_release(engine->settings);
        free(engine);
    }
}

DPAE_EXPORT const char *dpae_engine_load(struct dpae_engine *engine, const char *const *names,
                                         unsigned count) {
    struct faults faults = {0};
    (void)script_host_load(engine->host, names, count, &faults);
    print_faults(&faults, engine->faults, sizeof engine->faults);
    faults_free(&faults);
    return engine->faults;
}

/* Runs the classifiers that have not finalised the flow, and records which failed. */
static void classify(struct dpae_engine *engine) {
    const struct script_counters *counters = script_host_counters(engine->host);
    struct dpae_outcome *outcome = engine->outcome;
    uint64_t errors[SCRIPT_CLASSIFIERS_MAX];
    if (script_host_due(script_host_exchange(engine->host), engine->packet.time_ns)) {
        script_host_tick(engine->host, engine->packet.time_ns);
    }
    memcpy(errors, counters->errors, sizeof errors);
    script_host_exchange(engine->host)->time_ns = engine->packet.time_ns;
    outcome->ran = script_host_ready(engine->host) & ~(uint32_t)engine->flow->finalised;
    if (outcome->ran) {
        script_host_run(engine->host, outcome->ran);
    }
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        outcome->failed |= counters->errors[i] != errors[i] ? 1u << i : 0;
    }
    outcome->finalised = engine->flow->finalised;
}

DPAE_EXPORT void dpae_engine_ingest(struct dpae_engine *engine, const char *bytes,
                                    uint32_t captured, uint32_t length, int link, double time,
                                    struct dpae_outcome *outcome) {
    const struct frame frame = {
        .data = engine->bytes,
        .time_ns = (uint64_t)llround(time * (double)NS_PER_S),
        .captured = captured < FRAME_MAX ? captured : FRAME_MAX,
        .length = length,
        .link = (enum link_type)link,
    };
    memcpy(engine->bytes, bytes, frame.captured);
    *outcome = (struct dpae_outcome){.flow_result = -1};
    engine->outcome = outcome;
    engine->number++;
    outcome->packet_class = (int)decode_frame(&frame, &engine->packet);
    if (identity_kind_of(&engine->packet) == IDENTITY_DNS) {
        struct identity_counters ignored = {0};
        identity_harvest(&engine->packet, &ignored, note_name, engine->names);
    }
    if (outcome->packet_class != PACKET_FLOW && outcome->packet_class != PACKET_FRAGMENT) {
        return;
    }
    unsigned end;
    outcome->flow_result =
        (int)flow_ingest_packet(engine->table, &engine->packet, &engine->flow, &end);
    if (!engine->flow) {
        return;
    }
    flow_view_set(&engine->context, engine->table, engine->flow, end, &engine->packet);
    const bool unique = outcome->flow_result == FLOW_PACKET;
    if (engine->flow->stream && (unique || outcome->flow_result == FLOW_RETRANSMISSION)) {
        streams_take(engine->streams, engine->table, engine->flow, end, &engine->packet, unique);
    }
    if (unique) {
        classify(engine);
    }
}

DPAE_EXPORT void dpae_engine_flush_log(struct dpae_engine *engine) {
    script_host_flush_log(engine->host);
}

DPAE_EXPORT struct flow_view *dpae_engine_view(struct dpae_engine *engine) {
    return &engine->context.view;
}

DPAE_EXPORT const char *dpae_engine_last_error(const struct dpae_engine *engine,
                                               unsigned classifier) {
    return script_host_last_error(engine->host, classifier);
}

DPAE_EXPORT const char *dpae_engine_why(const struct dpae_engine *engine, unsigned classifier) {
    return engine->explained >> classifier & 1 ? engine->why[classifier] : NULL;
}

DPAE_EXPORT uint32_t dpae_engine_quarantined(const struct dpae_engine *engine) {
    return script_host_counters(engine->host)->quarantined;
}

DPAE_EXPORT const char *dpae_treatment_name(int treatment) {
    return treatment_name((enum treatment)treatment);
}
