#include "base/clock.h"
#include "base/log.h"
#include "daemon/interface.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How a policy comes to the workers: it is offered, tried out with its classifiers in a process of
 * their own, and written into the workers' orders under a number; they answer with what became of
 * it. Classifiers whose files change go the same way, under a generation. The thread that
 * supervises takes both further, a step at each look. */
#define POLICY_WAIT_NS (5 * NS_PER_S)

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

/* What became of it in the worker where it fared worst, and why. */
static enum policy_outcome collect_outcomes(const struct interface *interface, char *fault,
                                            size_t size) {
    enum policy_outcome worst = POLICY_IN_FORCE;
    fault[0] = '\0';
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        const struct worker_shared *shared = child->shared;
        const enum policy_outcome outcome = atomic_load(&shared->policy_outcome);
        if (dealt_with(child) && outcome < worst) {
            worst = outcome;
            refusals_describe(&interface->refusals, shared, fault, size);
        }
    }
    return worst;
}

/* What a rehearsal says is wrong, a line each; the log has no lines within lines. */
static void tell_faults(const struct interface *interface, enum log_module module,
                        const char *what) {
    const char *text = interface->rehearsal.text;
    while (*text) {
        const size_t length = strcspn(text, "\n");
        size_t ignored;
        const char *const error = refusals_split(text, length, &ignored);
        log_error(module, "%s: %s: %.*s", interface->name, what, (int)(text + length - error),
                  error);
        text += length + (text[length] == '\n');
    }
}

static bool fits(const struct interface *interface, size_t policy_length, size_t rules_length) {
    if (policy_length > SHARED_POLICY_BYTES || rules_length > SHARED_POLICY_BYTES) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: more than %d bytes",
                  interface->name, SHARED_POLICY_BYTES);
        return false;
    }
    return true;
}

static void write_policy(struct worker_orders *orders, const char *policy, size_t policy_length,
                         const char *rules, size_t rules_length) {
    memcpy(orders->policy, policy, policy_length);
    memcpy(orders->rules, rules, rules_length);
    orders->policy_length = (uint32_t)policy_length;
    orders->rules_length = (uint32_t)rules_length;
}

static void copy_policy(struct worker_orders *to, const struct worker_orders *from) {
    write_policy(to, from->policy, from->policy_length, from->rules, from->rules_length);
}

static bool is_same(const struct worker_orders *orders, const char *policy, size_t policy_length,
                    const char *rules, size_t rules_length) {
    return orders->policy_length == policy_length && orders->rules_length == rules_length &&
           memcmp(orders->policy, policy, policy_length) == 0 &&
           memcmp(orders->rules, rules, rules_length) == 0;
}

static enum offer_result put_offer(struct interface *interface, const char *policy,
                                   size_t policy_length, const char *rules, size_t rules_length) {
    struct worker_orders *offered = interface->rehearsal.orders;
    if (interface->offer == OFFER_CLOSED) {
        return OFFER_REFUSED;
    }
    if (interface->offer == OFFER_SETTLED && interface->policy_outcome == POLICY_IN_FORCE &&
        is_same(offered, policy, policy_length, rules, rules_length)) {
        return OFFER_IN_FORCE;
    }
    write_policy(offered, policy, policy_length, rules, rules_length);
    interface->offer = OFFER_MADE;
    return OFFER_TAKEN;
}

enum offer_result interface_offer_policy(struct interface *interface, const char *policy,
                                         size_t policy_length, const char *rules,
                                         size_t rules_length) {
    if (!fits(interface, policy_length, rules_length)) {
        return OFFER_REFUSED;
    }
    pthread_mutex_lock(&interface->policy_lock);
    const enum offer_result result =
        put_offer(interface, policy, policy_length, rules, rules_length);
    pthread_mutex_unlock(&interface->policy_lock);
    return result;
}

bool interface_has_settled(struct interface *interface, bool *in_force) {
    pthread_mutex_lock(&interface->policy_lock);
    const bool settled = interface->offer == OFFER_SETTLED || interface->offer == OFFER_CLOSED;
    *in_force = !settled || interface->policy_outcome != POLICY_REFUSED;
    pthread_mutex_unlock(&interface->policy_lock);
    return settled;
}

bool interface_set_policy(struct interface *interface, const char *policy, size_t policy_length,
                          const char *rules, size_t rules_length) {
    const enum offer_result result =
        interface_offer_policy(interface, policy, policy_length, rules, rules_length);
    bool in_force = result == OFFER_IN_FORCE;
    if (result == OFFER_TAKEN) {
        const uint64_t limit_ns = clock_monotonic_ns() + POLICY_WAIT_NS;
        while (!interface_has_settled(interface, &in_force) && clock_monotonic_ns() < limit_ns) {
            usleep(2000);
        }
        if (!interface_has_settled(interface, &in_force)) {
            log_info(LOG_TC_POLICY_DPAE, "%s: the workers have not taken the policy yet",
                     interface->name);
        }
    }
    return in_force;
}

