#include "script/host_bed.h"

#include <errno.h>
#include <sys/stat.h>

#define NO_CLASSIFIER 99

struct load_case {
    const char *name;
    const char *source; /* NULL: no file */
    size_t length;      /* 0: source is a string */
    unsigned line;
    const char *message; /* prefix of the message */
};

static const struct load_case load_cases[] = {
    {"a missing file", NULL, 0, 0,
     "cannot be opened: No such file or directory; put the file there, or remove the name"},
    {"a syntax error", "return {\n  new = = 1\n}\n", 0, 2,
     "unexpected symbol near '='; hint: Lua expects a value or a statement here | new = = 1"},
    {"bytecode", "\x1bLJ\x02", 0, 0, "is bytecode: only Lua source text is loaded"},
    {"a NUL byte", "return \0 nil", 12, 1, "unexpected symbol"},
    {"an empty file", "", 0, 1, "must return a table with a function new(logger, config)"},
    {"a number for new", "return { new = 1 }", 0, 1,
     "the table it returns must have a function new(logger, config); it is a number value | return "
     "{ "
     "new = 1 }"},
    {"a new that fails", "return { new = function()\n error('no') end }", 0, 2,
     "no | error('no') end }"},
    {"a new with infinite recursion",
     "local function f() return 1 + f() end return { new = function() return f() end }", 0, 1,
     "stack overflow; hint: a recursive function needs a condition that ends it | "},
    {"a new that returns nil", "return { new = function() end }", 0, 1,
     "new() must return an object, a table with classifier(self, flow); it is a nil value | return "
     "{ "
     "new = function() end }"},
    {"an object without classifier()", "\nreturn { new = function() return {} end }", 0, 2,
     "the object of new() must have classifier(self, flow), as by C.__index = C; it is a nil value "
     "| return { new = "
     "function() return {} end }"},
    {"a missing helper module", "local x = require('absent')", 0, 1,
     DPAE_SOURCE_DIR
     "/lua/absent.lua cannot be opened: No such file or directory; helper modules are "
     "files in " DPAE_SOURCE_DIR "/lua; available: dns, "},
    {"a long line with control characters",
     "local it = {}\n\tlocal \033[2J = 'text text text text text text text text text text text "
     "text'\n",
     0, 2,
     "'<name>' expected near 'char(27)' | local  [2J = 'text text text text text text text text "
     "text "
     "text text text'"},
    {"an error at the top", "\n\nerror('at once')", 0, 3, "at once | error('at once')"},
};

static void load_reports(void **state) {
    struct bed *bed = *state;
    const struct load_case *one = bed->test;
    if (one->source) {
        const size_t length = one->length ? one->length : strlen(one->source);
        bed_put(bed, "broken.lua", one->source, length);
    }
    bed_script(bed, "sound", CLASSIFIER("flow.finalised = true"));
    const char *const names[] = {"broken", "sound"};
    assert_int_equal(script_host_load(bed->host, names, 2, &bed->faults), -EINVAL);
    assert_int_equal(bed->faults.count, 1);
    const struct fault *fault = &bed->faults.items[0];
    if (strncmp(fault->message, one->message, strlen(one->message)) != 0) {
        fail_msg("\"%s\" does not begin with \"%s\"", fault->message, one->message);
    }
    assert_int_equal(fault->line, one->line);
    assert_int_equal(script_host_ready(bed->host), 2);
    run(bed, 1);
    assert_int_equal(bed->finalised[1], 1);
}

/* Root can read every file, so the test switches to an unprivileged user. */
static void load_reports_an_unreadable_file(void **state) {
    struct bed *bed = *state;
    const bool root = geteuid() == 0;
    const char *const names[] = {"secret", "sound"};
    char path[128];
    bed_script(bed, "secret", CLASSIFIER("flow.finalised = true"));
    bed_script(bed, "sound", CLASSIFIER("flow.finalised = true"));
    snprintf(path, sizeof path, "%s/secret.lua", bed->directory);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(chmod(bed->directory, 0755), 0);
    assert_true(!root || seteuid(65534) == 0);
    const int result = script_host_load(bed->host, names, 2, &bed->faults);
    assert_true(!root || seteuid(0) == 0);
    assert_int_equal(result, -EINVAL);
    assert_int_equal(bed->faults.count, 1);
    assert_string_equal(bed->faults.items[0].source, path);
    assert_non_null(
        strstr(bed->faults.items[0].message,
               "cannot be opened: Permission denied; make it readable for the user that"));
    assert_int_equal(script_host_ready(bed->host), 2);
}

