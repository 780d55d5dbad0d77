#include "base/clock.h"
#include "base/log.h"
#include "daemon/interface.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Carries out what the machine of deployment.h decides: starts and reads rehearsals, writes the
 * workers' orders, reads their reports, logs. The thread that supervises takes it a step further at
 * each look. The orders of the rehearsal hold the text that is offered. */
#define POLICY_WAIT_NS (5 * NS_PER_S)

/* Logs what a rehearsal says is wrong, each of its lines as a line of the log. */
static void log_faults(const struct interface *interface, enum log_module module,
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

enum offer_result interface_offer_policy(struct interface *interface,
                                         const struct policy_text *policy) {
    struct policy_block *offered = &interface->rehearsal.orders->policy;
    if (!policy_text_fits(policy)) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: more than %u bytes",
                  interface->name, POLICY_TEXT_MAX);
        return OFFER_REFUSED;
    }
    pthread_mutex_lock(&interface->policy_lock);
    const struct policy_text held = policy_block_text(offered);
    const enum offer_result result =
        deployment_offer(&interface->deployment, policy_text_equal(&held, policy));
    if (result == OFFER_TAKEN) {
        policy_block_write(offered, policy);
    }
    pthread_mutex_unlock(&interface->policy_lock);
    return result;
}

bool interface_has_settled(struct interface *interface, bool *in_force) {
    pthread_mutex_lock(&interface->policy_lock);
    const bool settled = deployment_has_settled(&interface->deployment, in_force);
    pthread_mutex_unlock(&interface->policy_lock);
    return settled;
}

bool interface_set_policy(struct interface *interface, const struct policy_text *policy) {
    const enum offer_result result = interface_offer_policy(interface, policy);
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

static struct admission *fresh_admission(void) {
    static struct admission fresh; /* large; one thread supervises */
    return &fresh;
}

/* Merges what the rehearsal loaded with what workers load by now, for admit(). Returns whether
 * texts differ: when somebody changes a file and the policy at once, the change of the file may not
 * have been seen yet. */
static bool merge_admission(const struct interface *interface) {
    struct admission *fresh = fresh_admission();
    const struct admission *before = &interface->children[0].orders->admitted;
    atomic_store(&fresh->used, 0);
    if (!admission_merge(fresh, &interface->rehearsal.noted->admission, before)) {
        log_error(LOG_TC,
                  "%s: there is no room to keep texts of classifiers whose files are refused now, "
                  "beside all others: a worker that is started again does without them",
                  interface->name);
    }
    return admission_differs(fresh, before);
}

static void admit(struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        admission_write(&interface->children[i].orders->admitted, fresh_admission());
    }
}

static void give_classifiers(struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        atomic_store_explicit(&interface->children[i].orders->classifiers_wanted,
                              interface->deployment.generation, memory_order_release);
    }
}

static void give_policy(struct interface *interface) {
    const struct policy_text offered = policy_block_text(&interface->rehearsal.orders->policy);
    log_faults(interface, LOG_TC_POLICY_DPAE, "refused when the policy was tried out");
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        policy_block_write(&orders->policy, &offered);
        atomic_store_explicit(&orders->policy_wanted, interface->deployment.policy,
                              memory_order_release);
    }
}

static void refuse_policy(struct interface *interface, const char *why) {
    const struct policy_text in_force = policy_block_text(&interface->children[0].orders->policy);
    const char *text = interface->rehearsal.text;
    size_t ignored, length = strcspn(text, "\n");
    const char *const first = refusals_split(text, length, &ignored);
    length -= (size_t)(first - text);
    log_faults(interface, LOG_TC_POLICY_DPAE, "the policy is refused");
    if (length == 0) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: %s", interface->name, why);
    }
    snprintf(interface->policy_fault, sizeof interface->policy_fault, "%.*s",
             (int)(length > 0 ? length : strlen(why)), length > 0 ? first : why);
    policy_block_write(&interface->rehearsal.orders->policy, &in_force);
}

static void settle_policy(struct interface *interface, unsigned worst) {
    const struct deployment *deployment = &interface->deployment;
    char fault[sizeof interface->policy_fault];
    refusals_describe(&interface->refusals, interface->children[worst].shared, fault, sizeof fault);
    interface->policy_fault[0] = '\0';
    if (deployment->outcome == POLICY_REFUSED) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused, not every worker has it: %s",
                  interface->name, fault);
    } else if (deployment->outcome == POLICY_PARTIAL) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is in force in part: %s", interface->name,
                  fault);
    } else if (deployment->stage == DEPLOYMENT_SETTLED) {
        log_info(LOG_TC_POLICY_DPAE, "%s: every worker has the policy now", interface->name);
    }
}

/* What a rehearsal accepted and a worker did not, such as for lack of memory; NULL: all did. */
static const char *find_fault(const struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct worker_shared *shared = interface->children[i].shared;
        if (shared->policy_fault[0]) {
            return shared->policy_fault;
        }
    }
    return NULL;
}

