#include "base/clock.h"
#include "capture/capture.h"
#include "frame_bed.h"
#include "pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Advice on one conversation, from classifiers that the test writes, through the real pipeline
 * from frames to events. */
#define POLICY_HEAD                                                                                \
    "tc_policies:\n"                                                                               \
    "  test: {comment: c, rule_set: r, port_set: all_access_ports, mode: passive}\n"               \
    "identity: {arp: 1, lldp: 1, dns: 1, dhcp: 1}\n"                                               \
    "qos_treatment: {default_priority: 0, constrained_bw: 1, high_priority: 2, low_priority: 3}\n" \
    "port_sets: {all_access_ports: [{sw: {DPID: 1, ports: '1'}}]}\n"                               \
    "tc_rules:\n"                                                                                  \
    "  r:\n"                                                                                       \
    "  - comment: c\n"                                                                             \
    "    match_type: any\n"                                                                        \
    "    actions: {set_qos: classifier_return, set_desc: d}\n"                                     \
    "    conditions_list:\n"

#define CLASSIFIER(body)                                                                           \
    "local C = {}\nC.__index = C\n"                                                                \
    "function C.new() return setmetatable({}, C) end\n"                                            \
    "function C:classifier(flow)\n" body "\nend\nreturn C\n"

#define ONE_CLASSIFIER  "      - {match_type: any, statistical: one}\n"
#define TWO_CLASSIFIERS ONE_CLASSIFIER "      - {match_type: any, payload: two}\n"

#define AT_7                                                                                       \
    CLASSIFIER("if flow.packet_count >= 7 then flow.finalised = true;"                             \
               " return {qos_treatment = 'constrained_bw'} end")
#define NEVER CLASSIFIER("return nil")
#define AT_3_LOW                                                                                   \
    CLASSIFIER("if flow.packet_count == 3 then flow.finalised = true;"                             \
               " return {qos_treatment = 'low_priority'} end")
#define BOTH_AT_3(treatment)                                                                       \
    CLASSIFIER("if flow.packet_count == 3 then flow.finalised = true;"                             \
               " return {qos_treatment = '" treatment "'} end")
#define CHANGES_MIND                                                                               \
    CLASSIFIER("if flow.packet_count == 2 then return {qos_treatment = 'high_priority'} end\n"     \
               "if flow.packet_count == 4 then flow.finalised = true;"                             \
               " return {qos_treatment = 'low_priority'} end")

struct advice_case {
    const char *name;
    const char *stanzas;                 /* of the policy's rule */
    const char *one, *two;               /* sources of the classifiers "one" and "two" */
    uint32_t initial, backoff, max_wait; /* 0, 0, 0: the defaults 8, 500, 64 */
    unsigned packets;
    unsigned pause_before; /* number of the packet that follows a pause of 6 s; 0: no pause */
    uint8_t proto;
    uint16_t server_port;
    const char *expected; /* PACKET:ACTION[:TREATMENT:CLASSIFIER], space-separated */
    unsigned conflicts;
};