static void load_refuses_a_special_file(void **state) {
    struct bed *bed = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/folder.lua", bed->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/pipe.lua", bed->directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    const char *const names[] = {"folder", "pipe", "../http", "", "a b"};
    assert_int_equal(script_host_load(bed->host, names, 5, &bed->faults), -EINVAL);
    assert_int_equal(bed->faults.count, 5);
    assert_non_null(strstr(bed->faults.items[0].message, "is not a regular file"));
    assert_non_null(strstr(bed->faults.items[1].message, "is not a regular file"));
    for (int i = 2; i < 5; i++) {
        assert_non_null(strstr(bed->faults.items[i].message, "is not a valid classifier name"));
    }
    assert_int_equal(script_host_ready(bed->host), 0);
}

static void load_refuses_a_large_file(void **state) {
    struct bed *bed = *state;
    const size_t length = (1 << 20) + 1;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '-', length);
    bed_put(bed, "large.lua", text, length);
    free(text);
    const char *const names[] = {"large"};
    assert_int_equal(script_host_load(bed->host, names, 1, &bed->faults), -EINVAL);
    assert_non_null(strstr(bed->faults.items[0].message, "is larger than 1 MiB"));
}

static void load_replaces_the_set(void **state) {
    struct bed *bed = *state;
    const char *const names[] = {"it"};
    bed_script(bed, "it", CLASSIFIER("return { qos_treatment = 'low_priority' }"));
    load(bed, names, 1);
    run(bed, 1);
    bed_script(bed, "it", CLASSIFIER("return { qos_treatment = 'high_priority' }"));
    load(bed, names, 1);
    run(bed, 2);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 1);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 2);
}

static void every_classifier_sees_every_packet_until_it_finalises(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "third",
               CLASSIFIER("if flow.packet_count == 3 then flow.finalised = 1 "
                          "return { qos_treatment = 'constrained_bw' } end"));
    bed_script(bed, "always",
               CLASSIFIER("assert(not flow.finalised) "
                          "return { qos_treatment = 'default_priority' }"));
    const char *const names[] = {"third", "always"};
    load(bed, names, 2);
    bed->flow_count = 2;
    run(bed, 20);
    assert_int_equal(bed->told[0][TREATMENT_CONSTRAINED_BW], 2);
    assert_int_equal(bed->finalised[0], 2);
    assert_int_equal(bed->told[1][TREATMENT_DEFAULT_PRIORITY], 20);
    assert_int_equal(bed->finalised[1], 0);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 0);
    assert_int_equal(script_host_counters(bed->host)->errors[1], 0);
}

static void a_set_has_up_to_sixteen_classifiers(void **state) {
    struct bed *bed = *state;
    const char *names[SCRIPT_CLASSIFIERS_MAX + 1];
    for (unsigned i = 0; i <= SCRIPT_CLASSIFIERS_MAX; i++) {
        names[i] = "it";
    }
    bed_script(bed, "it",
               CLASSIFIER("flow.finalised = true "
                          "return { qos_treatment = 'high_priority' }"));
    assert_int_equal(script_host_load(bed->host, names, 17, &bed->faults), -EINVAL);
    assert_int_equal(script_host_ready(bed->host), 0xffff);
    run(bed, 3);
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        assert_int_equal(bed->told[i][TREATMENT_HIGH_PRIORITY], 1);
        assert_int_equal(bed->finalised[i], 1);
    }
}

