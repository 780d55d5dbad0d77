#include "daemon/publish.h"

#include "base/clock.h"
#include "capture/live.h"
#include "worker/counters.h"

#include <stdio.h>
#include <string.h>

_Static_assert(CONFIG_INTERFACES_MAX <= STATUS_INTERFACES_MAX, "a snapshot has room");
_Static_assert(INTERFACE_WORKERS_MAX <= STATUS_WORKERS_MAX, "a snapshot has room");
_Static_assert(SCRIPT_CLASSIFIERS_MAX <= STATUS_CLASSIFIERS_MAX, "a snapshot has room");
_Static_assert(POLICY_NAME_MAX <= sizeof((struct status_classifier *)0)->name, "a name fits");
_Static_assert(POLICY_NAME_MAX <= sizeof((struct status_refusal *)0)->classifier, "a name fits");
_Static_assert(sizeof(struct worker_counters) <= sizeof((struct status_worker *)0)->counters,
               "a snapshot has room");
_Static_assert(sizeof(struct session_counters) <= sizeof((struct status_session *)0)->counters,
               "a snapshot has room");
_Static_assert(sizeof(struct interface_counters) <= sizeof((struct status_interface *)0)->counters,
               "a snapshot has room");
_Static_assert(PUBLISH_STORE_BYTES <= sizeof((struct status_store *)0)->counters,
               "a snapshot has room");

void publish_store(const struct storing *storing, struct status_store *out) {
    struct store_counters counters;
    *out = (struct status_store){.used = storing_get_counters(storing, &counters)};
    if (out->used) {
        out->up = counters.up;
        memcpy(out->trouble, counters.trouble, sizeof out->trouble);
        memcpy(out->counters, &counters, PUBLISH_STORE_BYTES);
    }
}

/* The time of day of a moment on the monotonic clock; 0 stays 0. */
static uint64_t to_wall(uint64_t monotonic_ns) {
    return monotonic_ns ? clock_wall_ns() - clock_monotonic_ns() + monotonic_ns : 0;
}

static enum status_worker_state state_of(const struct child *child) {
    if (child->pid == 0) {
        return child->interface_lost ? STATUS_WORKER_INTERFACE_LOST : STATUS_WORKER_WAITING;
    }
    if (child_beats(child, clock_monotonic_ns())) {
        return STATUS_WORKER_UP;
    }
    return child->heard_ns ? STATUS_WORKER_STUCK : STATUS_WORKER_STARTING;
}

static void publish_life(const struct child *child, struct status_worker *out) {
    out->state = state_of(child);
    out->pid = child->pid;
    out->deaths = child->deaths;
    out->failing = child_failing(child, clock_monotonic_ns());
    out->died_ns = to_wall(child->died_ns[0]);
    out->restart_ns = to_wall(child->start_at_ns);
    memcpy(out->how, child->how, sizeof out->how);
    memcpy(out->crash_file, child->crash_file, sizeof out->crash_file);
}

static void publish_classifiers(const struct worker_counters *counters, struct status_worker *out) {
    out->classifier_count = 0;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && counters->classifiers[i][0]; i++) {
        struct status_classifier *classifier = &out->classifiers[out->classifier_count++];
        snprintf(classifier->name, sizeof classifier->name, "%.*s", SCRIPT_NAME_MAX - 1,
                 counters->classifiers[i]);
        classifier->quarantined = counters->scripts.quarantined >> i & 1;
    }
}

static void publish_counters(const struct child *child, struct status_worker *out) {
    const struct worker_counters now = child->shared->counters;
    struct worker_counters total = child->before;
    worker_counters_add(&total, &now);
    total.life = (struct life_counters){
        .deaths = child->deaths, .gap_ms = child->gap.total_ms, .missed = child->gap.missed};
    memcpy(out->counters, &total, sizeof total);
    publish_classifiers(&now, out);
}

/* The interface's own counter, since it was opened: every worker sees the same one. */
static uint64_t interface_drops(const struct interface *interface) {
    uint64_t most = 0;
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        const uint64_t drops =
            child->before.live.interface_drops + child->shared->counters.live.interface_drops;
        most = drops > most ? drops : most;
    }
    return most;
}

