#include "daemon/deployment.h"

void deployment_init(struct deployment *deployment) {
    *deployment = (struct deployment){.generation = 1};
}

static uint32_t next_number(uint32_t number) {
    return number + 1 != 0 ? number + 1 : 1;
}

static bool is_settled(const struct deployment *deployment) {
    return deployment->stage == DEPLOYMENT_SETTLED || deployment->stage == DEPLOYMENT_STRAGGLING;
}

enum offer_result deployment_offer(struct deployment *deployment, bool repeated) {
    if (deployment->stage == DEPLOYMENT_CLOSED) {
        return OFFER_REFUSED;
    }
    if (repeated && is_settled(deployment) && deployment->outcome == POLICY_IN_FORCE) {
        return OFFER_IN_FORCE;
    }
    deployment->stage = DEPLOYMENT_OFFERED;
    return OFFER_TAKEN;
}

/* Without a policy no classifier is loaded. */
static bool has_classifiers(const struct deployment *deployment) {
    return deployment->policy != 0 || !is_settled(deployment);
}

void deployment_change_files(struct deployment *deployment) {
    deployment->files_changed =
        has_classifiers(deployment) && deployment->stage != DEPLOYMENT_CLOSED;
}

static void start_if_due(struct deployment *deployment, struct deployment_actions *actions) {
    if (deployment->stage == DEPLOYMENT_OFFERED || deployment->files_changed) {
        deployment->run = deployment->files_changed ? DEPLOYMENT_RUN_FILES : DEPLOYMENT_RUN_POLICY;
        deployment->files_changed = false;
        if (deployment->stage == DEPLOYMENT_OFFERED) {
            deployment->stage = DEPLOYMENT_IN_REHEARSAL;
        }
        actions->start_rehearsal = true;
    }
}

void deployment_tick(struct deployment *deployment, struct deployment_actions *actions) {
    *actions = (struct deployment_actions){0};
    if (deployment->run == DEPLOYMENT_RUN_NONE) {
        start_if_due(deployment, actions);
    }
}

static void give_classifiers(struct deployment *deployment, bool in_part,
                             struct deployment_actions *actions) {
    deployment->generation = next_number(deployment->generation);
    deployment->classifiers =
        in_part ? DEPLOYMENT_CLASSIFIERS_GIVEN_IN_PART : DEPLOYMENT_CLASSIFIERS_GIVEN;
    actions->give_classifiers = true;
}

/* Files that were rehearsed with a refused policy have yet to be rehearsed with the one in force.
 */
static void end_policy(struct deployment *deployment, bool passed, bool with_files,
                       struct deployment_actions *actions) {
    if (passed) {
        deployment->policy = next_number(deployment->policy);
        deployment->stage = DEPLOYMENT_GIVEN;
        actions->give_policy = true;
    } else {
        deployment->stage = DEPLOYMENT_SETTLED;
        deployment->outcome = POLICY_REFUSED;
        deployment->files_changed =
            has_classifiers(deployment) && (deployment->files_changed || with_files);
        actions->refuse_policy = true;
    }
}

/* The end of a rehearsal whose subject is still wanted. */
static void take_end(struct deployment *deployment, const struct deployment_rehearsal *rehearsal,
                     bool with_files, struct deployment_actions *actions) {
    const bool of_policy = deployment->stage == DEPLOYMENT_IN_REHEARSAL;
    const bool passed = rehearsal->end == DEPLOYMENT_PASSED;
    const bool started = rehearsal->end != DEPLOYMENT_NOT_STARTED;
    actions->admit = passed;
    actions->keep_classifiers = started && !of_policy;
    actions->note_refusals = passed || actions->keep_classifiers;
    actions->fail_classifiers = !passed && !of_policy;
    if (passed && (with_files || rehearsal->differs)) {
        give_classifiers(deployment, rehearsal->refuses, actions);
    }
    if (of_policy) {
        end_policy(deployment, passed, with_files, actions);
    }
}

void deployment_end_rehearsal(struct deployment *deployment,
                              const struct deployment_rehearsal *rehearsal,
                              struct deployment_actions *actions) {
    const bool with_files = deployment->run == DEPLOYMENT_RUN_FILES;
    const bool overtaken =
        deployment->stage == DEPLOYMENT_OFFERED ||
        (deployment->stage != DEPLOYMENT_IN_REHEARSAL && deployment->files_changed);
    *actions = (struct deployment_actions){0};
    if (deployment->run == DEPLOYMENT_RUN_NONE) {
        return;
    }
    deployment->run = DEPLOYMENT_RUN_NONE;
    if (overtaken) {
        deployment->files_changed |= with_files;
        start_if_due(deployment, actions);
    } else {
        take_end(deployment, rehearsal, with_files, actions);
    }
}

