#include "load.h"

#include "../unit/pipeline/frame_bed.h"
#include "base/clock.h"
#include "capture/capture.h"
#include "event/event_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PACKETS_PER_FLOW 6
#define STEP_MS          10
#define PACKET_GAP       10 /* steps between two packets of a flow */

static bool take_event(void *context, bool states, struct event *event, unsigned *source) {
    struct load *load = context;
    __atomic_store_n(&load->states, states, __ATOMIC_RELAXED);
    *source = 0;
    const uint32_t size = ring_get(&load->ring, event, sizeof *event);
    return size != 0 && event_accept(event, size);
}

static bool on_event(void *context, const struct event *event) {
    event_write(context, event);
    return true;
}

static bool on_stored(void *context, const struct event *event) {
    struct load *load = context;
    return ring_put(&load->ring, event, (uint32_t)event_size(event));
}

static char *copy(const char *text) {
    char *made = strdup(text);
    assert_non_null(made);
    return made;
}

void load_configure(struct load *load, const char *uri, const char *id) {
    struct config *config = &load->config;
    *load = (struct load){0};
    snprintf(load->folder, sizeof load->folder, "/tmp/dpae-load-XXXXXX");
    assert_non_null(mkdtemp(load->folder));
    assert_int_equal(config_defaults(config), 0);
    free((char *)config->mongo_uri);
    free((char *)config->dpae_id);
    free((char *)config->spool_directory);
    config->mongo_enabled = true;
    config->mongo_uri = copy(uri);
    config->dpae_id = copy(id);
    config->spool_directory = copy(load->folder);
    config->mongo_flush_interval = 1;
    config->flow_table_size = 200000;
}