/* Also those that do not run have their names there. */
static bool is_in_set(const struct status_interface *interface, const char *classifier) {
    bool found = classifier[0] == '\0';
    for (unsigned i = 0; i < interface->worker_count; i++) {
        const struct status_worker *worker = &interface->workers[i];
        for (unsigned j = 0; j < worker->classifier_count; j++) {
            found |= strcmp(worker->classifiers[j].name, classifier) == 0;
        }
    }
    return found;
}

/* A policy that came since may not name the classifier any more. */
static void publish_refusals(const struct interface *interface, struct status_interface *out) {
    out->refusal_count = 0;
    for (unsigned i = 0; i < interface->refusals.count; i++) {
        const struct refusal *refusal = &interface->refusals.items[i];
        if (is_in_set(out, refusal->classifier)) {
            struct status_refusal *told = &out->refusals[out->refusal_count++];
            told->since_ns = refusal->since_ns;
            memcpy(told->classifier, refusal->classifier, sizeof told->classifier);
            memcpy(told->error, refusal->error, sizeof told->error);
        }
    }
}

static enum status_policy policy_of(const struct child *child) {
    const struct worker_shared *shared = child->shared;
    const uint32_t wanted = atomic_load(&child->orders->policy_wanted);
    if (wanted == 0 || atomic_load(&shared->policy_done) != wanted) {
        return STATUS_POLICY_AWAITED;
    }
    switch (atomic_load(&shared->policy_outcome)) {
    case POLICY_IN_FORCE:
        return STATUS_POLICY_IN_FORCE;
    case POLICY_PARTIAL:
        return STATUS_POLICY_PARTIAL;
    default:
        return STATUS_POLICY_REFUSED;
    }
}

static void publish_policy(const struct interface *interface, struct status_interface *out) {
    out->policy = interface->policy_fault[0] ? STATUS_POLICY_REFUSED : STATUS_POLICY_IN_FORCE;
    snprintf(out->policy_fault, sizeof out->policy_fault, "%s", interface->policy_fault);
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        const enum status_policy policy = policy_of(child);
        if (policy < out->policy) {
            out->policy = policy;
            out->policy_fault[0] = '\0';
            if (policy != STATUS_POLICY_AWAITED) {
                refusals_describe(&interface->refusals, child->shared, out->policy_fault,
                                  sizeof out->policy_fault);
            }
        }
    }
}

void publish_workers(const struct interface *interface, struct status_interface *out) {
    const struct interface_counters counters = {.drops = interface_drops(interface),
                                                .events_refused =
                                                    atomic_load(&interface->events_refused)};
    memcpy(out->counters, &counters, sizeof counters);
    out->worker_count = interface->workers;
    for (unsigned i = 0; i < interface->workers; i++) {
        publish_life(&interface->children[i], &out->workers[i]);
        publish_counters(&interface->children[i], &out->workers[i]);
    }
    publish_refusals(interface, out);
    publish_policy(interface, out);
}

static void publish_session(const struct interface *interface, struct status_session *out) {
    struct control_state state;
    control_get_state(interface->control, &state);
    const struct advice_counters *advice = &state.advice;
    const struct session_counters counters = {
        .sessions = state.sessions,
        .advice = *advice,
        .waiting = advice->taken - advice->merged - advice->sent - advice->refused -
                   advice->skipped - advice->dropped_verdicts - advice->dropped_identities,
    };
    *out = (struct status_session){
        .up = state.up, .active = state.mode == POLICY_ACTIVE, .since_ns = state.since_ns};
    memcpy(out->counters, &counters, sizeof counters);
    memcpy(out->phase, state.phase, sizeof out->phase);
    memcpy(out->note, state.last_note, sizeof out->note);
}

void publish_interface(const struct interface *interface, struct status_interface *out) {
    struct error ignored;
    unsigned users;
    memcpy(out->name, interface->name, sizeof out->name);
    out->standalone = !interface->control;
    if (interface->control) {
        publish_session(interface, &out->session);
    }
    out->promiscuity = live_promiscuity(interface->name, &users, &ignored) == 0 ? (int)users : -1;
}
