#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

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

static bool count_event(void *context, const struct event *event) {
    struct bench *bench = context;
    (void)event;
    bench->events++;
    return true;
}

struct pipeline *bench_pipeline(struct bench *bench) {
    const struct pipeline_options options = {
        .config = &bench->config,
        .policy = bench->policy,
        .seed = {1, 2},
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