static void a_compiled_loop_reads_each_packet_anew(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "counts",
               "local last, address = 0, {}\n" CLASSIFIER(
                   "assert(flow.packet_count == last + 1) last = flow.packet_count "
                   "assert(flow.time == last - 1) assert(flow.payload == '')"));
    const char *const names[] = {"counts"};
    load(bed, names, 1);
    for (int i = 0; i < 50; i++) {
        run(bed, 64);
    }
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

static void an_error_leaves_the_others_running_on_the_same_packet(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "before", CLASSIFIER("return { qos_treatment = 'low_priority' }"));
    bed_script(bed, "fails",
               CLASSIFIER("if flow.packet_count % 2 == 0 then error('even') end "
                          "return { qos_treatment = 'constrained_bw' }"));
    bed_script(bed, "after", CLASSIFIER("return { qos_treatment = 'high_priority' }"));
    const char *const names[] = {"before", "fails", "after"};
    load(bed, names, 3);
    run(bed, 100);
    run(bed, 100);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 200);
    assert_int_equal(bed->told[1][TREATMENT_CONSTRAINED_BW], 100);
    assert_int_equal(bed->told[2][TREATMENT_HIGH_PRIORITY], 200);
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(counters->errors[0], 0);
    assert_int_equal(counters->errors[1], 100);
    assert_int_equal(counters->errors[2], 0);
    assert_int_equal(counters->quarantined, 0);
}

#define FIRST_PACKET "packet 1, 10.0.0.1:1000 -> 10.0.0.2:80 udp, 1970-01-01T00:00:00.000000Z"

static void an_error_names_classifier_place_and_packet(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails",
               "local function inner()\n  error('bad luck')\nend\n" CLASSIFIER("inner()"));
    const char *const names[] = {"fails"};
    load(bed, names, 1);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    run(bed, 1);
    char expected[384];
    snprintf(expected, sizeof expected,
             "classifier fails: %s/fails.lua:2: bad luck | error('bad luck') (" FIRST_PACKET ")\n"
             "called from %s/fails.lua:5",
             bed->directory, bed->directory);
    assert_string_equal(script_host_last_error(bed->host, 0), expected);
}

/* The line comes from the loaded text, not from the current file. */
static void an_error_shows_the_line_that_was_loaded(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails", CLASSIFIER("\n\terror('bad luck')  \n"));
    const char *const names[] = {"fails"};
    load(bed, names, 1);
    bed_script(bed, "fails", "\n\n\nanother text\n");
    run(bed, 1);
    assert_non_null(
        strstr(script_host_last_error(bed->host, 0), "fails.lua:3: bad luck | error('bad luck')"));
}

/* After a tail call, the stack has no frame of classifier(), only the loop's. */
static void an_error_in_a_tail_call_names_the_line_of_classifier(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails", "\n" CLASSIFIER("return bit.band(flow, 1)"));
    const char *const names[] = {"fails"};
    load(bed, names, 1);
    run(bed, 1);
    char expected[512];
    snprintf(
        expected, sizeof expected,
        "classifier fails: %s/fails.lua:3: bad argument #1 to 'band' (cannot convert 'struct "
        "flow_view' to 'int64_t'); hint: read the fields of flow, such as flow.packet_count, or "
        "call its methods | "
        "return { classifier = function(self, flow) return bit.band(flow, 1) end } "
        "(" FIRST_PACKET ")",
        bed->directory);
    assert_string_equal(script_host_last_error(bed->host, 0), expected);
}

static void errors_are_logged_once_per_place(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               CLASSIFIER("\nif flow.packet_count % 5 == 0 then return end"
                          "\nif flow.packet_count % 2 == 0 then error('even') end"
                          "\nerror('odd ' .. flow.packet_count)"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"even", "odd", "quarantine", NULL};
    unsigned counts[3] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 100, texts, counts);
    count_log_lines(bed, 100, texts, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 0);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 160);
    const struct script_error_class *first = script_host_error_class(bed->host, 0, 0);
    const struct script_error_class *second = script_host_error_class(bed->host, 0, 1);
    assert_non_null(strstr(first->place, "it.lua:5"));
    assert_int_equal(first->count, 80);
    assert_string_equal(first->where, FIRST_PACKET);
    assert_non_null(strstr(second->place, "it.lua:4"));
    assert_int_equal(second->count, 80);
    assert_string_equal(second->where, "packet 2, 10.0.0.1:1000 -> 10.0.0.2:80 udp, "
                                       "1970-01-01T00:00:01.000000Z");
    assert_null(script_host_error_class(bed->host, 0, 2));
}