static void settle_classifiers(const struct interface *interface, bool loaded, bool partial) {
    const uint32_t generation = interface->deployment.generation;
    const char *const fault = find_fault(interface);
    if (loaded) {
        log_info(LOG_TC, "%s: classifiers that changed %s, generation %u", interface->name,
                 partial ? "and are not refused are loaded" : "are loaded", generation);
    } else if (partial) {
        log_info(LOG_TC, "%s: no change is taken up, generation %u", interface->name, generation);
    } else if (fault) {
        log_error(LOG_TC, "%s: no change is taken up, generation %u: %.*s", interface->name,
                  generation, (int)sizeof interface->children[0].shared->policy_fault, fault);
    } else {
        log_info(LOG_TC, "%s: no classifier of the policy has changed, generation %u",
                 interface->name, generation);
    }
}

/* why: the reason why the rehearsal could not start; NULL: it ran, and its text names the problem.
 */
static void act_on_rehearsal(struct interface *interface, const struct deployment_actions *actions,
                             const char *why) {
    if (actions->admit) {
        admit(interface);
    }
    if (actions->keep_classifiers) {
        log_faults(interface, LOG_TC, "what was loaded before stays in force");
    }
    if (actions->note_refusals) {
        refusals_take(&interface->refusals, interface->rehearsal.text, actions->admit,
                      clock_wall_ns());
    }
    if (actions->give_classifiers) {
        give_classifiers(interface);
    }
    if (actions->give_policy) {
        give_policy(interface);
    }
    if (actions->refuse_policy) {
        refuse_policy(interface, why ? why : "trying it out failed");
    }
    if (actions->fail_classifiers) {
        log_error(LOG_TC, "%s: the classifiers stay as they are: %s", interface->name,
                  why ? why : "loading them failed");
    }
}

static void start_rehearsal(struct interface *interface) {
    const struct deployment_rehearsal not_started = {.end = DEPLOYMENT_NOT_STARTED};
    struct deployment_actions actions;
    struct error error;
    if (rehearsal_start(&interface->rehearsal, &interface->children[0], &error) != 0) {
        interface->rehearsal.text[0] = '\0';
        deployment_end_rehearsal(&interface->deployment, &not_started, &actions);
        act_on_rehearsal(interface, &actions, error.message);
    }
}

/* Starts a rehearsal that is due, or sees how far the one that is under way has come. */
static void go_on_with_rehearsal(struct interface *interface, uint64_t now_ns) {
    struct deployment_actions actions;
    if (interface->deployment.run == DEPLOYMENT_RUN_NONE) {
        deployment_tick(&interface->deployment, &actions);
    } else {
        const enum rehearsal_result result = rehearsal_look(&interface->rehearsal, now_ns);
        if (result == REHEARSAL_UNDER_WAY) {
            return;
        }
        const bool passed = result == REHEARSAL_PASSED;
        const struct deployment_rehearsal ended = {.end = passed ? DEPLOYMENT_PASSED
                                                                 : DEPLOYMENT_FAILED,
                                                   .refuses = interface->rehearsal.text[0] != '\0',
                                                   .differs = passed && merge_admission(interface)};
        deployment_end_rehearsal(&interface->deployment, &ended, &actions);
        act_on_rehearsal(interface, &actions, NULL);
    }
    if (actions.start_rehearsal) {
        start_rehearsal(interface);
    }
}

/* The numbers first: a worker writes them last. */
static struct deployment_report read_report(const struct child *child) {
    const struct worker_shared *shared = child->shared;
    struct deployment_report report = {.waiting = atomic_load(&child->waiting)};
    report.generation = atomic_load_explicit(&shared->classifiers_done, memory_order_acquire);
    report.policy = atomic_load_explicit(&shared->policy_done, memory_order_acquire);
    report.outcome = atomic_load_explicit(&shared->policy_outcome, memory_order_relaxed);
    report.loaded = atomic_load_explicit(&shared->classifiers_loaded, memory_order_relaxed);
    return report;
}

static void take_reports(struct interface *interface) {
    struct deployment_report reports[INTERFACE_WORKERS_MAX];
    struct deployment_actions actions;
    for (unsigned i = 0; i < interface->workers; i++) {
        reports[i] = read_report(&interface->children[i]);
    }
    deployment_take_reports(&interface->deployment, reports, interface->workers, &actions);
    if (actions.settle_policy) {
        settle_policy(interface, actions.worst);
    }
    if (actions.settle_classifiers) {
        settle_classifiers(interface, actions.loaded, actions.partial);
    }
    if (actions.complete_policy) {
        log_info(LOG_TC_POLICY_DPAE, "%s: every classifier of the policy is there now",
                 interface->name);
    }
}

void interface_go_on_with_policy(struct interface *interface, uint64_t now_ns) {
    pthread_mutex_lock(&interface->policy_lock);
    go_on_with_rehearsal(interface, now_ns);
    take_reports(interface);
    pthread_mutex_unlock(&interface->policy_lock);
}

void interface_reload_classifiers(struct interface *interface) {
    pthread_mutex_lock(&interface->policy_lock);
    deployment_change_files(&interface->deployment);
    pthread_mutex_unlock(&interface->policy_lock);
}

void interface_close_offers(struct interface *interface) {
    struct deployment_actions actions;
    pthread_mutex_lock(&interface->policy_lock);
    deployment_close(&interface->deployment, &actions);
    if (actions.stop_rehearsal) {
        rehearsal_stop(&interface->rehearsal);
    }
    pthread_mutex_unlock(&interface->policy_lock);
}
