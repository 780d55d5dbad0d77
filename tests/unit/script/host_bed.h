#ifndef DPAE_TESTS_HOST_BED_H
#define DPAE_TESTS_HOST_BED_H

#include "script/host.h"

#include "flow/flow_table.h"
#include "policy/policy.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CLASSIFIER(body)                                                                           \
    "return { new = function(logger, config)\n"                                                    \
    "  return { classifier = function(self, flow) " body " end }\n"                                \
    "end }\n"

/* A host over a directory of scripts, with small limits and a synthetic source of packets:
 * packet i belongs to flow i modulo flow_count. */
#define FLOWS_MAX         8
#define BED_WINDOW_NS     UINT64_C(60000000000)
#define BED_QUARANTINE_NS UINT64_C(100000000000)
struct bed {
    const void *test; /* cmocka's initial state */
    char directory[64];
    struct script_host *host;
    struct script_watch watch;
    struct script_offence offences[SCRIPT_CLASSIFIERS_MAX];
    struct faults faults;
    struct flow_table *table;
    struct flow_context context;
    struct packet packet;
    struct flow *flows[FLOWS_MAX];
    unsigned flow_count;
    unsigned packets; /* remaining in the batch */
    uint64_t number;  /* of the current packet, from 1 */
    unsigned told[SCRIPT_CLASSIFIERS_MAX][TREATMENT_COUNT];
    unsigned finalised[SCRIPT_CLASSIFIERS_MAX];
};

static inline void bed_put(const struct bed *bed, const char *name, const void *text,
                           size_t length) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s", bed->directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void bed_script(const struct bed *bed, const char *name, const char *source) {
    char file[80];
    snprintf(file, sizeof file, "%s.lua", name);
    bed_put(bed, file, source, strlen(source));
}

static inline void settle(struct bed *bed) {
    struct script_exchange *exchange = script_host_exchange(bed->host);
    struct flow *flow = bed->context.flow;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        bed->told[i][exchange->treatment[i]] += exchange->spoke >> i & 1;
        bed->finalised[i] += exchange->finalised >> i & 1;
    }
    flow->finalised = (uint16_t)(flow->finalised | exchange->finalised);
    exchange->spoke = 0;
    exchange->finalised = 0;
}

/* Time of the next packet: a second after the previous one. */
static inline uint64_t time_of(const struct bed *bed) {
    return UINT64_C(1000000000) * bed->number;
}

static inline void make_packet(struct bed *bed) {
    const uint8_t port = (uint8_t)(bed->number % bed->flow_count);
    bed->packet = (struct packet){
        .time_ns = time_of(bed),
        .src = {10, 0, 0, 1},
        .dst = {10, 0, 0, 2},
        .src_port = (uint16_t)(1000 + port),
        .dst_port = 80,
        .proto = IP_PROTO_UDP,
        .ip_version = 4,
        .class = PACKET_FLOW,
        .length = 60,
    };
    unsigned end;
    struct flow *flow;
    assert_int_equal(flow_ingest_packet(bed->table, &bed->packet, &flow, &end), FLOW_PACKET);
    bed->flows[port] = flow;
    flow_view_set(&bed->context, bed->table, flow, end, &bed->packet);
    bed->number++;
    bed->packets--;
}

static inline uint32_t next(void *source) {
    struct bed *bed = source;
    if (bed->context.flow) {
        settle(bed);
    }
    while (bed->packets > 0 && !script_host_due(script_host_exchange(bed->host), time_of(bed))) {
        make_packet(bed);
        script_host_exchange(bed->host)->time_ns = bed->packet.time_ns;
        const uint32_t wanted =
            script_host_ready(bed->host) & ~(uint32_t)bed->context.flow->finalised;
        if (wanted) {
            return wanted;
        }
    }
    return 0;
}