static void an_error_and_its_trace_are_logged_line_by_line(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               "local function inner()\n  error('bad luck')\nend\n" CLASSIFIER("inner()"));
    const char *const names[] = {"it"};
    static const char first[] = "it.lua:2: bad luck | error('bad luck') (" FIRST_PACKET ")\n";
    static const char *const texts[] = {"ERROR: tc it: ", first, "ERROR: tc it: called from /tmp/",
                                        "it.lua:5\n", NULL};
    unsigned counts[4] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 1, texts, counts);
    assert_int_equal(counts[0], 2);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(counts[i], 1);
    }
}

/* Messages may contain bytes of packets. */
static void a_long_message_is_one_line(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error(('x\\n\\27'):rep(500))"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"tc it: ", "x  x  x", "... | ", NULL};
    unsigned counts[3] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 1, texts, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 1);
}

static void a_long_trace_is_cut(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               "local function f(n) if n == 0 then error('deep') end return 1 + f(n - 1) "
               "end\n" CLASSIFIER("return f(20)"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"called from /tmp/", "called from more places", NULL};
    unsigned counts[2] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 1, texts, counts);
    assert_int_equal(counts[0], 7);
    assert_int_equal(counts[1], 1);
}

/* Lines over the rate are reported in the next second. */
static void dropped_lines_are_reported_when_no_line_waits(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               "return { new = function(logger) return { classifier = function(_, flow)\n"
               "flow.finalised = true for _ = 1, 128 do logger:error('chatter') end end } end }");
    const char *const names[] = {"it"};
    static const char *const texts[] = {"more than 100 per second", "chatter", NULL};
    unsigned counts[2] = {0};
    load(bed, names, 1);
    for (int i = 0; i < 200 && counts[0] == 0; i++) {
        count_log_lines(bed, 1, texts, counts);
        usleep(10000);
    }
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 100);
}

static void log_lines_leave_with_the_flush_and_honour_the_level(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               "return { new = function(logger) return { classifier = function()\n"
               "logger:debug('quiet') logger:info('quiet')\n"
               "logger:warning('port %d', 80) logger:error('a\\nb') end } end }");
    const char *const names[] = {"it"};
    static const char *const texts[] = {"quiet", "WARNING: tc it: port 80", "ERROR: tc it: a\\nb",
                                        NULL};
    unsigned counts[3] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 10, texts, counts);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 10);
    assert_int_equal(counts[2], 10);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

static void errors_of_finalised_classifiers_do_not_finalise(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails", CLASSIFIER("flow.finalised = true error('after it')"));
    const char *const names[] = {"fails"};
    load(bed, names, 1);
    run(bed, 3);
    assert_int_equal(bed->finalised[0], 0);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 3);
}