static const struct advice_case cases[] = {
    {"treatment when decided, suppression at the threshold", ONE_CLASSIFIER, AT_7, NULL, 0, 0, 0,
     20, 0, 6, 80, "7:treatment:constrained_bw:one 8:suppress", 0},
    {"treatment and suppression on one packet are combined", ONE_CLASSIFIER, AT_7, NULL, 7, 500, 64,
     20, 0, 6, 80, "7:treatment+suppress:constrained_bw:one", 0},
    {"suppression waits for classifiers, up to a limit", ONE_CLASSIFIER, NEVER, NULL, 0, 0, 0, 80,
     0, 6, 80, "64:suppress", 0},
    {"without a wait, suppression works as in the original", ONE_CLASSIFIER, NEVER, NULL, 8, 500, 0,
     20, 0, 6, 80, "8:suppress", 0},
    {"suppressed again after more than the back-off", ONE_CLASSIFIER, AT_7, NULL, 8, 10, 64, 40, 0,
     6, 80, "7:treatment:constrained_bw:one 8:suppress 19:suppress 30:suppress", 0},
    {"suppressed again after the suppression lapsed", ONE_CLASSIFIER, AT_7, NULL, 0, 0, 0, 20, 15,
     6, 80, "7:treatment:constrained_bw:one 8:suppress 15:suppress", 0},
    {"the first classifier wins, and a conflict is counted", TWO_CLASSIFIERS, AT_7, AT_3_LOW, 0, 0,
     0, 10, 0, 6, 80, "3:treatment:low_priority:two 8:suppress", 1},
    {"on the same packet the policy's order decides", TWO_CLASSIFIERS, BOTH_AT_3("high_priority"),
     BOTH_AT_3("low_priority"), 0, 0, 0, 10, 0, 6, 80, "3:treatment:high_priority:one 8:suppress",
     1},
    {"two that agree are no conflict", TWO_CLASSIFIERS, BOTH_AT_3("low_priority"), AT_3_LOW, 0, 0,
     0, 10, 0, 6, 80, "3:treatment:low_priority:one 8:suppress", 0},
    {"a classifier may change its verdict until it finalises", ONE_CLASSIFIER, CHANGES_MIND, NULL,
     0, 0, 0, 10, 0, 6, 80, "2:treatment:high_priority:one 4:treatment:low_priority:one 8:suppress",
     0},
    {"static conditions choose the flows of a classifier",
     "      - {match_type: all, statistical: one, tcp_dst: 80}\n", AT_7, NULL, 0, 0, 0, 10, 0, 6,
     80, "7:treatment:constrained_bw:one 8:suppress", 0},
    {"a flow without matching conditions is neither classified nor waited for",
     "      - {match_type: all, statistical: one, tcp_dst: 80}\n", AT_7, NULL, 0, 0, 0, 10, 0, 6,
     8080, "8:suppress", 0},
    {"UDP flows get advice, too", ONE_CLASSIFIER, AT_7, NULL, 0, 0, 0, 10, 0, 17, 4433,
     "7:treatment:constrained_bw:one 8:suppress", 0},
    {"DNS is identity: never classified, never suppressed", ONE_CLASSIFIER, AT_7, NULL, 0, 0, 0,
     100, 0, 17, 53, "", 0},
};

struct bed {
    char directory[64];
    struct config config;
    struct policy *policy;
    struct pipeline *pipeline;
    unsigned not_counted; /* packets of the flow that are not unique */
    bool full;            /* the sink has no room */
    bool late;            /* advice may come after the packet that caused it */
    char seen[1024];
};

static bool on_event(void *context, const struct event *event) {
    struct bed *bed = context;
    if (event->kind != EVENT_VERDICT || bed->full) {
        return !bed->full;
    }
    const struct event_verdict *verdict = &event->verdict;
    const size_t used = strlen(bed->seen);
    const bool treated = verdict->actions & EVENT_TREATMENT;
    snprintf(bed->seen + used, sizeof bed->seen - used, "%s%llu:%s%s%s%s%s", used ? " " : "",
             (unsigned long long)verdict->flow_packets, event_actions_name(verdict->actions),
             treated ? ":" : "", treated ? treatment_name(verdict->treatment) : "",
             treated ? ":" : "", verdict->classifier);
    if (!bed->late) {
        assert_int_equal(event->packet, verdict->flow_packets + bed->not_counted); /* one flow */
    }
    return true;
}

static void write_file(const struct bed *bed, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", bed->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void load_config(struct bed *bed, const struct advice_case *test) {
    const bool own = test->initial != 0;
    char text[512];
    snprintf(text, sizeof text,
             "classifiers_directory: %s\nlua_directory: %s\nflow_table_size: 100\n"
             "suppress_flow_pkt_count_initial: %u\nsuppress_flow_pkt_count_backoff: %u\n"
             "suppress_max_wait_packets: %u\n",
             bed->directory, bed->directory, own ? test->initial : 8, own ? test->backoff : 500,
             own ? test->max_wait : 64);
    write_file(bed, "config.yaml", text);
    char path[128];
    snprintf(path, sizeof path, "%s/config.yaml", bed->directory);
    struct faults faults = {0};
    assert_int_equal(config_load(path, &bed->config, &faults), 0);
    faults_free(&faults);
}

