#include "setup.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t seed[2] = {1, 2};

void bench_fail(const struct error *error) {
    fprintf(stderr, "bench: %s\n", error->message);
    exit(1);
}

static void show_faults(struct faults *faults) {
    for (size_t i = 0; i < faults->count; i++) {
        char text[640];
        fault_format(&faults->items[i], text, sizeof text);
        fprintf(stderr, "bench: %s\n", text);
    }
    faults_free(faults);
}

void bench_load(struct bench *bench, uint32_t flow_table_size) {
    struct faults faults = {0};
    *bench = (struct bench){0};
    if (config_load(DPAE_SOURCE_DIR "/config/config.yaml", &bench->config, &faults) != 0 ||
        policy_load(DPAE_SOURCE_DIR "/config/main_policy.yaml", &bench->policy, &faults) != 0) {
        show_faults(&faults);
        exit(1);
    }
    faults_free(&faults);
    if (flow_table_size) {
        bench->config.flow_table_size = flow_table_size;
    }
}

static void count_event(void *context, const struct event *event) {
    struct bench *bench = context;
    (void)event;
    bench->events++;
}

struct pipeline *bench_pipeline(struct bench *bench) {
    const struct pipeline_options options = {
        .config = &bench->config,
        .policy = bench->policy,
        .seed = {seed[0], seed[1]},
        .sink = {count_event, bench},
    };
    struct pipeline *pipeline;
    struct faults faults = {0};
    struct error error;
    if (pipeline_new(&pipeline, &options, &faults, &error) != 0) {
        show_faults(&faults);
        bench_fail(&error);
    }
    faults_free(&faults);
    return pipeline;
}

void bench_free(struct bench *bench) {
    policy_free(bench->policy);
    config_free(&bench->config);
}

static uint64_t to_ns(double seconds) {
    return (uint64_t)(seconds * (double)NS_PER_S + 0.5);
}

struct flow_table_options bench_table_options(const struct config *config) {
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
        .seed = {seed[0], seed[1]},
    };
}