static void a_verdict_is_validated(void **state) {
    static const struct {
        const char *verdict;
        unsigned treatment; /* TREATMENT_NONE: an error */
    } cases[] = {
        {"nil", NO_CLASSIFIER},
        {"{ qos_treatment = 'default_priority' }", TREATMENT_DEFAULT_PRIORITY},
        {"{ qos_treatment = 'constrained_bw' }", TREATMENT_CONSTRAINED_BW},
        {"{ qos_treatment = 'high_priority' }", TREATMENT_HIGH_PRIORITY},
        {"{ qos_treatment = 'low_priority' }", TREATMENT_LOW_PRIORITY},
        {"{ qos_treatment = 'no' }", TREATMENT_NONE},
        {"{ qos_treatment = '' }", TREATMENT_NONE},
        {"{ qos_treatment = 1 }", TREATMENT_NONE},
        {"{ qos_treatment = 0/0 }", TREATMENT_NONE},
        {"{ qos_treatment = flow }", TREATMENT_NONE},
        {"{ 'low_priority' }", TREATMENT_NONE},
        {"{ qos_treatment = 'low_priority', 1 }", TREATMENT_NONE},
        {"false", TREATMENT_NONE},
        {"'low_priority'", TREATMENT_NONE},
        {"flow", TREATMENT_NONE},
        {"function() end", TREATMENT_NONE},
    };
    struct bed *bed = *state;
    const char *const names[] = {"it"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[256];
        snprintf(source, sizeof source, CLASSIFIER("return %s"), cases[i].verdict);
        bed_script(bed, "it", source);
        load(bed, names, 1);
        memset(bed->told, 0, sizeof bed->told);
        run(bed, 1);
        const bool failed = script_host_counters(bed->host)->errors[0] != 0;
        if (failed != (cases[i].treatment == TREATMENT_NONE)) {
            fail_msg("%s: \"%s\"", cases[i].verdict, script_host_last_error(bed->host, 0));
        }
        for (unsigned treatment = 0; treatment < TREATMENT_COUNT; treatment++) {
            const bool expected = treatment && treatment == cases[i].treatment;
            assert_int_equal(bed->told[0][treatment], expected);
        }
    }
}

static void a_changed_verdict_table_is_validated_again(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               "local verdict = { qos_treatment = 'low_priority' }\n" CLASSIFIER(
                   "if flow.packet_count == 2 then verdict.qos_treatment = 'high_priority' end "
                   "if flow.packet_count == 3 then verdict.qos_treatment = 'fast' end "
                   "if flow.packet_count == 4 then verdict.qos_treatment = 'low_priority' "
                   "verdict.colour = 1 end "
                   "return verdict"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    run(bed, 4);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 1);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 1);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 2);
}

static void state_belongs_to_flow_and_classifier(void **state) {
    static const char counts[] =
        CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 assert(s.n == flow.packet_count) "
                   "assert(s == flow.state)");
    struct bed *bed = *state;
    bed_script(bed, "one", counts);
    bed_script(bed, "two", counts);
    const char *const names[] = {"one", "two"};
    load(bed, names, 2);
    bed->flow_count = FLOWS_MAX;
    run(bed, 100);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    assert_string_equal(script_host_last_error(bed->host, 1), "");
    assert_true(bed->flows[0]->flags & FLOW_SCRIPT_STATE);
}

/* Each packet adds 1 MiB to the state of its flow; the cap is 16 MiB. */
#define KEEPS_A_MIB_OF_EACH_PACKET                                                                 \
    CLASSIFIER("local list = {} for i = 1, 120000 do list[i] = i end "                             \
               "flow.state[flow.packet_count] = list")

