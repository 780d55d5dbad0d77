#include "base/clock.h"
#include "base/log.h"
#include "daemon/interface.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How a policy comes to the workers: by their shared memory, under a number; they answer with what
 * became of it. */
#define POLICY_WAIT_NS (5 * NS_PER_S)

static void ask(struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        const uint32_t number = atomic_load(&orders->policy_wanted) + 1;
        atomic_store_explicit(&orders->policy_wanted, number ? number : 1, memory_order_release);
    }
}

static bool dealt_with(const struct child *child) {
    return atomic_load_explicit(&child->shared->policy_done, memory_order_acquire) ==
           atomic_load_explicit(&child->orders->policy_wanted, memory_order_relaxed);
}

/* waiting_too: also those that are not to be started yet, which take the policy when they are. */
static bool all_dealt_with(const struct interface *interface, bool waiting_too) {
    bool all = true;
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        all &= dealt_with(child) || (!waiting_too && atomic_load(&child->waiting));
    }
    return all;
}

/* Of one worker. What one that has not dealt with it yet has to say is told later. */
static enum policy_outcome outcome_of(const struct interface *interface,
                                      const struct child *child) {
    const struct worker_shared *shared = child->shared;
    if (!dealt_with(child)) {
        log_info(LOG_TC_POLICY_DPAE, "%s: worker %u has not taken the policy yet", interface->name,
                 child->number);
        return POLICY_IN_FORCE;
    }
    const enum policy_outcome outcome = atomic_load(&shared->policy_outcome);
    if (outcome != POLICY_IN_FORCE) {
        char fault[sizeof shared->policy_fault];
        snprintf(fault, sizeof fault, "%.*s", (int)sizeof fault - 1, shared->policy_fault);
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is %s: %s", interface->name,
                  outcome == POLICY_PARTIAL ? "in force in part" : "refused", fault);
    }
    return outcome;
}

/* Whether all workers have it in force, at least in part. */
static bool collect_outcomes(struct interface *interface) {
    bool in_force = true;
    interface->policy_partial = false;
    for (unsigned i = 0; i < interface->workers; i++) {
        const enum policy_outcome outcome = outcome_of(interface, &interface->children[i]);
        interface->policy_partial |= outcome == POLICY_PARTIAL;
        in_force &= outcome != POLICY_REFUSED;
    }
    return in_force;
}

static bool fits(const struct interface *interface, size_t policy_length, size_t rules_length) {
    if (policy_length > SHARED_POLICY_BYTES || rules_length > SHARED_POLICY_BYTES) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: more than %d bytes",
                  interface->name, SHARED_POLICY_BYTES);
        return false;
    }
    return true;
}

static void write_policy(struct interface *interface, const char *policy, size_t policy_length,
                         const char *rules, size_t rules_length) {
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        memcpy(orders->policy, policy, policy_length);
        memcpy(orders->rules, rules, rules_length);
        orders->policy_length = (uint32_t)policy_length;
        orders->rules_length = (uint32_t)rules_length;
    }
}

bool interface_offer_policy(struct interface *interface, const char *policy, size_t policy_length,
                            const char *rules, size_t rules_length) {
    if (!fits(interface, policy_length, rules_length)) {
        return false;
    }
    pthread_mutex_lock(&interface->policy_lock);
    write_policy(interface, policy, policy_length, rules, rules_length);
    ask(interface);
    interface->policy_awaited = true;
    pthread_mutex_unlock(&interface->policy_lock);
    return true;
}

bool interface_set_policy(struct interface *interface, const char *policy, size_t policy_length,
                          const char *rules, size_t rules_length) {
    if (!fits(interface, policy_length, rules_length)) {
        return false;
    }
    pthread_mutex_lock(&interface->policy_lock);
    write_policy(interface, policy, policy_length, rules, rules_length);
    ask(interface);
    const uint64_t limit_ns = clock_monotonic_ns() + POLICY_WAIT_NS;
    while (!all_dealt_with(interface, false) && clock_monotonic_ns() < limit_ns) {
        usleep(2000);
    }
    const bool in_force = collect_outcomes(interface);
    interface->policy_awaited = !all_dealt_with(interface, true);
    pthread_mutex_unlock(&interface->policy_lock);
    return in_force;
}