void load_open(struct load *load) {
    struct faults faults = {0};
    struct error error;
    char path[128];
    snprintf(path, sizeof path, "%s/events.jsonl", load->folder);
    load->lines = fopen(path, "w+");
    assert_non_null(load->lines);
    load->writer =
        (struct event_writer){.file = load->lines, .format = EVENT_FORMAT_JSONL, .flows = true};
    load->ring_memory = aligned_alloc(64, (ring_bytes(LOAD_RING) + 63) / 64 * 64);
    assert_non_null(load->ring_memory);
    memset(load->ring_memory, 0, ring_bytes(LOAD_RING));
    ring_attach(&load->ring, load->ring_memory, LOAD_RING);

    assert_int_equal(
        policy_load(DPAE_SOURCE_DIR "/config/main_policy.yaml", &load->policy, &faults), 0);
    const struct pipeline_options options = {.config = &load->config,
                                             .policy = load->policy,
                                             .seed = {1, 2},
                                             .sink = {on_event, &load->writer},
                                             .store = {on_stored, load}};
    assert_int_equal(pipeline_new(&load->pipeline, &options, &faults, &error), 0);
    faults_free(&faults);
    const struct store_options store = {.config = &load->config,
                                        .interfaces = {"load"},
                                        .interface_count = 1,
                                        .spool = true,
                                        .take_event = take_event,
                                        .context = load};
    if (store_start(&load->store, &store, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

/* Packet 0 to 5 of a flow, with a unique address and port. */
static void build(struct test_frame *frame, uint32_t flow, unsigned number, uint64_t time_ns) {
    const bool back = number == 1 || number == 3;
    static const uint8_t flags[PACKETS_PER_FLOW] = {0x02, 0x12, 0x18, 0x18, 0x18, 0x14};
    static const uint32_t seq[PACKETS_PER_FLOW] = {1000, 5000, 1001, 5001, 1009, 1017};
    const bool data = number >= 2 && number <= 4;
    const struct frame_spec spec = {.time_ns = time_ns,
                                    .proto = 6,
                                    .from_server = back,
                                    .server_port = 80,
                                    .tcp_flags = flags[number],
                                    .seq = seq[number],
                                    .payload = data ? "12345678" : NULL};
    frame_build(frame, &spec);
    uint8_t *address = frame->bytes + (back ? 30 : 26);
    address[1] = (uint8_t)(2 + (flow >> 21));
    address[2] = (uint8_t)(flow >> 13);
    put16(frame->bytes + (back ? 36 : 34), 1024 + (flow & 0x1fff));
}

static uint64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * (uint64_t)NS_PER_S + (uint64_t)now.tv_nsec;
}

static void process(struct load *load, const struct frame *frames, unsigned count) {
    const uint64_t start_ns = cpu_ns();
    pipeline_process(load->pipeline, frames, count);
    if (__atomic_load_n(&load->states, __ATOMIC_RELAXED)) {
        pipeline_offer_states(load->pipeline, clock_monotonic_ns());
    }
    load->cpu_ns += cpu_ns() - start_ns;
    load->packets += count;
}

struct batch {
    struct test_frame built[CAPTURE_BATCH];
    struct frame frames[CAPTURE_BATCH];
    unsigned count;
};

static void flush(struct load *load, struct batch *batch) {
    if (batch->count > 0) {
        process(load, batch->frames, batch->count);
        batch->count = 0;
    }
}

static void add(struct load *load, struct batch *batch, uint32_t flow, unsigned number,
                uint64_t time_ns) {
    build(&batch->built[batch->count], flow, number, time_ns);
    batch->frames[batch->count] = batch->built[batch->count].frame;
    if (++batch->count == CAPTURE_BATCH) {
        flush(load, batch);
    }
}

void load_run(struct load *load, unsigned rate, double seconds) {
    static struct batch batch;
    const unsigned steps = (unsigned)(seconds * 1000 / STEP_MS);
    const unsigned tail = (PACKETS_PER_FLOW - 1) * PACKET_GAP;
    uint32_t *first =
        calloc(steps + tail + 1, sizeof *first); /* first flow that begins at each step */
    assert_non_null(first);
    const uint64_t start_ns = clock_monotonic_ns();
    unsigned due = 0; /* thousandths of a flow */
    for (unsigned step = 0; step < steps + tail; step++) {
        first[step] = load->flows;
        due += step < steps ? rate * STEP_MS : 0;
        load->flows += due / 1000;
        due %= 1000;
        first[step + 1] = load->flows;
        uint64_t now_ns = clock_wall_ns();
        for (unsigned number = 0; number < PACKETS_PER_FLOW && number * PACKET_GAP <= step;
             number++) {
            const unsigned begun = step - number * PACKET_GAP;
            for (uint32_t flow = first[begun]; flow < first[begun + 1]; flow++) {
                add(load, &batch, flow, number, now_ns++);
            }
        }
        flush(load, &batch);
        pipeline_idle(load->pipeline, now_ns);
        const uint64_t wake_ns = start_ns + (step + 1) * STEP_MS * NS_PER_MS;
        const uint64_t then_ns = clock_monotonic_ns();
        if (then_ns < wake_ns) {
            usleep((useconds_t)((wake_ns - then_ns) / 1000));
        }
    }
    free(first);
}

bool load_await(struct load *load, double limit, double *took) {
    const uint64_t start_ns = clock_monotonic_ns();
    struct store_counters counters;
    for (;;) {
        store_get_counters(load->store, &counters);
        *took = (double)(clock_monotonic_ns() - start_ns) / (double)NS_PER_S;
        if (counters.waiting + counters.waiting_spool == 0 && ring_empty(&load->ring)) {
            return true;
        }
        if (*took > limit) {
            return false;
        }
        pipeline_idle(load->pipeline, clock_wall_ns());
        if (__atomic_load_n(&load->states, __ATOMIC_RELAXED)) {
            pipeline_offer_states(load->pipeline, clock_monotonic_ns());
        }
        usleep(STEP_MS * 1000);
    }
}

void load_end(struct load *load, struct store_counters *counters) {
    pipeline_finish(load->pipeline);
    store_stop(load->store, 20000, counters);
    load->store = NULL;
    const struct pipeline_counters *told = pipeline_counters(load->pipeline);
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        assert_int_equal(told->store_lost[i], 0);
    }
    assert_int_equal(pipeline_flow_counters(load->pipeline)->unstored, 0);
}

FILE *load_lines(struct load *load) {
    assert_int_equal(fflush(load->lines), 0);
    rewind(load->lines);
    return load->lines;
}

void load_close(struct load *load) {
    char command[128];
    store_stop(load->store, 0, NULL);
    pipeline_free(load->pipeline);
    policy_free(load->policy);
    config_free(&load->config);
    fclose(load->lines);
    free(load->ring_memory);
    snprintf(command, sizeof command, "rm -rf '%s'", load->folder);
    assert_int_equal(system(command), 0);
}