static void state_is_freed_with_its_flow(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", KEEPS_A_MIB_OF_EACH_PACKET);
    const char *const names[] = {"it"};
    load(bed, names, 1);
    bed->flow_count = FLOWS_MAX;
    run(bed, FLOWS_MAX);
    flow_table_flush(bed->table);
    bed->flow_count = 1; /* slots of the other flows are not reused */
    run(bed, 11);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

/* Finalised flows, which have no states any more, report their ends as well. */
static void state_is_freed_when_many_flows_end_at_once(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", KEEPS_A_MIB_OF_EACH_PACKET);
    const char *const names[] = {"it"};
    load(bed, names, 1);
    bed->flow_count = FLOWS_MAX;
    run(bed, FLOWS_MAX);
    for (uint32_t i = 0; i < 1000; i++) {
        script_host_forget_flow(bed->host, bed->flow_count + i);
    }
    flow_table_flush(bed->table);
    bed->flow_count = 1;
    run(bed, 11);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

/* A flow ends while its successor is created in the same slot, within one batch. */
static void state_does_not_pass_to_the_next_flow_in_a_slot(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 "
                          "assert(s.n == flow.packet_count)"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    for (int i = 0; i < 20; i++) {
        bed->flow_count = 1 + (unsigned)i % FLOWS_MAX;
        run(bed, 3);
        bed->flow_count = FLOWS_MAX;
        flow_table_flush(bed->table);
    }
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

static void new_gets_the_settings_of_its_classifier(void **state) {
    struct bed *bed = *state;
    static const char text[] = "it: { limit: 5 }\n";
    struct yaml_document *document;
    struct error error;
    struct script_host *host;
    assert_int_equal(yaml_parse(text, sizeof text - 1, "text", &document, &bed->faults), 0);
    const struct script_options options = {.classifiers_directory = bed->directory,
                                           .lua_directory = "lua",
                                           .settings = yaml_root(document),
                                           .memory_mb = 64};
    assert_int_equal(script_host_new(&host, &options, &error), 0);
    bed_script(bed, "it",
               "return { new = function(_, config) assert(config.limit == 5)\n"
               "return { classifier = function() end } end }");
    const char *const names[] = {"it"};
    assert_int_equal(script_host_load(host, names, 1, &bed->faults), 0);
    assert_string_equal(script_host_name(host, 0), "it");
    script_host_free(host);
    yaml_release(document);
}

static void the_shipped_classifiers_load(void **state) {
    struct bed *bed = *state;
    struct error error;
    struct script_host *host;
    const struct script_options options = {.classifiers_directory = DPAE_SOURCE_DIR "/classifiers/",
                                           .lua_directory = DPAE_SOURCE_DIR "/lua/",
                                           .memory_mb = 64};
    const char *const names[] = {"statistical_qos_bandwidth_1", "payload_uri_1"};
    assert_int_equal(script_host_new(&host, &options, &error), 0);
    assert_int_equal(script_host_load(host, names, 2, &bed->faults), 0);
    assert_int_equal(bed->faults.count, 0);
    assert_int_equal(script_host_ready(host), 3);
    script_host_free(host);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(load_reports_an_unreadable_file),
        BED_TEST(load_refuses_a_special_file),
        BED_TEST(load_refuses_a_large_file),
        BED_TEST(load_replaces_the_set),
        BED_TEST(every_classifier_sees_every_packet_until_it_finalises),
        BED_TEST(a_set_has_up_to_sixteen_classifiers),
        BED_TEST(a_compiled_loop_reads_each_packet_anew),
        PATIENT_TEST(an_error_leaves_the_others_running_on_the_same_packet),
        BED_TEST(an_error_names_classifier_place_and_packet),
        BED_TEST(an_error_in_a_tail_call_names_the_line_of_classifier),
        PATIENT_TEST(errors_are_logged_once_per_place),
        BED_TEST(an_error_shows_the_line_that_was_loaded),
        BED_TEST(an_error_and_its_trace_are_logged_line_by_line),
        BED_TEST(a_long_message_is_one_line),
        BED_TEST(a_long_trace_is_cut),
        BED_TEST(dropped_lines_are_reported_when_no_line_waits),
        BED_TEST(log_lines_leave_with_the_flush_and_honour_the_level),
        BED_TEST(errors_of_finalised_classifiers_do_not_finalise),
        BED_TEST(a_verdict_is_validated),
        BED_TEST(a_changed_verdict_table_is_validated_again),
        BED_TEST(state_belongs_to_flow_and_classifier),
        BED_TEST(state_is_freed_with_its_flow),
        BED_TEST(state_is_freed_when_many_flows_end_at_once),
        BED_TEST(state_does_not_pass_to_the_next_flow_in_a_slot),
        BED_TEST(new_gets_the_settings_of_its_classifier),
        BED_TEST(the_shipped_classifiers_load),
    };
    struct CMUnitTest loads[sizeof load_cases / sizeof *load_cases];
    for (size_t i = 0; i < sizeof load_cases / sizeof *load_cases; i++) {
        loads[i] = (struct CMUnitTest){load_cases[i].name, load_reports, begin, end,
                                       (void *)(uintptr_t)&load_cases[i]};
    }
    const int failed = cmocka_run_group_tests(loads, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
