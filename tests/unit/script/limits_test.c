/* The effect of limits on classifiers. Hostile scripts are in spec/script/limits_spec.lua. */
#include "script/host_bed.h"
#include "script/limits.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)
#define WORKS  CLASSIFIER("return { qos_treatment = 'high_priority' }")
#define LOOPS  CLASSIFIER("while true do end")

static double cpu_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Replaces the bed's host by one with other limits. */
static void remake_host(struct bed *bed, struct script_options *options) {
    struct error error;
    options->classifiers_directory = options->lua_directory = bed->directory;
    options->memory_mb = options->memory_mb ? options->memory_mb : 16;
    options->watch = &bed->watch;
    script_host_free(bed->host);
    assert_int_equal(script_host_new(&bed->host, options, &error), 0);
    bed_connect(bed);
}

static void errors_of_a_window_quarantine_a_classifier(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails", CLASSIFIER("error('always')"));
    bed_script(bed, "works", WORKS);
    const char *const names[] = {"fails", "works"};
    load(bed, names, 2);
    run(bed, 9);
    assert_int_equal(script_host_ready(bed->host), 3);
    run(bed, 5);
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(script_host_ready(bed->host), 2);
    assert_int_equal(counters->errors[0], 10);
    assert_int_equal(counters->quarantined, 1);
    assert_int_equal(counters->quarantines[0], 1);
    assert_int_equal(bed->told[1][TREATMENT_HIGH_PRIORITY], 14);
}

static void errors_far_apart_do_not_quarantine(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "fails",
               CLASSIFIER("if flow.packet_count % 7 == 0 then error('at times') end"));
    const char *const names[] = {"fails"};
    load(bed, names, 1);
    run(bed, 200);
    assert_int_equal(script_host_ready(bed->host), 1);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 28);
}

static void a_quarantine_is_logged_once(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {
        "ERROR: tc it: is quarantined for 100 s: 10 errors within 60 s; it is then "
        "reloaded on probation",
        "classifier it", NULL};
    unsigned counts[2] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 50, texts, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 0);
}

/* Ten packets, then one after 100 s, 200 s, 400 s ... and finally every 6400 s. */
static void quarantines_double(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    static const unsigned after[] = {100, 200, 400, 800, 1600, 3200, 6400, 6400};
    load(bed, names, 1);
    run(bed, 10);
    const struct script_counters *counters = script_host_counters(bed->host);
    for (unsigned i = 0; i < sizeof after / sizeof *after; i++) {
        run(bed, after[i] - 1);
        assert_int_equal(counters->errors[0], 10 + i);
        run(bed, 1);
        assert_int_equal(counters->errors[0], 11 + i);
    }
    assert_int_equal(counters->quarantines[0], 9);
}

static void a_fixed_script_passes_its_probation(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"WARNING: tc it: is on probation", NULL};
    unsigned counts[1] = {0};
    load(bed, names, 1);
    run(bed, 10);
    bed_script(bed, "it", CLASSIFIER("if flow.packet_count == 400 then error('once') end"));
    count_log_lines(bed, 200, texts, counts);
    assert_int_equal(counts[0], 1);
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(counters->quarantined, 0);
    assert_int_equal(script_host_ready(bed->host), 1);
    run(bed, 300);
    assert_int_equal(counters->errors[0], 11);
    assert_int_equal(counters->quarantines[0], 1); /* the probation had ended by then */
}

/* Fails until its first quarantine, and again long after it has passed its probation. */
static void a_passed_probation_clears_strikes(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it",
               CLASSIFIER("if flow.packet_count <= 10 or flow.packet_count > 600 then "
                          "error('always') end"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"is quarantined for 100 s", "is quarantined for 200 s",
                                        NULL};
    unsigned counts[2] = {0};
    load(bed, names, 1);
    count_log_lines(bed, 620, texts, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 0);
}

