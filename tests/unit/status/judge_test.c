#include "status/judge.h"

#include "status/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* The first interface of the sample, changed. */
static struct status_snapshot snapshot;
static struct status_interface *const interface = &snapshot.interfaces[0];
static struct status_worker *const worker = &snapshot.interfaces[0].workers[0];

static void nothing(void) {
}

static void worker_starts(void) {
    worker->state = STATUS_WORKER_STARTING;
}

static void worker_is_stuck(void) {
    worker->state = STATUS_WORKER_STUCK;
}

static void interface_is_lost(void) {
    worker->state = STATUS_WORKER_INTERFACE_LOST;
    interface->promiscuity = 0;
}

static void worker_waits(void) {
    worker->state = STATUS_WORKER_WAITING;
    worker->restart_ns = SAMPLE_NOW_NS + 1500 * NS_PER_MS;
}

static void restart_is_due(void) {
    worker->state = STATUS_WORKER_WAITING;
    worker->restart_ns = SAMPLE_NOW_NS - NS_PER_S;
}

static void worker_fails(void) {
    worker->failing = true;
    worker->deaths = 4;
}

static void worker_fails_with_capture(void) {
    worker_fails();
    snprintf(worker->crash_file, sizeof worker->crash_file, "/var/tmp/crash.pcap");
}

static void session_is_down(void) {
    interface->session.up = false;
    snprintf(interface->session.phase, sizeof interface->session.phase, "discovery");
}

static void session_is_down_with_note(void) {
    session_is_down();
    snprintf(interface->session.note, sizeof interface->session.note, "no answer");
}

static void standalone(void) {
    session_is_down();
    interface->standalone = true;
}

static void policy_is_partial(void) {
    interface->policy = STATUS_POLICY_PARTIAL;
    snprintf(interface->policy_fault, sizeof interface->policy_fault, "there is no x.lua");
}

static void policy_is_refused(void) {
    policy_is_partial();
    interface->policy = STATUS_POLICY_REFUSED;
}

static void policy_is_awaited(void) {
    interface->policy = STATUS_POLICY_AWAITED;
}

static void classifier_is_quarantined(void) {
    worker->classifiers[0].quarantined = true;
}

static void not_promiscuous(void) {
    interface->promiscuity = 0;
}

static void database_is_away(void) {
    snapshot.store.up = false;
    snprintf(snapshot.store.trouble, sizeof snapshot.store.trouble, "connection refused");
}

static void there_is_no_database(void) {
    snapshot.store.used = snapshot.store.up = false;
}

static void several(void) {
    worker_fails();
    worker_waits();
    session_is_down();
}

#define AGAIN                                                                                      \
    "eth1: WORKER 0 DIES AGAIN AND AGAIN: 4 deaths, the latest 30 s ago "                          \
    "(it was ended by signal 11 (SEGV))"

static const struct judge_case {
    const char *name;
    void (*change)(void);
    const char *reasons; /* a line each */
} cases[] = {
    {"all is well", nothing, ""},
    {"a worker starts", worker_starts, "eth1: worker 0 is starting\n"},
    {"a worker is stuck", worker_is_stuck, "eth1: worker 0 does not move\n"},
    {"the interface is lost", interface_is_lost, "eth1: worker 0 waits for the interface\n"},
    {"a worker waits", worker_waits,
     "eth1: worker 0 is not running; it is started again in 1.5 s\n"},
    {"a restart is due", restart_is_due,
     "eth1: worker 0 is not running; it is started again in 0.0 s\n"},
    {"a worker fails", worker_fails, AGAIN "\n"},
    {"a worker fails, and there is a capture", worker_fails_with_capture,
     AGAIN "; the last frames that it saw are in /var/tmp/crash.pcap\n"},
    {"the session is down", session_is_down,
     "eth1: no session with the controller for 60 s (discovery)\n"},
    {"the session is down, with a note", session_is_down_with_note,
     "eth1: no session with the controller for 60 s (discovery); no answer\n"},
    {"standalone there is no session", standalone, ""},
    {"the policy is in force in part", policy_is_partial,
     "eth1: the policy is in force in part: there is no x.lua\n"},
    {"the policy is refused", policy_is_refused,
     "eth1: the policy is refused: there is no x.lua\n"},
    {"the policy is awaited", policy_is_awaited, ""},
    {"a classifier is quarantined", classifier_is_quarantined,
     "eth1: classifier one is quarantined in worker 0: the log tells why\n"},
    {"not promiscuous", not_promiscuous,
     "eth1: the interface is not promiscuous: frames for other hosts are not seen\n"},
    {"the database is away", database_is_away,
     "database: it cannot be used, flows wait: connection refused\n"},
    {"there is no database", there_is_no_database, ""},
    {"several at once", several,
     AGAIN "\neth1: worker 0 is not running; it is started again in 1.5 s\n"
           "eth1: no session with the controller for 60 s (discovery)\n"},
};

static void reasons_are_told(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status_reasons reasons;
        char text[4096] = "";
        size_t used = 0;
        sample_fill(NULL, &snapshot);
        cases[i].change();
        status_judge(&snapshot, &reasons);
        for (unsigned j = 0; j < reasons.count; j++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", reasons.texts[j]);
        }
        if (strcmp(text, cases[i].reasons) != 0) {
            fail_msg("%s: '%s'", cases[i].name, text);
        }
    }
}

static void refused_changes_are_notes(void **state) {
    (void)state;
    static const struct {
        const char *classifier, *note;
    } notes_of[] = {
        {"one", "eth1: a change of classifier one was refused 40 s ago, what was loaded before, if "
                "anything, goes "
                "on: one.lua:1: no"},
        {"", "eth1: a change of the classifiers was refused 40 s ago, what was loaded before, if "
             "anything, goes "
             "on: one.lua:1: no"},
    };
    for (size_t i = 0; i < sizeof notes_of / sizeof notes_of[0]; i++) {
        struct status_reasons reasons, notes;
        sample_fill(NULL, &snapshot);
        status_note(&snapshot, &notes);
        assert_int_equal(notes.count, 1); /* the sample's own */
        interface->refusals[0] = (struct status_refusal){.since_ns = SAMPLE_NOW_NS - 40 * NS_PER_S,
                                                         .error = "one.lua:1: no"};
        snprintf(interface->refusals[0].classifier, sizeof interface->refusals[0].classifier, "%s",
                 notes_of[i].classifier);
        interface->refusal_count = 1;
        status_judge(&snapshot, &reasons);
        status_note(&snapshot, &notes);
        assert_int_equal(reasons.count, 0);
        assert_int_equal(notes.count, 2);
        assert_string_equal(notes.texts[0], notes_of[i].note);
    }
}

static void reasons_are_bounded(void **state) {
    (void)state;
    struct status_reasons reasons;
    sample_fill(NULL, &snapshot);
    for (unsigned i = 0; i < 5; i++) {
        snapshot.interfaces[i] = *interface;
        snapshot.interfaces[i].worker_count = 10;
        for (unsigned j = 0; j < 10; j++) {
            snapshot.interfaces[i].workers[j].state = STATUS_WORKER_STUCK;
        }
    }
    snapshot.interface_count = 5;
    status_judge(&snapshot, &reasons);
    assert_int_equal(reasons.count, STATUS_REASONS_MAX);
    assert_string_equal(reasons.texts[0], "eth1: worker 0 does not move");
    assert_string_equal(reasons.texts[STATUS_REASONS_MAX - 1], "and 19 more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_told),
        cmocka_unit_test(refused_changes_are_notes),
        cmocka_unit_test(reasons_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