static void bed_open(struct bed *bed, const struct advice_case *test) {
    memset(bed, 0, sizeof *bed);
    strcpy(bed->directory, "/tmp/dpae-advice-XXXXXX");
    assert_non_null(mkdtemp(bed->directory));
    write_file(bed, "one.lua", test->one);
    if (test->two) {
        write_file(bed, "two.lua", test->two);
    }
    load_config(bed, test);
    char text[2048];
    snprintf(text, sizeof text, "%s%s", POLICY_HEAD, test->stanzas);
    struct faults faults = {0};
    struct error error = {0};
    assert_int_equal(policy_parse(text, strlen(text), "test", &bed->policy, &faults), 0);
    const struct pipeline_options options = {.config = &bed->config,
                                             .policy = bed->policy,
                                             .seed = {1, 2},
                                             .sink = {.emit = on_event, .context = bed}};
    assert_int_equal(pipeline_new(&bed->pipeline, &options, &faults, &error), 0);
    faults_free(&faults);
}

/* Safe for a closed bed. */
static int bed_close(struct bed *bed) {
    char command[96];
    pipeline_free(bed->pipeline);
    policy_free(bed->policy);
    config_free(&bed->config);
    snprintf(command, sizeof command, "rm -r %s", bed->directory);
    const int result = *bed->directory ? system(command) : 0;
    memset(bed, 0, sizeof *bed);
    return result;
}

static int begin(void **state) {
    static struct bed bed;
    *state = &bed;
    return 0;
}

static int end(void **state) {
    return bed_close(*state);
}

/* Sends the conversation in batches of this size. */
static void run(struct bed *bed, const struct advice_case *test, unsigned batch) {
    static struct test_frame frames[CAPTURE_BATCH];
    struct frame views[CAPTURE_BATCH];
    uint64_t time_ns = 1000 * NS_PER_S;
    unsigned count = 0;
    for (unsigned number = 1; number <= test->packets; number++) {
        time_ns += number == test->pause_before ? 6 * NS_PER_S : NS_PER_MS;
        const struct frame_spec spec = {.time_ns = time_ns,
                                        .proto = test->proto,
                                        .from_server = number % 2 == 0,
                                        .server_port = test->server_port,
                                        .tcp_flags = 0x10,
                                        .seq = number * 10,
                                        .payload = "0123456789"};
        frame_build(&frames[count], &spec);
        views[count] = frames[count].frame;
        if (++count == batch || number == test->packets) {
            pipeline_process(bed->pipeline, views, count);
            count = 0;
        }
    }
}

static void advice_follows_the_rules(void **state) {
    struct bed *bed = *state;
    static const unsigned batches[] = {1, 5, CAPTURE_BATCH};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < sizeof batches / sizeof batches[0]; j++) {
            const struct advice_case *test = &cases[i];
            print_message("%s (batches of %u)\n", test->name, batches[j]);
            bed_open(bed, test);
            run(bed, test, batches[j]);
            pipeline_finish(bed->pipeline);
            assert_string_equal(bed->seen, test->expected);
            const struct pipeline_counters *counters = pipeline_counters(bed->pipeline);
            assert_int_equal(counters->conflicts, test->conflicts);
            assert_int_equal(counters->packets, test->packets);
            assert_int_equal(counters->classes[PIPELINE_FLOW_PACKET], test->packets);
            assert_int_equal(bed_close(bed), 0);
        }
    }
}

static void send_one(struct bed *bed, const struct test_frame *frame) {
    pipeline_process(bed->pipeline, &frame->frame, 1);
}