static void a_script_that_fails_to_load_fails_its_probation(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    static const char *const texts[] = {"it.lua:1: unexpected symbol near '='",
                                        "is quarantined for 200 s: it cannot be loaded", NULL};
    unsigned counts[2] = {0};
    load(bed, names, 1);
    run(bed, 10);
    bed_script(bed, "it", "return = 1");
    count_log_lines(bed, 150, texts, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(script_host_ready(bed->host), 0);
}

/* Packet time jumps back if a second capture is older. */
static void time_that_goes_back_ends_a_quarantine(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    bed->number = 5000;
    load(bed, names, 1);
    run(bed, 10);
    const struct script_exchange *exchange = script_host_exchange(bed->host);
    assert_false(script_host_due(exchange, 5010 * SECOND));
    assert_false(script_host_due(exchange, 5109 * SECOND - 1));
    assert_true(script_host_due(exchange, 5109 * SECOND));
    assert_false(script_host_due(exchange, 5008 * SECOND + 1));
    assert_true(script_host_due(exchange, 5000 * SECOND));
}

/* With more steps than any call needs: only the time limit applies. */
static void a_call_is_stopped_soon_after_its_budget(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "loops", LOOPS);
    bed_script(bed, "works", WORKS);
    const char *const names[] = {"loops", "works"};
    remake_host(bed, &(struct script_options){.steps = UINT32_MAX, .budget_us = 20000});
    load(bed, names, 2);
    double worst = 0;
    for (unsigned i = 0; i < 9; i++) {
        const double start = cpu_ms();
        run(bed, 1);
        const double taken = cpu_ms() - start;
        worst = taken > worst ? taken : worst;
    }
    print_message("budget 20 ms, at most %.1f ms of CPU time\n", worst);
    assert_true(worst < 20 + 5);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 9);
    assert_non_null(strstr(script_host_last_error(bed->host, 0),
                           "took more than 20000 us of CPU time (classifier_budget_us)"));
    assert_int_equal(bed->told[1][TREATMENT_HIGH_PRIORITY], 9);
}

/* Bodies of classifier() and whether they exceed 1000 steps. */
static const struct steps_case {
    const char *body;
    bool stopped;
} steps_cases[] = {
    {"for _ = 1, 900 do end", false},
    {"for _ = 1, 1400 do end", true},
    {"for _ = 1, 29 do for _ = 1, 29 do end end", false},
    {"for _ = 1, 40 do for _ = 1, 40 do end end", true},
    {"local function f(n) if n ~= 0 then return f(n - 1) end end f(400)", false},
    {"local function f(n) if n ~= 0 then return f(n - 1) end end f(700)", true},
    {"local n = 0 while n < 400 do n = n + 1 end", false}, /* 2 steps per turn */
    {"local n = 0 while n < 700 do n = n + 1 end", true},
    {"local n = 0 repeat n = n + 1 until n == 1400", true},
    {"local n = 0 ::again:: n = n + 1 if n ~= 1400 then goto again end", true},
    {"local s = ('x'):rep(250) for _ = 1, 900 do s = s:sub(1, 200) .. '' end", false},
    {"local s = ('x'):rep(2000) for _ = 1, 100 do s = s .. 'y' end", true},
};

static void a_call_ends_at_its_step_limit(void **state) {
    for (size_t i = 0; i < sizeof steps_cases / sizeof *steps_cases; i++) {
        struct bed *bed = *state;
        char script[512];
        print_message("%s\n", steps_cases[i].body);
        snprintf(script, sizeof script, CLASSIFIER("%s"), steps_cases[i].body);
        bed_script(bed, "it", script);
        const char *const names[] = {"it"};
        remake_host(bed, &(struct script_options){.steps = 1000});
        load(bed, names, 1);
        run(bed, 3);
        assert_int_equal(script_host_counters(bed->host)->errors[0], steps_cases[i].stopped * 3);
        if (steps_cases[i].stopped) {
            assert_non_null(
                strstr(script_host_last_error(bed->host, 0),
                       "it.lua:2: took more than 1000 steps (classifier_steps), and was stopped "
                       "here | return { classifier = "));
        }
    }
}

/* The calls on a packet together take twice the steps of one; in a batch, 64 times as many. */
static void steps_are_counted_per_call(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "first", CLASSIFIER("for _ = 1, 900 do end"));
    bed_script(bed, "second", CLASSIFIER("for _ = 1, 900 do end"));
    const char *const names[] = {"first", "second"};
    remake_host(bed, &(struct script_options){.steps = 1000});
    load(bed, names, 2);
    run(bed, 64);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    assert_string_equal(script_host_last_error(bed->host, 1), "");
}

/* Two classifiers count their turns until they are stopped; one has a large table beside it,
 * which shortens the slices between checks. */