void interface_close_offers(struct interface *interface) {
    pthread_mutex_lock(&interface->policy_lock);
    interface->offer = OFFER_CLOSED;
    pthread_mutex_unlock(&interface->policy_lock);
}

/* The policy is refused as a whole; the one before stays, and files that were rehearsed with this
 * one are to be tried with that. */
static void refuse_policy(struct interface *interface, const char *why) {
    const struct worker_orders *orders = interface->children[0].orders;
    const char *text = interface->rehearsal.text;
    size_t ignored, length = strcspn(text, "\n");
    const char *const first = refusals_split(text, length, &ignored);
    length -= (size_t)(first - text);
    tell_faults(interface, LOG_TC_POLICY_DPAE, "the policy is refused");
    if (length == 0) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: %s", interface->name, why);
    }
    snprintf(interface->policy_fault, sizeof interface->policy_fault, "%.*s",
             (int)(length > 0 ? length : strlen(why)), length > 0 ? first : why);
    copy_policy(interface->rehearsal.orders, orders);
    interface->classifiers_changed |=
        interface->files_in_rehearsal && atomic_load(&orders->policy_wanted) != 0;
    interface->policy_outcome = POLICY_REFUSED;
    interface->offer = OFFER_SETTLED;
}

static void start_rehearsal(struct interface *interface) {
    struct error error;
    interface->files_in_rehearsal = interface->classifiers_changed;
    interface->classifiers_changed = false;
    interface->offer = interface->offer == OFFER_MADE ? OFFER_IN_REHEARSAL : interface->offer;
    if (rehearsal_start(&interface->rehearsal, &interface->children[0], &error) != 0) {
        interface->rehearsal.text[0] = '\0';
        if (interface->offer == OFFER_IN_REHEARSAL) {
            refuse_policy(interface, error.message);
        } else {
            log_error(LOG_TC, "%s: the classifiers stay as they are: %s", interface->name,
                      error.message);
        }
    }
}

static void give_policy(struct interface *interface) {
    tell_faults(interface, LOG_TC_POLICY_DPAE, "refused when the policy was tried out");
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        copy_policy(orders, interface->rehearsal.orders);
        const uint32_t number = atomic_load(&orders->policy_wanted) + 1;
        atomic_store_explicit(&orders->policy_wanted, number ? number : 1, memory_order_release);
    }
    interface->offer = OFFER_GIVEN;
}

static void give_classifiers(struct interface *interface) {
    interface->generation++;
    for (unsigned i = 0; i < interface->workers; i++) {
        atomic_store_explicit(&interface->children[i].orders->classifiers_wanted,
                              interface->generation, memory_order_release);
    }
    interface->classifiers_awaited = true;
    interface->classifiers_partial = interface->rehearsal.text[0] != '\0';
}

/* What workers load from now on. Returns whether there is another text among it of a classifier
 * that they have: who changed a file and the policy at once may have been seen only half way. */
static bool admit(struct interface *interface) {
    static struct admission fresh; /* large; one thread supervises */
    const struct admission *before = &interface->children[0].orders->admitted;
    atomic_store(&fresh.used, 0);
    if (!admission_merge(&fresh, &interface->rehearsal.noted->admission, before)) {
        log_error(LOG_TC,
                  "%s: there is no room to keep texts of classifiers whose files are refused now, "
                  "beside all others: a worker that is started again does without them",
                  interface->name);
    }
    const bool differs = admission_differs(&fresh, before);
    for (unsigned i = 0; i < interface->workers; i++) {
        admission_write(&interface->children[i].orders->admitted, &fresh);
    }
    return differs;
}

static void end_rehearsal(struct interface *interface, enum rehearsal_result result) {
    const bool passed = result == REHEARSAL_PASSED;
    const bool policy = interface->offer == OFFER_IN_REHEARSAL;
    const bool differs = passed && admit(interface);
    if (!policy) {
        tell_faults(interface, LOG_TC, "what was loaded before stays in force");
    }
    if (passed || !policy) {
        refusals_take(&interface->refusals, interface->rehearsal.text, passed, clock_wall_ns());
    }
    if (passed && (interface->files_in_rehearsal || differs)) {
        give_classifiers(interface);
    }
    if (passed && policy) {
        give_policy(interface);
    } else if (policy) {
        refuse_policy(interface, "trying it out failed");
    } else if (!passed) {
        log_error(LOG_TC, "%s: the classifiers stay as they are: loading them failed",
                  interface->name);
    }
}

/* When files have changed since, they are tried out before any are loaded; a policy does not wait
 * for them: workers load of its classifiers only what was tried. */