/* Workers that wait to be started take the policy when they are: but_waiting leaves them out. */
static bool all_took_policy(const struct deployment *deployment,
                            const struct deployment_report *reports, unsigned count,
                            bool but_waiting) {
    bool all = true;
    for (unsigned i = 0; i < count; i++) {
        all &= reports[i].policy == deployment->policy || (but_waiting && reports[i].waiting);
    }
    return all;
}

/* A worker that is started meanwhile loads the classifiers with the policy. */
static bool all_took_classifiers(const struct deployment *deployment,
                                 const struct deployment_report *reports, unsigned count) {
    bool all = all_took_policy(deployment, reports, count, false);
    for (unsigned i = 0; i < count; i++) {
        all &= reports[i].generation == deployment->generation;
    }
    return all;
}

/* The outcome for the interface is that of its worst worker, *worst. */
static enum policy_outcome collect_outcome(const struct deployment *deployment,
                                           const struct deployment_report *reports, unsigned count,
                                           unsigned *worst) {
    enum policy_outcome outcome = POLICY_IN_FORCE;
    for (unsigned i = 0; i < count; i++) {
        if (reports[i].policy == deployment->policy && reports[i].outcome < outcome) {
            outcome = reports[i].outcome;
            *worst = i;
        }
    }
    return outcome;
}

static void settle_policy(struct deployment *deployment, const struct deployment_report *reports,
                          unsigned count, struct deployment_actions *actions) {
    const bool all = all_took_policy(deployment, reports, count, false);
    deployment->outcome = collect_outcome(deployment, reports, count, &actions->worst);
    deployment->stage = all ? DEPLOYMENT_SETTLED : DEPLOYMENT_STRAGGLING;
    actions->settle_policy = true;
}

/* A policy that was in force in part may be complete now. */
static void settle_classifiers(struct deployment *deployment,
                               const struct deployment_report *reports, unsigned count,
                               struct deployment_actions *actions) {
    actions->settle_classifiers = true;
    actions->partial = deployment->classifiers == DEPLOYMENT_CLASSIFIERS_GIVEN_IN_PART;
    for (unsigned i = 0; i < count; i++) {
        actions->loaded |= reports[i].loaded != 0;
    }
    deployment->classifiers = DEPLOYMENT_CLASSIFIERS_SETTLED;
    if (is_settled(deployment) && deployment->outcome == POLICY_PARTIAL) {
        deployment->outcome = collect_outcome(deployment, reports, count, &actions->worst);
        actions->complete_policy = deployment->outcome == POLICY_IN_FORCE;
    }
}

void deployment_take_reports(struct deployment *deployment, const struct deployment_report *reports,
                             unsigned count, struct deployment_actions *actions) {
    *actions = (struct deployment_actions){0};
    const bool straggling = deployment->stage == DEPLOYMENT_STRAGGLING;
    if ((straggling || deployment->stage == DEPLOYMENT_GIVEN) &&
        all_took_policy(deployment, reports, count, !straggling)) {
        settle_policy(deployment, reports, count, actions);
    }
    if (deployment->stage != DEPLOYMENT_CLOSED &&
        deployment->classifiers != DEPLOYMENT_CLASSIFIERS_SETTLED &&
        all_took_classifiers(deployment, reports, count)) {
        settle_classifiers(deployment, reports, count, actions);
    }
}

void deployment_close(struct deployment *deployment, struct deployment_actions *actions) {
    *actions =
        (struct deployment_actions){.stop_rehearsal = deployment->run != DEPLOYMENT_RUN_NONE};
    deployment->stage = DEPLOYMENT_CLOSED;
    deployment->run = DEPLOYMENT_RUN_NONE;
    deployment->files_changed = false;
}

bool deployment_has_settled(const struct deployment *deployment, bool *in_force) {
    const bool settled = is_settled(deployment) || deployment->stage == DEPLOYMENT_CLOSED;
    *in_force = !settled || deployment->outcome != POLICY_REFUSED;
    return settled;
}