static void a_call_ends_at_the_same_place_beside_a_large_table(void **state) {
    static const struct { unsigned small, large; } sizes[] = {{10, 200000}, {10, 600000}};
    static const char *const bodies[] = {
        "while true do self.n = self.n + 1 end",
        "while true do self.n = self.n + 1 local s = ('x'):rep(300 + self.n % 100) end",
        "for k = 1, 1e9 do self.n = self.n + k % 3 if k % 5 == 0 then local a = k < 3 end end",
    };
    static const char format[] = "local t = {} for i = 1, %u do t[i] = i end\n" CLASSIFIER(
        "if self.n and self.n > 0 then local n = self.n self.n = 0 error('turns: ' .. n) end "
        "self.n = 0 %s");
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
            const char *const names[] = {"small", "large"};
            char script[1024], turns[2][64];
            remake_host(bed, &(struct script_options){.steps = 10007, .memory_mb = 64});
            snprintf(script, sizeof script, format, sizes[i].small, bodies[k]);
            bed_script(bed, "small", script);
            snprintf(script, sizeof script, format, sizes[i].large, bodies[k]);
            bed_script(bed, "large", script);
            for (unsigned c = 0; c < 2; c++) {
                load(bed, names, 0);
                load(bed, &names[c], 1);
                run(bed, 2);
                const char *text = strstr(script_host_last_error(bed->host, 0), "turns: ");
                assert_non_null(text);
                snprintf(turns[c], sizeof turns[c], "%.*s", (int)strcspn(text, "|"), text);
            }
            assert_string_equal(turns[0], turns[1]);
        }
    }
}

/* Each new key of a full table moves all keys. */
static void slow_steps_are_stopped_in_time(void **state) {
    static const char *const scripts[] = {
        "local t = {} for i = 1, 131072 do t[i + 0.5] = i end\n" CLASSIFIER(
            "while true do t[1.5] = nil t[-1] = 1 t[-1] = nil t[1.5] = 1 end"),
        "local t = {} for i = 1, 2000000 do t[i] = i end\n" CLASSIFIER(
            "while true do t.a = nil t.b = 1 t.b = nil t.a = 1 end"),
    };
    struct bed *bed = *state;
    const char *const names[] = {"it"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        double least = 1e9;
        bed_script(bed, "it", scripts[i]);
        remake_host(bed, &(struct script_options){
                             .steps = UINT32_MAX, .budget_us = 20000, .memory_mb = 64});
        load(bed, names, 1);
        for (unsigned k = 0; k < 5; k++) {
            const double start = cpu_ms();
            run(bed, 1);
            const double taken = cpu_ms() - start;
            least = taken < least ? taken : least;
        }
        assert_int_equal(script_host_counters(bed->host)->errors[0], 5);
        assert_true(least < 20 + 50);
    }
}

/* A loop of 50 ms, with ample steps. */
static void time_is_unlimited_without_a_budget(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("local x = 0 for i = 1, 1e8 do x = x + i % 7 end"));
    const char *const names[] = {"it"};
    remake_host(bed, &(struct script_options){.steps = UINT32_MAX});
    load(bed, names, 1);
    const double start = cpu_ms();
    run(bed, 1);
    assert_true(cpu_ms() - start > 50);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

/* Describing an error is not limited, so it must be fast. */
static void a_long_message_takes_little_time(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", "local long = ('\\n'):rep(2 ^ 16)\n" CLASSIFIER("error(long)"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    run(bed, 1); /* compiles the code first */
    const double start = cpu_ms();
    run(bed, 5);
    print_message("five errors of 64 KiB took %.1f ms\n", cpu_ms() - start);
    assert_true(cpu_ms() - start < 20);
    assert_int_equal(script_host_counters(bed->host)->errors[0], 6);
}

/* Likewise for showing the line. */
static void the_line_of_an_error_takes_little_time(void **state) {
    static const struct {
        const char *what, *head, *tail;
        char between;
        size_t count;
    } rows[] = {
        {"blanks within the line", "error('x')", "local y", ' ', 50000},
        {"blanks before it", "", "error('x')", ' ', 900000},
        {"lines before it", "", "error('x')", '\n', 900000},
        {"calls of functions outside the script",
         "tostring(setmetatable({}, { __tostring = tostring }))", "", ' ', 1},
    };
    static char text[1 << 20];
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int used = snprintf(text, sizeof text,
                            "return { new = function() return { classifier = "
                            "function(self, flow) %s",
                            rows[i].head);
        memset(text + used, rows[i].between, rows[i].count);
        used += (int)rows[i].count;
        snprintf(text + used, sizeof text - (size_t)used, "%s end } end }", rows[i].tail);
        bed_script(bed, "it", text);
        const char *const names[] = {"it"};
        load(bed, names, 1);
        run(bed, 1);
        const double start = cpu_ms();
        run(bed, 1);
        print_message("%s: an error took %.1f ms\n", rows[i].what, cpu_ms() - start);
        assert_true(cpu_ms() - start < 50);
    }
}

