/* Errors of classifiers as events, and traces of packets, for frames of one conversation. */
#include "base/clock.h"
#include "frame_bed.h"
#include "pipeline/pipeline_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS_MAX 64

struct bed {
    char directory[64];
    struct config config;
    struct policy *policy;
    struct pipeline_trace trace;
    struct pipeline *pipeline;
    bool full; /* the sink has no room */
    unsigned count;
    struct event events[EVENTS_MAX]; /* errors only */
    unsigned lines;                  /* of a diverted log */
    char line[LOG_QUEUE_TEXT];       /* the latest */
};

static bool on_event(void *context, const struct event *event) {
    struct bed *bed = context;
    if (bed->full) {
        return false;
    }
    if (event->kind == EVENT_SCRIPT_ERROR) {
        assert_in_range(bed->count, 0, EVENTS_MAX - 1);
        bed->events[bed->count++] = *event;
    }
    return true;
}

static void write_script(const struct bed *bed, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.lua", bed->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#define SCRIPT(body)                                                                               \
    "return { new = function(logger)\n"                                                            \
    "return { classifier = function(self, flow)\n" body " end }\nend }\n"

/* Names of classifiers are first, second ...; shadow: the last one is a candidate for the
 * first. */
static void open_bed(struct bed *bed, const char *const *scripts, bool shadow) {
    static const char *const names[] = {"first", "second", "third"};
    struct faults faults = {0};
    struct error error;
    *bed = (struct bed){.directory = "/tmp/error_test.XXXXXX"};
    assert_non_null(mkdtemp(bed->directory));
    size_t count = 0;
    for (; scripts[count]; count++) {
        write_script(bed, names[count], scripts[count]);
    }
    assert_int_equal(config_defaults(&bed->config), 0);
    free((void *)(uintptr_t)bed->config.classifiers_directory);
    bed->config.classifiers_directory = strdup(bed->directory);
    bed->config.classifier_errors_max = 1000;
    assert_int_equal(policy_from_names(names, count - shadow, "test", &bed->policy, &faults), 0);
    const struct pipeline_options options = {.config = &bed->config,
                                             .policy = bed->policy,
                                             .shadow_of = shadow ? "first" : NULL,
                                             .shadow = shadow ? names[count - 1] : NULL,
                                             .sink = {on_event, bed}};
    if (pipeline_new(&bed->pipeline, &options, &faults, &error) != 0) {
        fail_msg("%s: %s", error.message, faults.count ? faults.items[0].message : "");
    }
    faults_free(&faults);
}

static void close_bed(struct bed *bed) {
    char command[96];
    pipeline_free(bed->pipeline);
    policy_free(bed->policy);
    config_free(&bed->config);
    snprintf(command, sizeof command, "rm -r %s", bed->directory);
    assert_int_equal(system(command), 0);
}

/* Packet `number` of a UDP flow to this port, a millisecond after the previous one. */
static void build(struct test_frame *frame, unsigned number, uint16_t port) {
    const struct frame_spec spec = {.time_ns = 1000 * NS_PER_S + number * NS_PER_MS,
                                    .proto = 17,
                                    .server_port = port,
                                    .payload = "0123\n"};
    frame_build(frame, &spec);
}

static void send(struct bed *bed, unsigned number, uint16_t port) {
    struct test_frame frame;
    build(&frame, number, port);
    pipeline_process(bed->pipeline, &frame.frame, 1);
}

/* As send(), with a trace; the frame stays valid, since the trace refers to it. */
static void trace_packet(struct bed *bed, unsigned number, uint16_t port) {
    static struct test_frame frame;
    build(&frame, number, port);
    pipeline_trace(bed->pipeline, &frame.frame, &bed->trace);
}

static void events_become_rarer_with_the_count(void **state) {
    (void)state;
    static const struct {
        uint64_t count;
        bool due;
    } cases[] = {
        {1, true},    {2, true},    {3, true},    {4, false},    {9, false},      {10, true},
        {11, false},  {20, false},  {30, false},  {99, false},   {100, true},     {101, false},
        {200, false}, {300, false}, {1000, true}, {1100, false}, {1000000, true}, {3000000, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(report_is_due(cases[i].count), cases[i].due);
    }
}

static void errors_are_events_with_their_place(void **state) {
    (void)state;
    static const char *const scripts[] = {
        SCRIPT(""), SCRIPT("if flow.packet_count == 2 then error('odd \\\\ \\1\\195\\164') end"),
        NULL};
    struct bed bed;
    open_bed(&bed, scripts, false);
    send(&bed, 1, 80);
    send(&bed, 2, 80);
    assert_int_equal(bed.count, 1);
    const struct event *event = &bed.events[0];
    const struct event_script_error *error = &event->script_error;
    assert_int_equal(event->packet, 2);
    assert_int_equal(event->time_ns, 1000 * NS_PER_S + 2 * NS_PER_MS);
    assert_int_equal(error->ends.port_a, 43000);
    assert_int_equal(error->ends.port_b, 80);
    assert_int_equal(error->flow_packets, 2);
    assert_string_equal(error->classifier, "second");
    assert_int_equal(error->generation, 1);
    assert_true(error->source != 0);
    assert_int_equal(error->source, script_host_source(bed.pipeline->host, 1)->hash);
    assert_false(error->candidate);
    assert_non_null(strstr(error->file, "/second.lua"));
    assert_int_equal(error->line, 3);
    /* Non-printable bytes are escaped once. The message is already a single line. */
    assert_string_equal(error->message, "odd \\\\  \\195\\164");
    assert_string_equal(error->source_line, "if flow.packet_count == 2 then error('odd \\\\\\\\ "
                                            "\\\\1\\\\195\\\\164') end end }");
    assert_int_equal(error->errors, 1);
    close_bed(&bed);
}

static void each_place_has_its_own_few_events(void **state) {
    (void)state;
    static const char *const scripts[] = {
        SCRIPT("if flow.packet_count % 2 == 0 then\nerror('even') end\nerror('odd')"), NULL};
    static const struct {
        uint64_t packet;
        unsigned line;
        uint64_t errors;
    } expected[] = {{1, 5, 1}, {2, 4, 1}, {3, 5, 2},   {4, 4, 2},
                    {5, 5, 3}, {6, 4, 3}, {19, 5, 10}, {20, 4, 10}};
    struct bed bed;
    open_bed(&bed, scripts, false);
    for (unsigned i = 1; i <= 150; i++) {
        send(&bed, i, 80);
    }
    assert_int_equal(bed.count, sizeof expected / sizeof *expected);
    for (unsigned i = 0; i < bed.count; i++) {
        assert_int_equal(bed.events[i].packet, expected[i].packet);
        assert_int_equal(bed.events[i].script_error.line, expected[i].line);
        assert_int_equal(bed.events[i].script_error.errors, expected[i].errors);
    }
    assert_int_equal(script_host_counters(bed.pipeline->host)->errors[0], 150);
    close_bed(&bed);
}

/* Each error at its own line: those beyond the first 16 places share one count. */
static void errors_beyond_the_known_places_share_a_count(void **state) {
    (void)state;
    static char text[8192] = "return { new = function() return { classifier = function(_, flow)\n";
    const char *scripts[] = {text, NULL};
    size_t used = strlen(text);
    for (unsigned i = 1; i <= 60; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "if flow.packet_count == %u then error('x') end\n", i);
    }
    snprintf(text + used, sizeof text - used, "end } end }");
    struct bed bed;
    open_bed(&bed, scripts, false);
    for (unsigned i = 1; i <= 60; i++) {
        send(&bed, i, 80);
    }
    assert_int_equal(bed.count, 16 + 4);
    assert_int_equal(bed.events[18].packet, 19);
    assert_int_equal(bed.events[18].script_error.errors, 3);
    assert_int_equal(bed.events[19].packet, 26);
    assert_int_equal(bed.events[19].script_error.errors, 10);
    close_bed(&bed);
}

static void an_error_without_room_is_counted_in_the_next(void **state) {
    (void)state;
    static const char *const scripts[] = {SCRIPT("error('always')"), NULL};
    struct bed bed;
    open_bed(&bed, scripts, false);
    bed.full = true;
    send(&bed, 1, 80);
    send(&bed, 2, 80);
    bed.full = false;
    send(&bed, 3, 80);
    assert_int_equal(bed.pipeline->counters.lost[EVENT_SCRIPT_ERROR], 2);
    assert_int_equal(bed.count, 1);
    assert_int_equal(bed.events[0].script_error.errors, 3);
    close_bed(&bed);
}

static void an_error_of_a_candidate_is_marked(void **state) {
    (void)state;
    static const char *const scripts[] = {SCRIPT("error('a')"), SCRIPT("error('b')"), NULL};
    struct bed bed;
    open_bed(&bed, scripts, true);
    send(&bed, 1, 80);
    assert_int_equal(bed.count, 2);
    assert_false(bed.events[0].script_error.candidate);
    assert_true(bed.events[1].script_error.candidate);
    assert_string_equal(bed.events[1].script_error.classifier, "second");
    close_bed(&bed);
}

static void take_line(void *context, const struct log_queue_line *line) {
    struct bed *bed = context;
    bed->lines++;
    memcpy(bed->line, line->text, sizeof bed->line);
}

static void a_trace_has_calls_and_verdicts(void **state) {
    (void)state;
    static const char *const scripts[] = {
        SCRIPT("logger:debug('at ' .. flow.packet_count) if flow.packet_count == 2 then "
               "flow.finalised = true return { qos_treatment = 'high_priority', why = { n = 2 } } "
               "end"),
        SCRIPT("if flow.packet_count == 2 then\nlocal function f() error('no') end f() end"),
        SCRIPT("if flow.packet_count > 1 then return { qos_treatment = 'low_priority' } end"),
        NULL};
    struct bed bed;
    open_bed(&bed, scripts, false);
    const struct pipeline_trace *trace = &bed.trace;
    trace_packet(&bed, 1, 80);
    assert_int_equal(trace->number, 1);
    assert_int_equal(trace->called, 7);
    assert_int_equal(trace->spoke | trace->failed | trace->finalises | trace->finalised, 0);
    assert_int_equal(trace->decider, SETS_NONE);
    pipeline_divert_log(bed.pipeline, (struct log_queue_taker){take_line, &bed});
    trace_packet(&bed, 2, 80);
    assert_int_equal(trace->called, 7);
    assert_int_equal(trace->spoke, 5);
    assert_int_equal(trace->explained, 1);
    assert_string_equal(trace->why[0], "n=2");
    assert_int_equal(trace->treatment[0], TREATMENT_HIGH_PRIORITY);
    assert_int_equal(trace->treatment[2], TREATMENT_LOW_PRIORITY);
    assert_int_equal(trace->finalises, 1);
    assert_int_equal(trace->failed, 2);
    const char *message = strstr(trace->errors[1], "/second.lua:4: no | ");
    assert_non_null(message);
    assert_non_null(strstr(message, " (packet 2, 10.1.0.1:43000 -> 10.1.0.2:80 udp, "
                                    "1970-01-01T00:16:40.002000Z)"));
    assert_int_equal(bed.lines, 1);
    assert_string_equal(bed.line, "at 2");
    trace_packet(&bed, 3, 80);
    assert_int_equal(trace->called, 6);
    assert_int_equal(trace->finalised, 1);
    assert_int_equal(trace->decider, 0);
    assert_int_equal(trace->spoke, 4);
    assert_int_equal(trace->failed, 0);
    assert_memory_equal(trace->packet.payload, "0123\n", 5);
    assert_int_equal(trace->packets[0], 3);
    assert_int_equal(trace->packets[1], 0);
    assert_true(trace->from_client);
    close_bed(&bed);
}

/* Identities are harvested from DNS, so it is not classified; neither are non-IP packets. */
static void a_trace_explains_unclassified_packets(void **state) {
    (void)state;
    static const char *const scripts[] = {SCRIPT(""), NULL};
    struct bed bed;
    open_bed(&bed, scripts, false);
    trace_packet(&bed, 1, 53);
    assert_int_equal(bed.trace.class, PIPELINE_FLOW_PACKET);
    assert_false(bed.trace.has_flow);
    assert_int_equal(bed.trace.called, 0);
    const struct frame frame = {.data = (const uint8_t[20]){0}, .captured = 10, .length = 20};
    pipeline_trace(bed.pipeline, &frame, &bed.trace);
    assert_int_equal(bed.trace.number, 2);
    assert_int_equal(bed.trace.class, PIPELINE_MALFORMED);
    assert_int_equal(bed.trace.packet.malformed, MALFORMED_SHORT_LINK);
    assert_false(bed.trace.has_flow);
    close_bed(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_become_rarer_with_the_count),
        cmocka_unit_test(errors_are_events_with_their_place),
        cmocka_unit_test(each_place_has_its_own_few_events),
        cmocka_unit_test(errors_beyond_the_known_places_share_a_count),
        cmocka_unit_test(an_error_without_room_is_counted_in_the_next),
        cmocka_unit_test(an_error_of_a_candidate_is_marked),
        cmocka_unit_test(a_trace_has_calls_and_verdicts),
        cmocka_unit_test(a_trace_explains_unclassified_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
