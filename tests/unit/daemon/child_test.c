#include "daemon/child.h"

#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void restarts_back_off(void **state) {
    (void)state;
    static const struct {
        unsigned failures;
        uint64_t ms;
    } cases[] = {{0, 0},     {1, 0},     {2, 500},   {3, 1000},    {4, 2000},
                 {7, 16000}, {8, 30000}, {9, 30000}, {1000, 30000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(child_restart_delay_ns(cases[i].failures), cases[i].ms * NS_PER_MS);
    }
}

static void events_of_a_mad_worker_are_refused(void **state) {
    (void)state;
    struct child child = {.interface = "test", .workers = 1};
    struct error error;
    struct event event = {.kind = EVENT_KIND_COUNT};
    uint64_t refused = 0;
    assert_int_equal(child_open(&child, &error), 0);
    assert_true(ring_put(&child.ring, &event, 100));
    event = (struct event){.kind = EVENT_VERDICT};
    event.verdict.ends.ip_version = 4;
    event.verdict.actions = EVENT_SUPPRESS;
    event.verdict.flow_packets = 8;
    assert_true(ring_put(&child.ring, &event, sizeof event));
    event = (struct event){0};
    assert_true(child_take_event(&child, &event, &refused));
    assert_int_equal(event.verdict.flow_packets, 8);
    assert_int_equal(refused, 1);
    assert_false(child_take_event(&child, &event, &refused));
    child_close(&child);
}

static void two_deaths_within_a_minute_are_a_failure(void **state) {
    (void)state;
    static const struct {
        uint64_t died_s[2]; /* the latest, the one before; 0: none */
        bool failing;
    } cases[] = {{{0, 0}, false},   {{99, 0}, false}, {{99, 98}, true}, {{99, 41}, true},
                 {{99, 40}, false}, {{60, 41}, true}, {{60, 2}, false}, {{100, 100}, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct child child = {
            .died_ns = {cases[i].died_s[0] * NS_PER_S, cases[i].died_s[1] * NS_PER_S}};
        assert_int_equal(child_failing(&child, 100 * NS_PER_S), cases[i].failing);
    }
}

static pid_t process_that_fails(void) {
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(1);
    }
    assert_true(pid > 0);
    return pid;
}

/* The second death in a row: the next start is due later, so that none is made here. */
static void what_is_known_of_a_dead_worker_is_kept(void **state) {
    (void)state;
    char directory[] = "/tmp/dpae-child-XXXXXX";
    struct child child = {.interface = "test", .workers = 1, .failures = 1};
    struct error error;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(child_open(&child, &error), 0);
    child.shared->counters = (struct worker_counters){
        .pipeline.packets = 7, .live.received = 8, .flow.created = 5, .flows = 3};
    child.before.live.received = 100;
    atomic_store(&child.shared->frames_seen, 1);
    child.pid = process_that_fails();
    child.started_ns = clock_monotonic_ns();
    while (child.pid != 0) {
        child_supervise(&child, clock_monotonic_ns(), directory);
    }
    assert_int_equal(child.deaths, 1);
    assert_string_equal(child.how, "ended with status 1");
    assert_int_equal(child.before.live.received, 108);
    assert_int_equal(child.before.pipeline.packets, 7);
    assert_int_equal(child.before.flow.created, 5);
    assert_int_equal(child.shared->counters.live.received, 0);
    assert_int_equal(child.shared->counters.flows, 3);
    assert_int_equal(strncmp(child.crash_file, directory, strlen(directory)), 0);
    assert_int_equal(unlink(child.crash_file), 0);
    assert_int_equal(rmdir(directory), 0);
    child_close(&child);
}

/* Stopped, so that it is certain not to wait for a processor only. */
static pid_t process_that_hangs(void) {
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        raise(SIGSTOP);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    return pid;
}

/* Looks at it every 50 ms, as the daemon does, from one moment to another. */
static void look(struct child *child, uint64_t start_ns, unsigned from_ms, unsigned to_ms) {
    for (unsigned ms = from_ms; ms <= to_ms && child->pid != 0; ms += 50) {
        child_supervise(child, start_ns + ms * NS_PER_MS, "/nowhere");
    }
}

/* Whatever the worker writes: what counts is that it writes something else, seen from here. */
static void a_heart_that_stands_still_ends_a_worker(void **state) {
    static const struct {
        const char *what;
        uint64_t heart;
        unsigned pause_ms; /* in which nobody looked: this process was stopped, or late */
        unsigned alive_ms, ended_ms;
    } cases[] = {
        {"an honest one", 1, 0, 800, 901},
        {"one that claims to beat in the far future", UINT64_C(1) << 63, 0, 800, 901},
        {"one that was not looked at gets another round", 1, 2000, 2800, 2901},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct child child = {.interface = "nowhere", .workers = 1};
        struct error error;
        print_message("%s\n", cases[i].what);
        assert_int_equal(child_open(&child, &error), 0);
        const uint64_t now_ns = clock_monotonic_ns();
        atomic_store(&child.shared->beat_ns, cases[i].heart);
        const pid_t worker = child.pid = process_that_hangs();
        look(&child, now_ns, 0, 0);
        assert_true(child_beats(&child, now_ns));
        look(&child, now_ns, cases[i].pause_ms + 50, cases[i].alive_ms);
        assert_int_equal(child.pid, worker);
        look(&child, now_ns, cases[i].alive_ms + 50, cases[i].ended_ms);
        assert_int_equal(child.pid, 0);
        child_close(&child);
    }
}