static void two_hosts_take_turns(void **state) {
    struct bed *bed = *state;
    void *second_state = NULL;
    assert_int_equal(begin(&second_state), 0);
    struct bed *second = second_state;
    const char *const names[] = {"loops"};
    bed_script(bed, "loops", LOOPS);
    bed_script(second, "loops", LOOPS);
    load(bed, names, 1);
    load(second, names, 1);
    for (unsigned i = 1; i <= 3; i++) {
        run(bed, 1);
        run(second, 1);
        assert_int_equal(script_host_counters(bed->host)->errors[0], i);
        assert_int_equal(script_host_counters(second->host)->errors[0], i);
    }
    assert_int_equal(end(&second_state), 0);
}

static void an_offence_keeps_a_classifier_from_being_loaded(void **state) {
    struct bed *bed = *state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    bed_script(bed, "first", WORKS);
    bed_script(bed, "second", "error('it is loaded')");
    const char *const names[] = {"first", "second"};
    bed->number = (unsigned)now.tv_sec;
    bed->offences[0] = (struct script_offence){
        .classifier = "second", .strikes = 1, .time_ns = (uint64_t)now.tv_sec * SECOND};
    load(bed, names, 2);
    assert_int_equal(script_host_ready(bed->host), 1);
    assert_int_equal(script_host_counters(bed->host)->quarantined, 2);
    /* After the wait of 100 s. */
    bed_script(bed, "second", CLASSIFIER("error('once more')"));
    bed->offences[0].time_ns -= 150 * SECOND;
    load(bed, names, 0); /* simulates a restarted process */
    load(bed, names, 2);
    assert_int_equal(script_host_ready(bed->host), 3);
    run(bed, 1);
    assert_int_equal(script_host_ready(bed->host), 1); /* the probation failed at the first error */
}

/* Ends the child process of the tests below. */
static void give_up(enum script_end why, const char *classifier, const char *place) {
    _exit(why == SCRIPT_STUCK && strcmp(classifier, "is_stuck") == 0 &&
                  strstr(place, "is_stuck.lua:2")
              ? 7
              : 8);
}

/* The output of the signal handler, in memory shared with the child; NULL: no output expected. */
static struct crash_handler {
    int number;
    char classifier[SCRIPT_NAME_MAX], place[144], where[SCRIPT_WHERE_TEXT];
} * said;

static void report_crash(const struct script_crash *crash) {
    if (said) {
        said->number = crash->number;
        snprintf(said->classifier, sizeof said->classifier, "%s", crash->classifier);
        snprintf(said->place, sizeof said->place, "%s", crash->place);
        snprintf(said->where, sizeof said->where, "%s", crash->where);
    }
}

