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

/* Two interfaces of which all is well: one with a session, a worker and a classifier, one
 * standalone, whose worker has none, and which refused a change. */
static inline void sample_fill(void *context, struct status_snapshot *snapshot) {
    static const struct status_names names = {.classes = {"flow", "arp"},
                                              .flow_ends = {"idle"},
                                              .identities = {"dns"},
                                              .events_lost = {"verdict"},
                                              .treatments = {"low_priority", "high_priority"},
                                              .store_lost = {"no room", "damaged spool"}};
    (void)context;
    *snapshot = (struct status_snapshot){.version = "1.2.3",
                                         .started_ns = SAMPLE_NOW_NS - 90 * NS_PER_S,
                                         .now_ns = SAMPLE_NOW_NS,
                                         .names = names,
                                         .store = {.used = true,
                                                   .up = true,
                                                   .written = 31,
                                                   .superseded = 32,
                                                   .by_spool = 33,
                                                   .expired = 34,
                                                   .restarted = 35,
                                                   .in_memory = 36,
                                                   .in_spool = 37,
                                                   .lost = {0, 38}},
                                         .interface_count = 2};
    snapshot->interfaces[0] = (struct status_interface){
        .name = "eth1",
        .session = {.up = true,
                    .active = true,
                    .phase = "up",
                    .since_ns = SAMPLE_NOW_NS - 60 * NS_PER_S,
                    .sessions = 2,
                    .taken = 28,
                    .merged = 1,
                    .sent = 2,
                    .refused = 3,
                    .skipped = 4,
                    .dropped_verdicts = 5,
                    .dropped_identities = 6,
                    .waiting = 7},
        .policy = STATUS_POLICY_IN_FORCE,
        .promiscuity = 1,
        .events_refused = 8,
        .worker_count = 1,
        .workers[0] = {.state = STATUS_WORKER_UP,
                       .pid = 4711,
                       .deaths = 1,
                       .died_ns = SAMPLE_NOW_NS - 30 * NS_PER_S,
                       .how = "was ended by signal 11 (SEGV)",
                       .received = 30,
                       .bytes = 18446744073709551615u,
                       .classes = {20, 10},
                       .kernel_drops = 11,
                       .interface_drops = 12,
                       .gaps_ms = 40,
                       .missed = 41,
                       .injected = 13,
                       .inject_failed = 14,
                       .cut_not_returned = 26,
                       .flows = 15,
                       .flows_created = 16,
                       .flow_ends = {17},
                       .suppressions = 18,
                       .conflicts = 19,
                       .classifier_memory = 39 << 10,
                       .shadow_agreed = 27,
                       .shadow_differed = 28,
                       .shadow_neither = 29,
                       .identities = {21},
                       .events_lost = {22},
                       .classifier_count = 1,
                       .classifiers[0] = {.name = "one", .errors = 23, .treatments = {24, 25}}},
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
}

#endif