/* What a worker is told, none can change, nor can it take memory away from this process. */
static void a_worker_can_not_change_its_orders(void **state) {
    (void)state;
    struct child child = {.interface = "nowhere", .workers = 1};
    struct error error;
    assert_int_equal(child_open(&child, &error), 0);
    const size_t size = sizeof *child.orders;
    assert_ptr_equal(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, child.orders_fd, 0),
                     MAP_FAILED);
    assert_int_equal(pwrite(child.orders_fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(child.orders_fd, 0), -1);
    assert_int_equal(ftruncate(child.shared_fd, 0), -1);
    const struct worker_orders *orders =
        mmap(NULL, size, PROT_READ, MAP_SHARED, child.orders_fd, 0);
    assert_ptr_not_equal(orders, MAP_FAILED);
    child_stop(&child);
    assert_int_equal(orders->stop, 1);
    munmap((void *)(uintptr_t)orders, size);
    child_close(&child);
}

/* One that died by itself. */
static pid_t process_that_crashes(void) {
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
        _exit(0);
    }
    siginfo_t about;
    assert_int_equal(waitid(P_PID, (id_t)pid, &about, WEXITED | WNOWAIT), 0);
    return pid;
}

/* What was told of a classifier is of a worker's own memory, where anything may stand. */
static void a_classifier_that_a_worker_crashed_in_is_blamed(void **state) {
    static const struct {
        const char *classifier;
        uint32_t crashed, strikes;
        bool saved; /* the latest frames */
    } cases[] = {
        {"crashes", SIGSEGV, 1, true}, {"others", 0, 0, false}, {"no name", SIGSEGV, 0, false}};
    char folder[] = "/tmp/dpae-child-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct child child = {.interface = "nowhere", .workers = 1};
        struct error error;
        assert_int_equal(child_open(&child, &error), 0);
        const uint64_t now_ns = clock_monotonic_ns();
        struct script_watch *watch = &child.shared->watch;
        snprintf(watch->classifier, sizeof watch->classifier, "%s", cases[i].classifier);
        watch->file = 77;
        atomic_store(&watch->crashed, cases[i].crashed);
        atomic_store(&child.shared->frames_seen, 1);
        child.shared->last[0].captured = child.shared->last[0].length = 60;
        child.pid = process_that_crashes();
        child_supervise(&child, now_ns, folder);
        assert_int_equal(child.crash_file[0] != '\0' && unlink(child.crash_file) == 0,
                         cases[i].saved);
        const struct script_offence *offence = child.orders->offences;
        while (offence->strikes == 0 && offence < child.orders->offences + 15) {
            offence++;
        }
        assert_int_equal(offence->strikes, cases[i].strikes);
        assert_string_equal(offence->classifier, cases[i].strikes ? cases[i].classifier : "");
        assert_int_equal(offence->file, cases[i].strikes ? 77 : 0);
        child_close(&child);
    }
    assert_int_equal(rmdir(folder), 0);
}

struct stuck_case {
    const char *classifier;
    uint32_t stuck_ms, strikes_before;
    uint64_t before_ns; /* how long ago that was */
    uint32_t strikes;   /* after it; 0: the worker is left alone */
};

/* Nothing is started here: the interface is away. */
static void a_classifier_that_holds_a_worker_up_is_blamed(void **state) {
    static const struct stuck_case cases[] = {
        {"slow", 299, 0, 0, 0},
        {"stuck", 300, 0, 0, 1},
        {"again", 300, 1, 60 * NS_PER_S, 2},
        {"forgiven", 300, 4, 3601 * NS_PER_S, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct stuck_case *one = &cases[i];
        struct child child = {.interface = "nowhere", .workers = 1};
        struct error error;
        assert_int_equal(child_open(&child, &error), 0);
        struct worker_shared *shared = child.shared;
        const uint64_t now_ns = clock_monotonic_ns();
        if (one->strikes_before) {
            memcpy(child.orders->offences[5].classifier, one->classifier, strlen(one->classifier));
            child.orders->offences[5].strikes = one->strikes_before;
            child.orders->offences[5].time_ns = clock_wall_ns() - one->before_ns;
        }
        memcpy(shared->watch.classifier, one->classifier, strlen(one->classifier));
        atomic_store(&shared->watch.stuck_ms, one->stuck_ms);
        atomic_store(&shared->beat_ns, now_ns - 790 * NS_PER_MS);
        const pid_t worker = child.pid = process_that_hangs();
        child_supervise(&child, now_ns, "/nowhere");
        uint32_t strikes = 0;
        for (unsigned k = 0; k < SCRIPT_CLASSIFIERS_MAX; k++) {
            if (strcmp(child.orders->offences[k].classifier, one->classifier) == 0) {
                strikes = child.orders->offences[k].strikes;
            }
        }
        assert_int_equal(strikes, one->strikes);
        assert_int_equal(child.pid, one->strikes ? 0 : worker);
        if (child.pid) {
            /* Its rounds stand still, but not its classifiers. */
            atomic_store(&shared->watch.stuck_ms, 0);
            atomic_store(&shared->watch.moved_ns, now_ns + 100 * NS_PER_MS);
            look(&child, now_ns, 50, 850);
            assert_int_equal(child.pid, worker);
            look(&child, now_ns, 851, 860);
            assert_int_equal(child.pid, 0);
        }
        child_close(&child);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_back_off),
        cmocka_unit_test(events_of_a_mad_worker_are_refused),
        cmocka_unit_test(two_deaths_within_a_minute_are_a_failure),
        cmocka_unit_test(a_heart_that_stands_still_ends_a_worker),
        cmocka_unit_test(a_worker_can_not_change_its_orders),
        cmocka_unit_test(a_classifier_that_a_worker_crashed_in_is_blamed),
        cmocka_unit_test(a_classifier_that_holds_a_worker_up_is_blamed),
        cmocka_unit_test(what_is_known_of_a_dead_worker_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