/* Runs a host in a child process; returns its status. */
static int status_of(struct bed *bed, void (*do_it)(struct bed *bed), struct script_watch *watch,
                     script_give_up ending) {
    const pid_t child = fork();
    if (child == 0) {
        const struct script_options options = {.classifiers_directory = bed->directory,
                                               .lua_directory = bed->directory,
                                               .steps = UINT32_MAX,
                                               .budget_us = ending ? 20000 : 1000000,
                                               .memory_mb = 16,
                                               .watch = watch,
                                               .give_up = ending,
                                               .crash_handler = report_crash};
        struct error error;
        /* Handlers of the framework or a sanitizer would be left alone. */
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGABRT, SIG_DFL);
        /* Timers are not inherited: the child makes its own. */
        script_host_free(bed->host);
        if (script_host_new(&bed->host, &options, &error) != 0) {
            _exit(1);
        }
        bed_connect(bed);
        do_it(bed);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* A host with a stuck call. */
static int status_of_stuck(struct bed *bed, void (*do_it)(struct bed *bed), script_give_up ending) {
    const int status = status_of(bed, do_it, &bed->watch, ending);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Scripts cannot do this: a call that never reaches a check. */
static void be_stuck(struct bed *bed, bool loading) {
    script_host_exchange(bed->host)->current = 0;
    limits_enter(bed->host, 20000, loading);
    while (true) {
    }
}

static void load_and_be_stuck(struct bed *bed) {
    const char *const names[] = {"is_stuck"};
    load(bed, names, 1);
    be_stuck(bed, false);
}

static void a_stuck_call_names_its_classifier(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "is_stuck", CLASSIFIER("flow.finalised = true"));
    assert_int_equal(status_of_stuck(bed, load_and_be_stuck, give_up), 7);
}

static const struct script_watch *watched;
static uint64_t stuck_file;

static void give_up_loading(enum script_end why, const char *classifier, const char *place) {
    (void)place;
    _exit(why == SCRIPT_STUCK && strcmp(classifier, "it") == 0 && watched->file == stuck_file ? 7
                                                                                              : 8);
}

static void reload_and_be_stuck(struct bed *bed) {
    static const char new_text[] = "return nil -- and never comes back";
    const char *const names[] = {"it"};
    char path[80];
    bed_script(bed, "it", WORKS);
    load(bed, names, 1);
    bed_script(bed, "it", new_text);
    snprintf(path, sizeof path, "%s/it.lua", bed->directory);
    watched = &bed->watch;
    stuck_file = admission_hash(path, new_text, sizeof new_text - 1);
    (void)script_host_reload(bed->host, 2, &bed->faults);
    be_stuck(bed, true);
}

/* The previous text, which is running, is not to blame. */
static void a_text_that_hangs_while_loading_is_named_by_its_own_hash(void **state) {
    assert_int_equal(status_of_stuck(*state, reload_and_be_stuck, give_up_loading), 7);
}

/* Actions of the child process within a long call. */
static struct crash_case {
    const char *what;
    int signal;
    bool in_a_call;
} crashes[] = {
    {"an invalid memory access", SIGSEGV, true},
    {"an assertion", SIGABRT, true},
    {"a trap", SIGTRAP, true},
    {"a trap outside of classifiers", SIGTRAP, false},
};
static const struct crash_case *crash;

static void on_alarm(int number) {
    (void)number;
    (void)raise(crash->signal);
}

static void crash_in_or_behind_a_call(struct bed *bed) {
    const char *const names[] = {"waits"};
    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    bed_script(bed, "waits", crash->in_a_call ? LOOPS : WORKS);
    load(bed, names, 1);
    if (crash->in_a_call) {
        (void)signal(SIGALRM, on_alarm);
        (void)setitimer(ITIMER_REAL, &soon, NULL);
    }
    run(bed, 1);
    (void)raise(crash->signal);
}

static void *share(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static void a_crash_names_the_running_classifier(void **state) {
    struct bed *bed = *state;
    const size_t size = sizeof(struct script_watch);
    struct script_watch *watch = share(size);
    said = share(sizeof *said);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        crash = &crashes[i];
        print_message("%s\n", crash->what);
        memset(watch, 0, size);
        memset(said, 0, sizeof *said);
        const int status = status_of(bed, crash_in_or_behind_a_call, watch, NULL);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), crash->signal);
        assert_int_equal(atomic_load(&watch->crashed), crash->in_a_call ? crash->signal : 0);
        assert_string_equal(watch->classifier, crash->in_a_call ? "waits" : "");
        assert_int_equal(watch->file != 0, crash->in_a_call);
        assert_int_equal(said->number, crash->signal);
        assert_string_equal(said->classifier, watch->classifier);
        assert_int_equal(strstr(said->place, "/waits.lua:2") != NULL, crash->in_a_call);
        assert_string_equal(said->where, crash->in_a_call
                                             ? "packet 1, 10.0.0.1:1000 -> 10.0.0.2:80 udp, "
                                               "1970-01-01T00:00:00.000000Z"
                                             : "");
    }
    assert_int_equal(munmap(watch, size), 0);
    assert_int_equal(munmap(said, sizeof *said), 0);
    said = NULL;
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(errors_of_a_window_quarantine_a_classifier),
        BED_TEST(errors_far_apart_do_not_quarantine),
        BED_TEST(a_quarantine_is_logged_once),
        BED_TEST(quarantines_double),
        BED_TEST(a_fixed_script_passes_its_probation),
        BED_TEST(a_passed_probation_clears_strikes),
        BED_TEST(a_script_that_fails_to_load_fails_its_probation),
        BED_TEST(time_that_goes_back_ends_a_quarantine),
        BED_TEST(a_call_is_stopped_soon_after_its_budget),
        BED_TEST(a_call_ends_at_its_step_limit),
        BED_TEST(steps_are_counted_per_call),
        BED_TEST(a_call_ends_at_the_same_place_beside_a_large_table),
        BED_TEST(slow_steps_are_stopped_in_time),
        BED_TEST(time_is_unlimited_without_a_budget),
        BED_TEST(a_long_message_takes_little_time),
        BED_TEST(the_line_of_an_error_takes_little_time),
        BED_TEST(two_hosts_take_turns),
        BED_TEST(an_offence_keeps_a_classifier_from_being_loaded),
        BED_TEST(a_crash_names_the_running_classifier),
        BED_TEST(a_stuck_call_names_its_classifier),
        BED_TEST(a_text_that_hangs_while_loading_is_named_by_its_own_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
