#include "base/clock.h"
#include "capture/capture.h"
#include "packet/decode.h"
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

/* What each stage costs: stages FILE FLOWS TABLE_SIZE. The clock is read around every stage of a
 * batch (1 to 2 ns a packet go to that). The first packet of each of the FLOWS makes a flow, so
 * what comes before and after it is shown apart. */
enum stage { READ, DECODE, HASH, INGEST, PIPELINE, STAGE_COUNT };
enum phase { CREATION, STEADY, PHASE_COUNT };

struct costs {
    uint64_t ns[PHASE_COUNT][STAGE_COUNT];
    uint64_t packets[PHASE_COUNT];
};

static struct capture *open_file(const char *path) {
    struct capture *capture;
    struct error error;
    if (capture_open(&capture, &path, 1, CAPTURE_READER_AUTO, &error) != 0) {
        bench_fail(&error);
    }
    return capture;
}

static unsigned next_batch(struct capture *capture, struct frame *frames) {
    struct error error;
    const int count = capture_next(capture, frames, CAPTURE_BATCH, &error);
    if (count < 0) {
        bench_fail(&error);
    }
    return (unsigned)count;
}

/* The same calls in the same order as the pipeline makes them, but for identities and scripts. */
static void run_stages(const char *path, struct flow_table *table, uint64_t flows,
                       struct costs *costs) {
    static struct frame frames[CAPTURE_BATCH];
    static struct packet packets[CAPTURE_BATCH];
    struct capture *capture = open_file(path);
    uint64_t done = 0;
    uint64_t at[STAGE_COUNT];
    at[READ] = clock_monotonic_ns();
    for (unsigned count; (count = next_batch(capture, frames)) > 0; done += count) {
        at[DECODE] = clock_monotonic_ns();
        for (unsigned i = 0; i < count; i++) {
            decode_frame(&frames[i], &packets[i]);
        }
        at[HASH] = clock_monotonic_ns();
        for (unsigned i = 0; i < count; i++) {
            flow_packet_hash(table, &packets[i]);
        }
        for (unsigned i = 0; i < count; i++) {
            flow_prefetch_record(table, &packets[i]);
        }
        at[INGEST] = clock_monotonic_ns();
        for (unsigned i = 0; i < count; i++) {
            struct flow *flow;
            unsigned end;
            flow_ingest_packet(table, &packets[i], &flow, &end);
        }
        const uint64_t now = clock_monotonic_ns();
        uint64_t *ns = costs->ns[done < flows ? CREATION : STEADY];
        ns[READ] += at[DECODE] - at[READ];
        ns[DECODE] += at[HASH] - at[DECODE];
        ns[HASH] += at[INGEST] - at[HASH];
        ns[INGEST] += now - at[INGEST];
        costs->packets[done < flows ? CREATION : STEADY] += count;
        at[READ] = now;
    }
    capture_close(capture);
}

static void run_pipeline(const char *path, struct pipeline *pipeline, uint64_t flows,
                         struct costs *costs) {
    static struct frame frames[CAPTURE_BATCH];
    struct capture *capture = open_file(path);
    uint64_t done = 0;
    for (unsigned count; (count = next_batch(capture, frames)) > 0; done += count) {
        const uint64_t start = clock_monotonic_ns();
        pipeline_process(pipeline, frames, count);
        costs->ns[done < flows ? CREATION : STEADY][PIPELINE] += clock_monotonic_ns() - start;
    }
    capture_close(capture);
}

static void ignore_end(void *context, struct flow *flow, enum flow_end_reason reason) {
    (void)context;
    (void)flow;
    (void)reason;
}

static void time_stages(const char *path, const struct flow_table_options *options, uint64_t flows,
                        struct costs *costs) {
    struct flow_table *table;
    struct error error;
    if (flow_table_open(&table, options, -1, ignore_end, NULL, &error) != 0) {
        bench_fail(&error);
    }
    run_stages(path, table, flows, costs);
    flow_table_close(table);
}

static double per_packet(const struct costs *costs, enum stage stage, int phase) {
    uint64_t ns = 0, packets = 0;
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (phase == i || phase == PHASE_COUNT) {
            ns += costs->ns[i][stage];
            packets += costs->packets[i];
        }
    }
    return packets ? (double)ns / (double)packets : 0;
}

static void show(const struct costs *costs, uint64_t events) {
    static const char *const names[STAGE_COUNT] = {"read", "decode", "hash, prefetch", "flow table",
                                                   "whole pipeline, without read"};
    printf("%-30s %10s %10s %10s\n", "ns/packet", "creation", "steady", "all");
    for (enum stage stage = READ; stage < STAGE_COUNT; stage++) {
        printf("%-30s %10.1f %10.1f %10.1f\n", names[stage], per_packet(costs, stage, CREATION),
               per_packet(costs, stage, STEADY), per_packet(costs, stage, PHASE_COUNT));
    }
    printf("%-30s %10lu %10lu %10lu\n", "packets", costs->packets[CREATION], costs->packets[STEADY],
           costs->packets[CREATION] + costs->packets[STEADY]);
    printf("%-30s %32lu\n", "events", events);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s FILE FLOWS TABLE_SIZE\n", argv[0]);
        return 2;
    }
    const char *path = argv[1];
    const uint64_t flows = strtoull(argv[2], NULL, 10);
    struct bench bench;
    bench_load(&bench, (uint32_t)strtoul(argv[3], NULL, 10));

    /* The first pass is thrown away: it warms up files and memory, which a virtual machine gets
     * from its host only when it touches it for the first time. */
    struct costs costs;
    struct flow_table_options options = pipeline_table_options(&bench.config);
    options.seed[0] = 1;
    options.seed[1] = 2;
    for (int pass = 0; pass < 2; pass++) {
        costs = (struct costs){0};
        time_stages(path, &options, flows, &costs);
    }

    struct pipeline *pipeline = bench_pipeline(&bench);
    run_pipeline(path, pipeline, flows, &costs);
    pipeline_finish(pipeline);
    pipeline_free(pipeline);
    show(&costs, bench.events);

    const size_t bytes = flow_table_bytes(&options);
    printf("%-30s %32.1f  (%zu in all, %u flows, %u packets kept of each)\n",
           "table bytes per flow", (double)bytes / options.capacity, bytes, options.capacity,
           options.packets_kept);
    bench_free(&bench);
    return 0;
}