static void go_on_with_rehearsal(struct interface *interface, uint64_t now_ns) {
    if (interface->rehearsal.pid != 0) {
        const enum rehearsal_result result = rehearsal_look(&interface->rehearsal, now_ns);
        if (result == REHEARSAL_UNDER_WAY) {
            return;
        }
        if (interface->offer == OFFER_IN_REHEARSAL ||
            (interface->offer != OFFER_MADE && !interface->classifiers_changed)) {
            end_rehearsal(interface, result);
            return;
        }
        interface->classifiers_changed |= interface->files_in_rehearsal;
    }
    if (interface->offer == OFFER_MADE || interface->classifiers_changed) {
        start_rehearsal(interface);
    }
}

static bool all_took_up(const struct interface *interface) {
    bool all = true;
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        /* One that was started again meanwhile loads them with the policy. */
        all &= atomic_load_explicit(&child->shared->classifiers_done, memory_order_acquire) ==
                   interface->generation &&
               dealt_with(child);
    }
    return all;
}

static bool any_loaded(const struct interface *interface) {
    bool any = false;
    for (unsigned i = 0; i < interface->workers; i++) {
        any |= atomic_load(&interface->children[i].shared->classifiers_loaded) != 0;
    }
    return any;
}

/* What was accepted by the rehearsal, and not by a worker, as for want of memory. */
static const char *find_fault(const struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct worker_shared *shared = interface->children[i].shared;
        if (shared->policy_fault[0]) {
            return shared->policy_fault;
        }
    }
    return NULL;
}

static void tell_loaded(const struct interface *interface) {
    const char *const fault = find_fault(interface);
    if (any_loaded(interface)) {
        log_info(LOG_TC, "%s: classifiers that changed %s, generation %u", interface->name,
                 interface->classifiers_partial ? "and are not refused are loaded" : "are loaded",
                 interface->generation);
    } else if (interface->classifiers_partial) {
        log_info(LOG_TC, "%s: no change is taken up, generation %u", interface->name,
                 interface->generation);
    } else if (fault) {
        log_error(LOG_TC, "%s: no change is taken up, generation %u: %.*s", interface->name,
                  interface->generation, (int)sizeof interface->children[0].shared->policy_fault,
                  fault);
    } else {
        log_info(LOG_TC, "%s: no classifier of the policy has changed, generation %u",
                 interface->name, interface->generation);
    }
}

/* A policy that was in force in part may be whole now. */
static void settle_classifiers(struct interface *interface) {
    interface->classifiers_awaited = false;
    tell_loaded(interface);
    if (interface->offer == OFFER_SETTLED && interface->policy_outcome == POLICY_PARTIAL) {
        char ignored[sizeof interface->policy_fault];
        interface->policy_outcome = collect_outcomes(interface, ignored, sizeof ignored);
        if (interface->policy_outcome == POLICY_IN_FORCE) {
            log_info(LOG_TC_POLICY_DPAE, "%s: every classifier of the policy is there now",
                     interface->name);
        }
    }
}

/* What those workers say that run; and later what the others do. */
static void settle_policy(struct interface *interface) {
    const bool late = interface->policy_awaited;
    interface->policy_awaited = !all_dealt_with(interface, true);
    if (late && interface->policy_awaited) {
        return;
    }
    char fault[sizeof interface->policy_fault];
    interface->policy_fault[0] = '\0';
    interface->policy_outcome = collect_outcomes(interface, fault, sizeof fault);
    interface->offer = OFFER_SETTLED;
    if (interface->policy_outcome == POLICY_REFUSED) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused, not every worker has it: %s",
                  interface->name, fault);
    } else if (interface->policy_outcome == POLICY_PARTIAL) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is in force in part: %s", interface->name,
                  fault);
    } else if (interface->policy_outcome == POLICY_IN_FORCE && !interface->policy_awaited) {
        log_info(LOG_TC_POLICY_DPAE, "%s: every worker has the policy now", interface->name);
    }
}

void interface_reload_classifiers(struct interface *interface) {
    pthread_mutex_lock(&interface->policy_lock);
    /* Without a policy there are none yet. */
    interface->classifiers_changed =
        interface->offer != OFFER_SETTLED ||
        atomic_load(&interface->children[0].orders->policy_wanted) != 0;
    pthread_mutex_unlock(&interface->policy_lock);
}

void interface_look_after_classifiers(struct interface *interface, uint64_t now_ns) {
    pthread_mutex_lock(&interface->policy_lock);
    go_on_with_rehearsal(interface, now_ns);
    const bool given = interface->offer == OFFER_GIVEN && all_dealt_with(interface, false);
    if (given || (interface->offer == OFFER_SETTLED && interface->policy_awaited)) {
        settle_policy(interface);
    }
    if (interface->classifiers_awaited && all_took_up(interface)) {
        settle_classifiers(interface);
    }
    pthread_mutex_unlock(&interface->policy_lock);
}