/* The first packet after a pause is often a retransmission. */
static void a_retransmission_renews_a_lapsed_suppression(void **state) {
    struct bed *bed = *state;
    const struct advice_case test = {.stanzas = ONE_CLASSIFIER, .one = AT_7};
    bed_open(bed, &test);
    struct test_frame frame;
    struct frame_spec spec = {
        .time_ns = NS_PER_S, .proto = 6, .server_port = 80, .tcp_flags = 0x10, .payload = "0123"};
    for (unsigned number = 1; number <= 10; number++) {
        spec.time_ns += NS_PER_MS;
        spec.seq = number * 4;
        frame_build(&frame, &spec);
        send_one(bed, &frame);
    }
    bed->not_counted = 1;
    frame.frame.time_ns += 6 * NS_PER_S;
    send_one(bed, &frame);
    bed->not_counted = 2;
    frame.frame.time_ns += NS_PER_S;
    send_one(bed, &frame);
    assert_string_equal(bed->seen, "7:treatment:constrained_bw:one 8:suppress 10:suppress");
    const struct pipeline_counters *counters = pipeline_counters(bed->pipeline);
    assert_int_equal(counters->classes[PIPELINE_RETRANSMISSION], 2);
}

/* Only the first fragment has the ports that identify DNS. */
static void fragments_of_dns_are_not_advised_on(void **state) {
    struct bed *bed = *state;
    const struct advice_case test = {.stanzas = ONE_CLASSIFIER, .one = AT_7};
    bed_open(bed, &test);
    struct frame_spec spec = {.proto = 17, .server_port = 53, .payload = "0123456789abcdef"};
    for (uint8_t id = 1; id <= 20; id++) {
        for (unsigned later = 0; later < 2; later++) {
            struct test_frame frame;
            spec.time_ns = NS_PER_S + id * NS_PER_MS;
            frame_build(&frame, &spec);
            frame.bytes[19] = id;
            put16(frame.bytes + 20, later ? 24 / 8 : 0x2000);
            send_one(bed, &frame);
        }
    }
    assert_string_equal(bed->seen, "");
    const struct pipeline_counters *counters = pipeline_counters(bed->pipeline);
    assert_int_equal(counters->classes[PIPELINE_FLOW_PACKET], 40);
}

static void send_segment(struct bed *bed, unsigned number) {
    struct test_frame frame;
    const struct frame_spec spec = {.time_ns = NS_PER_S + number * NS_PER_MS,
                                    .proto = 6,
                                    .server_port = 80,
                                    .tcp_flags = 0x10,
                                    .seq = number * 4,
                                    .payload = "0123"};
    frame_build(&frame, &spec);
    send_one(bed, &frame);
}

/* Advice while the sink is full, and afterwards. */
static const struct owed_case {
    const char *name;
    unsigned full_from, full_to; /* packets, from 1 */
    unsigned offered_after;      /* packet after which owed advice is offered; 0: never */
    bool ended;                  /* the flow ends while the sink is full */
    const char *expected;
    unsigned lost;
} owed_cases[] = {
    {"goes with the flow's next advice", 7, 7, 0, false, "8:treatment+suppress:constrained_bw:one",
     0},
    {"is offered between batches", 7, 7, 7, false, "7:treatment:constrained_bw:one 8:suppress", 0},
    {"is offered without another packet", 7, 9, 10, false,
     "10:treatment+suppress:constrained_bw:one", 0},
    {"is reported before the flow's end", 7, 10, 0, false,
     "10:treatment+suppress:constrained_bw:one", 0},
    {"is lost with its flow, and counted", 7, 10, 0, true, "", 1},
};

static void advice_without_room_is_owed(void **state) {
    struct bed *bed = *state;
    const struct advice_case test = {.stanzas = ONE_CLASSIFIER, .one = AT_7};
    for (size_t i = 0; i < sizeof owed_cases / sizeof owed_cases[0]; i++) {
        const struct owed_case *owed = &owed_cases[i];
        print_message("%s\n", owed->name);
        bed_open(bed, &test);
        bed->late = true;
        for (unsigned number = 1; number <= 10; number++) {
            bed->full = number >= owed->full_from && number <= owed->full_to;
            send_segment(bed, number);
            bed->full = false;
            if (number == owed->offered_after) {
                pipeline_offer_owed(bed->pipeline);
            }
        }
        bed->full = owed->ended;
        pipeline_finish(bed->pipeline);
        assert_string_equal(bed->seen, owed->expected);
        const struct pipeline_counters *counters = pipeline_counters(bed->pipeline);
        assert_int_equal(counters->lost[EVENT_VERDICT], owed->lost);
        assert_int_equal(counters->lost[EVENT_FLOW_END], owed->ended);
        assert_int_equal(bed_close(bed), 0);
    }
}

