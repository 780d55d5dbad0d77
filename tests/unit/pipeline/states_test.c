/* Events that the pipeline sends to the store, and when: frames of one conversation in, events
 * out. */
#include "base/clock.h"
#include "frame_bed.h"
#include "pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define INTERVAL_MS 2000

struct bed {
    struct config config;
    struct pipeline *pipeline;
    bool full;      /* the store has no room */
    unsigned ends;  /* reported to the other sink */
    char seen[256]; /* stored events: state:PACKETS, end:PACKETS */
};

static bool on_event(void *context, const struct event *event) {
    struct bed *bed = context;
    bed->ends += event->kind == EVENT_FLOW_END;
    return true;
}

static bool on_stored(void *context, const struct event *event) {
    struct bed *bed = context;
    if (bed->full) {
        return false;
    }
    const size_t used = strlen(bed->seen);
    const uint64_t packets = event->flow_end.packets[0] + event->flow_end.packets[1];
    snprintf(bed->seen + used, sizeof bed->seen - used, "%s%s:%llu", used ? " " : "",
             event->kind == EVENT_FLOW_STATE ? "state" : "end", (unsigned long long)packets);
    return true;
}

static void bed_open(struct bed *bed, bool storing) {
    struct faults faults = {0};
    struct error error;
    *bed = (struct bed){0};
    assert_int_equal(config_defaults(&bed->config), 0);
    bed->config.flow_table_size = 100;
    bed->config.mongo_flush_interval = INTERVAL_MS / 1000.0;
    struct pipeline_options options = {.config = &bed->config, .sink = {on_event, bed}};
    if (storing) {
        options.store = (struct event_sink){on_stored, bed};
    }
    assert_int_equal(pipeline_new(&bed->pipeline, &options, &faults, &error), 0);
    faults_free(&faults);
}

static void bed_close(struct bed *bed) {
    pipeline_free(bed->pipeline);
    config_free(&bed->config);
}

static uint64_t at(unsigned ms) {
    return 1000 * (uint64_t)NS_PER_S + ms * (uint64_t)NS_PER_MS;
}

static void send(struct bed *bed, uint8_t proto, uint8_t flags, uint32_t seq, unsigned ms) {
    struct test_frame frame;
    const struct frame_spec spec = {.time_ns = at(ms),
                                    .proto = proto,
                                    .server_port = 80,
                                    .tcp_flags = flags,
                                    .seq = seq,
                                    .payload = "0123"};
    frame_build(&frame, &spec);
    pipeline_process(bed->pipeline, &frame.frame, 1);
}

/* Advances time without packets, walking the table as between batches. */
static void pass(struct bed *bed, unsigned from_ms, unsigned to_ms) {
    for (unsigned ms = from_ms; ms < to_ms; ms += 10) {
        pipeline_idle(bed->pipeline, at(ms));
        pipeline_offer_states(bed->pipeline, at(ms));
    }
}

static void a_flow_is_stored_when_old_enough_and_then_after_changes(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, true);
    send(&bed, 17, 0, 0, 0);
    pass(&bed, 10, 1900);
    assert_string_equal(bed.seen, ""); /* the flow might be short */
    pass(&bed, 1900, 6100);
    assert_string_equal(bed.seen, "state:1");
    pass(&bed, 6100, 20000);
    assert_string_equal(bed.seen, "state:1"); /* no change */
    for (unsigned i = 0; i < 100; i++) {
        send(&bed, 17, 0, 0, 20000 + 10 * i);
        pass(&bed, 20000 + 10 * i, 20010 + 10 * i);
    }
    pass(&bed, 21000, 26000);
    char last[32];
    unsigned states = 0;
    for (const char *word = bed.seen; (word = strstr(word, "state:")); word++) {
        states++;
        snprintf(last, sizeof last, "%.9s", word);
    }
    assert_string_equal(last, "state:101");
    assert_in_range(states, 2, 3); /* one per interval */
    bed_close(&bed);
}

static void a_short_flow_is_stored_only_at_its_end(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, true);
    send(&bed, 6, 0x02, 1, 0);
    pass(&bed, 10, 1000);
    send(&bed, 6, 0x14, 6, 1000);
    pass(&bed, 1010, 10000);
    assert_string_equal(bed.seen, "end:2");
    bed_close(&bed);
}

static void a_state_without_room_is_stored_later(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, true);
    send(&bed, 17, 0, 0, 0);
    bed.full = true;
    pass(&bed, 10, 8000);
    assert_string_equal(bed.seen, "");
    bed.full = false;
    pass(&bed, 8000, 8500);
    assert_string_equal(bed.seen, "state:1");
    bed_close(&bed);
}

/* Ways in which a flow ends while the store is full. */
static const struct ending {
    const char *name;
    uint8_t proto;
    unsigned closes_ms;  /* time of an RST; 0: no RST */
    unsigned idle_until; /* ms with time passing but no packets */
    bool again;          /* then a packet with the same ports, still without room */
    bool stops;          /* the program ends while the store is full */
    const char *seen;    /* stored events, once there is room */
    unsigned unstored;
} endings[] = {
    {"closed, its record lingers", 6, 100, 20000, false, false, "end:2", 0},
    {"idle, its end waits", 17, 0, 100000, false, false, "end:1", 0},
    {"idle, and its ports are used again", 17, 0, 100000, true, false, "end:1", 1},
    {"the program ends", 17, 0, 100, false, true, "", 1},
};

static void an_end_without_room_is_stored_later_or_counted(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const struct ending *ending = &endings[i];
        struct bed bed;
        print_message("%s\n", ending->name);
        bed_open(&bed, true);
        bed.full = true;
        send(&bed, ending->proto, 0x02, 1, 0);
        if (ending->closes_ms) {
            send(&bed, ending->proto, 0x14, 6, ending->closes_ms);
        }
        pass(&bed, 200, ending->idle_until);
        if (ending->again) {
            send(&bed, ending->proto, 0x02, 100, ending->idle_until);
        }
        if (!ending->stops) {
            assert_int_equal(bed.ends, 1); /* the other sink gets the end once, and on time */
        }
        bed.full = ending->stops;
        pass(&bed, ending->idle_until, ending->idle_until + 100);
        pipeline_finish(bed.pipeline);
        assert_string_equal(bed.seen, ending->seen);
        assert_int_equal(pipeline_flow_counters(bed.pipeline)->unstored, ending->unstored);
        assert_int_equal(bed.ends, ending->again ? 2 : 1);
        assert_int_equal(pipeline_flow_count(bed.pipeline), 0);
        bed_close(&bed);
    }
}

static void without_a_store_flows_are_not_marked(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, false);
    send(&bed, 17, 0, 0, 0);
    pass(&bed, 10, 8000);
    pipeline_finish(bed.pipeline);
    assert_int_equal(bed.ends, 1);
    assert_int_equal(pipeline_flow_counters(bed.pipeline)->unstored, 0);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_stored_when_old_enough_and_then_after_changes),
        cmocka_unit_test(a_short_flow_is_stored_only_at_its_end),
        cmocka_unit_test(a_state_without_room_is_stored_later),
        cmocka_unit_test(an_end_without_room_is_stored_later_or_counted),
        cmocka_unit_test(without_a_store_flows_are_not_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