/* What is wrong with them, a line each; the log has no lines within lines. */
static void tell_faults(const struct interface *interface) {
    const char *text = interface->rehearsal.text;
    while (*text) {
        const size_t length = strcspn(text, "\n");
        size_t ignored;
        const char *const error = refusals_split(text, length, &ignored);
        log_error(LOG_TC, "%s: what was loaded before stays in force: %.*s", interface->name,
                  (int)(text + length - error), error);
        text += length + (text[length] == '\n');
    }
}

static void rehearse(struct interface *interface) {
    struct error error;
    interface->classifiers_changed = false;
    if (rehearsal_start(&interface->rehearsal, &interface->children[0], &error) != 0) {
        log_error(LOG_TC, "%s: the classifiers stay as they are: %s", interface->name,
                  error.message);
    }
}

static void take_up(struct interface *interface) {
    interface->generation++;
    for (unsigned i = 0; i < interface->workers; i++) {
        atomic_store_explicit(&interface->children[i].orders->classifiers_wanted,
                              interface->generation, memory_order_release);
    }
    interface->classifiers_awaited = true;
    interface->classifiers_partial = interface->rehearsal.text[0] != '\0';
}

static bool all_took_up(const struct interface *interface) {
    bool all = true;
    for (unsigned i = 0; i < interface->workers; i++) {
        all &= atomic_load_explicit(&interface->children[i].shared->classifiers_done,
                                    memory_order_acquire) == interface->generation;
    }
    return all;
}

/* A policy that was in force in part may be whole now. */
static void settle(struct interface *interface) {
    interface->classifiers_awaited = false;
    log_info(LOG_TC, "%s: classifiers that changed %s, generation %u", interface->name,
             interface->classifiers_partial ? "and are not refused are loaded" : "are loaded",
             interface->generation);
    if (pthread_mutex_trylock(&interface->policy_lock) != 0) {
        return; /* another one is being set */
    }
    const bool partial = interface->policy_partial;
    if (partial && collect_outcomes(interface) && !interface->policy_partial) {
        log_info(LOG_TC_POLICY_DPAE, "%s: every classifier of the policy is there now",
                 interface->name);
    }
    pthread_mutex_unlock(&interface->policy_lock);
}

void interface_reload_classifiers(struct interface *interface) {
    /* Without a policy there are none yet. */
    interface->classifiers_changed =
        atomic_load(&interface->children[0].orders->policy_wanted) != 0;
}

/* What a worker said that had not taken the policy when it was set. */
static void collect_late_outcomes(struct interface *interface) {
    if (pthread_mutex_trylock(&interface->policy_lock) != 0) {
        return; /* another one is being set */
    }
    if (interface->policy_awaited && all_dealt_with(interface, true)) {
        interface->policy_awaited = false;
        if (!collect_outcomes(interface)) {
            log_error(LOG_TC_POLICY_DPAE, "%s: not every worker has the policy", interface->name);
        } else if (!interface->policy_partial) {
            log_info(LOG_TC_POLICY_DPAE, "%s: every worker has the policy now", interface->name);
        }
    }
    pthread_mutex_unlock(&interface->policy_lock);
}

void interface_look_after_classifiers(struct interface *interface, uint64_t now_ns) {
    if (interface->rehearsal.pid != 0) {
        const enum rehearsal_result result = rehearsal_look(&interface->rehearsal, now_ns);
        if (result != REHEARSAL_UNDER_WAY) {
            tell_faults(interface);
            refusals_take(&interface->refusals, interface->rehearsal.text,
                          result == REHEARSAL_PASSED, clock_wall_ns());
        }
        if (result == REHEARSAL_PASSED && !interface->classifiers_changed) {
            take_up(interface);
        } else if (result == REHEARSAL_FAILED) {
            log_error(LOG_TC, "%s: the classifiers stay as they are: loading them failed",
                      interface->name);
        }
    } else if (interface->classifiers_changed) {
        rehearse(interface);
    }
    collect_late_outcomes(interface);
    if (interface->classifiers_awaited && all_took_up(interface)) {
        settle(interface);
    }
}
