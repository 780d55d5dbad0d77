#ifndef DPAE_TESTS_STATUS_SAMPLES_H
#define DPAE_TESTS_STATUS_SAMPLES_H

#include "base/clock.h"
#include "status/snapshot.h"

#include <string.h>

#define SAMPLE_NOW_NS (1700000000 * NS_PER_S + 250 * NS_PER_MS)

/* What means something in HTML, JSON, labels, to terminals, and is no UTF-8; and as it is shown. */
#define SAMPLE_HOSTILE       "<b>\"'&\\\n\xff"
#define SAMPLE_HOSTILE_SAFE  "<b>\"'&\\\\n\\xff"
#define SAMPLE_HOSTILE_HTML  "&lt;b&gt;&quot;&#39;&amp;\\\\n\\xff"
#define SAMPLE_HOSTILE_LABEL "\"<b>\\\"'&\\\\\\\\n\\\\xff\""

/* Counters of every form; what dpae itself counts is for the tests of core/daemon. */
struct sample_worker {
    uint64_t deaths, packets[3], bytes, gap_ms, flows, hidden;
    uint64_t treatments[2][2], errors[2]; /* of two classifiers */
};

struct sample_session {
    uint64_t sessions, taken, waiting;
};

struct sample_store {
    uint64_t written, lost[2];
};

static inline const char *sample_class(unsigned part) {
    static const char *const names[] = {"flow", NULL, "arp"};
    return names[part];
}

static inline const char *sample_treatment(unsigned part) {
    return part ? "high_priority" : "low_priority";
}

static inline const char *sample_loss(unsigned part) {
    return part ? "damaged spool" : "no room";
}

#define SAMPLE_ROW(of, place, member_name, metric_name, ...)                                       \
    {                                                                                              \
        COUNTER_AT(struct of, place), .member = (member_name), .metric = (metric_name),            \
                                      .title = "title of " member_name,                            \
                                      .help = "Help of " member_name ".", __VA_ARGS__              \
    }

static inline void sample_tables(struct status_tables *tables) {
    static const struct counter worker[] = {
        SAMPLE_ROW(sample_worker, deaths, "deaths", "dpae_worker_restarts_total", .loss = true),
        SAMPLE_ROW(sample_worker, packets, "packets", "dpae_packets_total", .label = "class",
                   .name = sample_class),
        SAMPLE_ROW(sample_worker, bytes, "bytes", "dpae_bytes_received_total",
                   .unit = COUNTER_BYTES),
        SAMPLE_ROW(sample_worker, gap_ms, "gap", "dpae_gap_milliseconds_total",
                   .unit = COUNTER_MILLISECONDS, .loss = true),
        SAMPLE_ROW(sample_worker, flows, "flows", "dpae_flows", .kind = COUNTER_LEVEL),
        {COUNTER_AT(struct sample_worker, hidden), .elsewhere = "it is in the others"},
    };
    static const struct counter classifier[] = {
        SAMPLE_ROW(sample_worker, treatments[0], "treatments", "dpae_treatments_total",
                   .label = "treatment", .name = sample_treatment, .kind = COUNTER_SET),
        SAMPLE_ROW(sample_worker, errors[0], "errors", "dpae_script_errors_total",
                   .kind = COUNTER_SET, .loss = true),
    };
    static const struct counter interface[] = {
        {.count = 1,
         .member = "drops",
         .metric = "dpae_drops_total",
         .title = "drops",
         .help = "Help of drops.",
         .loss = true},
    };
    static const struct counter session[] = {
        SAMPLE_ROW(sample_session, sessions, "sessions", "dpae_sessions_total", .loss = false),
    };
    static const struct counter advice[] = {
        SAMPLE_ROW(sample_session, taken, "taken", "dpae_advice_taken_total", .loss = false),
        SAMPLE_ROW(sample_session, waiting, "waiting", "dpae_advice_waiting",
                   .kind = COUNTER_LEVEL),
    };
    static const struct counter store[] = {
        SAMPLE_ROW(sample_store, written, "written", "dpae_database_written_total", .loss = false),
        SAMPLE_ROW(sample_store, lost, "lost", "dpae_database_lost_total", .label = "reason",
                   .name = sample_loss, .loss = true),
    };
    *tables = (struct status_tables){
        .worker = COUNTER_TABLE(worker),
        .classifier = COUNTER_TABLE(classifier),
        .interface = COUNTER_TABLE(interface),
        .session = COUNTER_TABLE(session),
        .advice = COUNTER_TABLE(advice),
        .store = COUNTER_TABLE(store),
    };
}

/* Two interfaces of which all is well: one with a session, a worker and two classifiers, one
 * standalone, whose worker has none, and which refused a change. */
static inline void sample_fill(void *context, struct status_snapshot *snapshot) {
    static const struct sample_worker worker = {.deaths = 1,
                                                .packets = {20, 99, 10},
                                                .bytes = 18446744073709551615u,
                                                .gap_ms = 40,
                                                .flows = 15,
                                                .hidden = 98,
                                                .treatments = {{24, 25}, {0, 26}},
                                                .errors = {23, 0}};
    static const struct sample_session session = {.sessions = 2, .taken = 28, .waiting = 7};
    static const struct sample_store store = {.written = 31, .lost = {0, 38}};
    (void)context;
    *snapshot = (struct status_snapshot){.version = "1.2.3",
                                         .started_ns = SAMPLE_NOW_NS - 90 * NS_PER_S,
                                         .now_ns = SAMPLE_NOW_NS,
                                         .store = {.used = true, .up = true},
                                         .interface_count = 2};
    sample_tables(&snapshot->tables);
    snapshot->interfaces[0] = (struct status_interface){
        .name = "eth1",
        .session = {.up = true,
                    .active = true,
                    .phase = "up",
                    .since_ns = SAMPLE_NOW_NS - 60 * NS_PER_S},
        .policy = STATUS_POLICY_IN_FORCE,
        .promiscuity = 1,
        .counters = {12},
        .worker_count = 1,
        .workers[0] = {.state = STATUS_WORKER_UP,
                       .pid = 4711,
                       .deaths = 1,
                       .died_ns = SAMPLE_NOW_NS - 30 * NS_PER_S,
                       .how = "was ended by signal 11 (SEGV)",
                       .classifier_count = 2,
                       .classifiers = {{.name = "one"}, {.name = "three"}}},
    };
    snapshot->interfaces[1] = (struct status_interface){
        .name = "eth2",
        .standalone = true,
        .policy = STATUS_POLICY_IN_FORCE,
        .refusals[0] = {.classifier = "two",
                        .since_ns = SAMPLE_NOW_NS - 20 * NS_PER_S,
                        .error = "two.lua:3: unexpected symbol"},
        .refusal_count = 1,
        .promiscuity = -1,
        .worker_count = 1,
        .workers[0] = {.state = STATUS_WORKER_UP, .pid = 4712},
    };
    memcpy(snapshot->interfaces[0].workers[0].counters, &worker, sizeof worker);
    memcpy(snapshot->interfaces[0].session.counters, &session, sizeof session);
    memcpy(snapshot->store.counters, &store, sizeof store);
}

#endif