/* Without a policy there are no classifiers to decide. */
static void there_is_no_advice_before_a_policy(void **state) {
    struct bed *bed = *state;
    const struct advice_case test = {.stanzas = ONE_CLASSIFIER, .one = AT_7, .proto = 6};
    bed_open(bed, &test);
    pipeline_free(bed->pipeline);
    struct faults faults = {0};
    struct error error = {0};
    const struct pipeline_options options = {.config = &bed->config,
                                             .sink = {.emit = on_event, .context = bed}};
    assert_int_equal(pipeline_new(&bed->pipeline, &options, &faults, &error), 0);
    for (unsigned number = 1; number <= 20; number++) {
        send_segment(bed, number);
    }
    assert_string_equal(bed->seen, "");
    assert_int_equal(pipeline_set_policy(bed->pipeline, bed->policy, &faults), 0);
    send_segment(bed, 21);
    pipeline_finish(bed->pipeline);
    assert_string_equal(bed->seen, "21:treatment+suppress:constrained_bw:one");
    faults_free(&faults);
}

/* The previous set had not decided on the flow, and the new classifier has not seen it yet. */
static void a_retransmission_under_a_new_policy_waits_for_its_classifiers(void **state) {
    struct bed *bed = *state;
    const struct advice_case test = {
        .stanzas = ONE_CLASSIFIER, .one = AT_7, .two = NEVER, .proto = 6};
    bed_open(bed, &test);
    for (unsigned number = 1; number <= 7; number++) {
        send_segment(bed, number);
    }
    struct faults faults = {0};
    struct policy *policy;
    static const char text[] = POLICY_HEAD "      - {match_type: any, payload: two}\n";
    assert_int_equal(policy_parse(text, strlen(text), "test", &policy, &faults), 0);
    assert_int_equal(pipeline_set_policy(bed->pipeline, policy, &faults), 0);
    policy_free(bed->policy);
    bed->policy = policy;
    bed->not_counted = 1;
    bed->config.suppress_flow_pkt_count_initial = 7;
    send_segment(bed, 7);
    send_segment(bed, 8);
    assert_string_equal(bed->seen, "7:treatment:constrained_bw:one");
    faults_free(&faults);
}

/* A stream continues while its classifier is quarantined for errors on other flows. */
static void bytes_are_kept_for_a_quarantined_classifier(void **state) {
    static const char one[] =
        CLASSIFIER("if flow.dst_port == 81 then error('it fails') end\n"
                   "local stream = flow:stream('c2s')\n"
                   "if flow.packet_count < 3 then return end\n"
                   "assert(stream.from_start and stream.text == 'onetwo', stream.text)\n"
                   "return {qos_treatment = 'high_priority'}");
    static const struct frame_spec specs[] = {
        {.time_ns = NS_PER_S, .proto = 6, .server_port = 80, .tcp_flags = 0x02, .seq = 0},
        {.time_ns = 3 * NS_PER_S,
         .proto = 6,
         .server_port = 80,
         .tcp_flags = 0x10,
         .seq = 1,
         .payload = "one"},
        {.time_ns = 60 * NS_PER_S,
         .proto = 6,
         .server_port = 80,
         .tcp_flags = 0x10,
         .seq = 4,
         .payload = "two"},
    };
    struct bed *bed = *state;
    const struct advice_case test = {.stanzas = ONE_CLASSIFIER, .one = one};
    struct test_frame frame;
    bed_open(bed, &test);
    bed->late = true;
    frame_build(&frame, &specs[0]);
    send_one(bed, &frame);
    for (unsigned number = 1; number <= 10; number++) {
        const struct frame_spec failing = {
            .time_ns = 2 * NS_PER_S, .proto = 17, .server_port = 81, .payload = "x"};
        frame_build(&frame, &failing);
        send_one(bed, &frame);
    }
    assert_int_equal(script_host_ready(pipeline_script_host(bed->pipeline)), 0);
    for (size_t i = 1; i < sizeof specs / sizeof *specs; i++) {
        frame_build(&frame, &specs[i]);
        send_one(bed, &frame);
    }
    assert_non_null(strstr(bed->seen, "3:treatment:high_priority:one"));
}