static inline void flow_ended(void *context, struct flow *flow, enum flow_end_reason reason) {
    struct bed *bed = context;
    (void)reason;
    if (flow->flags & FLOW_SCRIPT_STATE) {
        script_host_forget_flow(bed->host, flow_slot(bed->table, flow));
    }
}

/* The source of packets: context is the bed. */
static inline void bed_connect(struct bed *bed) {
    struct script_exchange *exchange = script_host_exchange(bed->host);
    exchange->next = next;
    exchange->source = bed;
    exchange->view = &bed->context.view;
    exchange->number = &bed->number;
}

static inline int end(void **state) {
    struct bed *bed = *state;
    char command[96];
    flow_table_close(bed->table);
    script_host_free(bed->host);
    faults_free(&bed->faults);
    snprintf(command, sizeof command, "rm -r %s", bed->directory);
    const int result = system(command);
    free(bed);
    return result;
}

static inline int begin_with(void **state, uint32_t errors_max) {
    struct bed *bed = calloc(1, sizeof *bed);
    struct error error = {0};
    if (!bed) {
        return -1;
    }
    bed->test = *state;
    strcpy(bed->directory, "/tmp/host_test.XXXXXX");
    if (!mkdtemp(bed->directory)) {
        free(bed);
        return -1;
    }
    *state = bed;
    struct flow_table_options table = {.capacity = FLOWS_MAX, .fragments = 1};
    for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++) {
        table.timeout_ns[i] = UINT64_C(3600000000000);
    }
    const struct script_options options = {
        .classifiers_directory = bed->directory,
        .lua_directory = DPAE_SOURCE_DIR "/lua",
        .steps = 500000,
        .budget_us = 20000,
        .memory_mb = 16,
        .errors_max = errors_max,
        .errors_window_ns = BED_WINDOW_NS,
        .quarantine_ns = BED_QUARANTINE_NS,
        .watch = &bed->watch,
        .offences = bed->offences,
    };
    if (flow_table_open(&bed->table, &table, -1, flow_ended, bed, &error) != 0 ||
        script_host_new(&bed->host, &options, &error) != 0) {
        print_error("%s\n", error.message);
        (void)end(state);
        return -1;
    }
    bed_connect(bed);
    bed->flow_count = 1;
    return 0;
}

static inline int begin(void **state) {
    return begin_with(state, 10);
}

/* With quarantine off. */
static inline int begin_patient(void **state) {
    return begin_with(state, 0);
}

static inline void load(struct bed *bed, const char *const *names, unsigned count) {
    if (script_host_load(bed->host, names, count, &bed->faults) != 0) {
        fail_msg("%s: %s", bed->faults.items[0].source, bed->faults.items[0].message);
    }
}

static inline void run(struct bed *bed, unsigned packets) {
    bed->packets = packets;
    bed->context.flow = NULL;
    while (bed->packets > 0) {
        if (script_host_due(script_host_exchange(bed->host), time_of(bed))) {
            script_host_tick(bed->host, time_of(bed));
        }
        const uint32_t wanted = next(bed);
        if (wanted) {
            script_host_run(bed->host, wanted);
        }
    }
}

/* Runs packets with stderr captured, flushes the log, and counts the lines that contain each
 * text. */
static inline void count_log_lines(struct bed *bed, unsigned packets, const char *const *texts,
                                   unsigned *counts) {
    FILE *captured = tmpfile();
    assert_non_null(captured);
    fflush(stderr);
    const int real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(captured), STDERR_FILENO) >= 0);
    run(bed, packets);
    script_host_flush_log(bed->host);
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(captured);
    for (char line[4096]; fgets(line, sizeof line, captured);) {
        for (unsigned i = 0; texts[i]; i++) {
            counts[i] += strstr(line, texts[i]) != NULL;
        }
    }
    fclose(captured);
}

#define BED_TEST(function)     cmocka_unit_test_setup_teardown(function, begin, end)
#define PATIENT_TEST(function) cmocka_unit_test_setup_teardown(function, begin_patient, end)

#endif