/* Decisions, calls and state of a classifier continue under another policy that includes it. */
struct change_case {
    const char *name;
    const char *before, *after; /* stanzas of the rule */
    unsigned changes_after;     /* number of packets before the change; eight in total */
    const char *seen;
    unsigned counted[2]; /* final number of treatments, by place */
};

#define ONE_AT_80 "      - {match_type: all, statistical: one, tcp_dst: 80}\n"
#define ONE_AT_81 "      - {match_type: all, statistical: one, tcp_dst: 81}\n"
#define COUNTS_TO_3                                                                                \
    CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 if s.n == 3 then"                        \
               " return {qos_treatment = 'constrained_bw'} end")
#define TWO_FIRST "      - {match_type: any, payload: two}\n" ONE_CLASSIFIER

static void unchanged_classifiers_continue_under_another_policy(void **state) {
    /* Each classifier counts in flow.state and gives its verdict on the third packet after it
     * was loaded; "two" then finalises the flow. */
    static const char counts_two[] =
        CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 if s.n == 3 then"
                   " flow.finalised = true; return {qos_treatment = 'low_priority'} end");
    static const struct change_case changes[] = {
        {"the same", ONE_CLASSIFIER, ONE_CLASSIFIER, 2, "3:treatment:constrained_bw:one", {1}},
        {"one more", ONE_CLASSIFIER, TWO_CLASSIFIERS, 2, "3:treatment:constrained_bw:one", {1}},
        {"one more, in front",
         ONE_CLASSIFIER,
         TWO_FIRST,
         2,
         "3:treatment:constrained_bw:one",
         {0, 1}},
        {"after its verdict",
         ONE_CLASSIFIER,
         TWO_FIRST,
         4,
         "3:treatment:constrained_bw:one",
         {0, 1}},
        {"one less, after its verdict",
         TWO_CLASSIFIERS,
         ONE_CLASSIFIER,
         4,
         "3:treatment:constrained_bw:one",
         {1}},
        {"the one with the verdict removed",
         ONE_CLASSIFIER,
         "      - {match_type: any, payload: two}\n",
         4,
         "3:treatment:constrained_bw:one 7:treatment:low_priority:two",
         {1}},
        {"another condition that holds",
         ONE_CLASSIFIER,
         ONE_AT_80,
         4,
         "3:treatment:constrained_bw:one",
         {1}},
        {"another condition that does not hold", ONE_CLASSIFIER, ONE_AT_81, 2, "", {0}},
        {"a condition that still holds",
         ONE_AT_80,
         ONE_AT_80 "      - {match_type: any, payload: two}\n",
         2,
         "3:treatment:constrained_bw:one",
         {1}},
        {"a condition that did not hold before",
         ONE_AT_81,
         ONE_CLASSIFIER,
         2,
         "5:treatment:constrained_bw:one",
         {1}},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct change_case *now = &changes[i];
        const struct advice_case test = {.stanzas = now->before,
                                         .one = COUNTS_TO_3,
                                         .two = counts_two,
                                         .initial = 100,
                                         .backoff = 500,
                                         .max_wait = 100,
                                         .server_port = 80,
                                         .proto = 6};
        print_message("%s\n", now->name);
        bed_open(bed, &test);
        char text[2048];
        struct policy *policy;
        struct faults faults = {0};
        snprintf(text, sizeof text, POLICY_HEAD "%s", now->after);
        assert_int_equal(policy_parse(text, strlen(text), "test", &policy, &faults), 0);
        for (unsigned number = 1; number <= 8; number++) {
            if (number == now->changes_after + 1) {
                assert_int_equal(pipeline_set_policy(bed->pipeline, policy, &faults), 0);
            }
            send_segment(bed, number);
        }
        assert_string_equal(bed->seen, now->seen);
        const struct pipeline_counters *counters = pipeline_counters(bed->pipeline);
        for (unsigned place = 0; place < 2; place++) {
            unsigned counted = 0;
            for (unsigned treatment = 0; treatment < TREATMENT_COUNT; treatment++) {
                counted += (unsigned)counters->treatments[place][treatment];
            }
            assert_int_equal(counted, now->counted[place]);
        }
        pipeline_finish(bed->pipeline);
        bed_close(bed);
        policy_free(policy);
        faults_free(&faults);
    }
}

/* The candidate "next" has the same code as "one": a verdict on its third packet. */
static void a_shadow_run_continues_under_another_policy(void **state) {
    static const struct {
        const char *name, *after; /* stanzas; before: ONE_CLASSIFIER */
        uint64_t flows[SHADOW_OUTCOME_COUNT];
    } changes[] = {
        {"the same", ONE_CLASSIFIER, {[SHADOW_AGREED] = 1}},
        {"one more", TWO_CLASSIFIERS, {[SHADOW_AGREED] = 1}},
        {"one more, in front", TWO_FIRST, {[SHADOW_AGREED] = 1}},
        {"another condition: compared again", ONE_AT_80, {[SHADOW_NEITHER] = 1}},
        {"another condition that does not hold", ONE_AT_81, {0}},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct advice_case test = {
            .stanzas = ONE_CLASSIFIER, .one = COUNTS_TO_3, .two = NEVER, .proto = 6};
        print_message("%s\n", changes[i].name);
        bed_open(bed, &test);
        write_file(bed, "next.lua", COUNTS_TO_3);
        pipeline_free(bed->pipeline);
        char text[2048];
        struct policy *policy;
        struct faults faults = {0};
        struct error error = {0};
        const struct pipeline_options options = {.config = &bed->config,
                                                 .policy = bed->policy,
                                                 .shadow_of = "one",
                                                 .shadow = "next",
                                                 .profile_scripts = true,
                                                 .sink = {.emit = on_event, .context = bed}};
        if (pipeline_new(&bed->pipeline, &options, &faults, &error) != 0) {
            fail_msg("%s; %s", error.message, faults.count ? faults.items[0].message : "");
        }
        snprintf(text, sizeof text, POLICY_HEAD "%s", changes[i].after);
        assert_int_equal(policy_parse(text, strlen(text), "test", &policy, &faults), 0);
        for (unsigned number = 1; number <= 6; number++) {
            if (number == 5) {
                assert_int_equal(pipeline_set_policy(bed->pipeline, policy, &faults), 0);
            }
            send_segment(bed, number);
        }
        pipeline_finish(bed->pipeline);
        assert_memory_equal(pipeline_shadow(bed->pipeline)->flows, changes[i].flows,
                            sizeof changes[i].flows);
        bed_close(bed);
        policy_free(policy);
        faults_free(&faults);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(advice_follows_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(a_retransmission_renews_a_lapsed_suppression, begin, end),
        cmocka_unit_test_setup_teardown(fragments_of_dns_are_not_advised_on, begin, end),
        cmocka_unit_test_setup_teardown(advice_without_room_is_owed, begin, end),
        cmocka_unit_test_setup_teardown(there_is_no_advice_before_a_policy, begin, end),
        cmocka_unit_test_setup_teardown(
            a_retransmission_under_a_new_policy_waits_for_its_classifiers, begin, end),
        cmocka_unit_test_setup_teardown(bytes_are_kept_for_a_quarantined_classifier, begin, end),
        cmocka_unit_test_setup_teardown(unchanged_classifiers_continue_under_another_policy, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_shadow_run_continues_under_another_policy, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
