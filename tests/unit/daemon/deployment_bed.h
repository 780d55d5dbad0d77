#ifndef DPAE_UNIT_DAEMON_DEPLOYMENT_BED_H
#define DPAE_UNIT_DAEMON_DEPLOYMENT_BED_H

/* What the tests of the deployment share: inputs by name, states and actions as text. */
#include "daemon/deployment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The numbers of the policy and the generation that were given last, where a test begins. */
#define POLICY_NUMBER     7
#define GENERATION_NUMBER 5

enum input {
    OFFER,  /* of another policy */
    REPEAT, /* an offer of the policy that the executor holds */
    FILES,  /* have changed */
    TICK,
    PASSED,  /* the rehearsal did */
    DIFFERS, /* it passed and loaded other texts */
    REFUSES, /* it passed and refuses some classifiers */
    FAILED,
    UNSTARTED,
    CLOSE,
    INPUTS
};

static const char *const stage_names[] = {
    [DEPLOYMENT_SETTLED] = "settled",        [DEPLOYMENT_OFFERED] = "offered",
    [DEPLOYMENT_IN_REHEARSAL] = "rehearsal", [DEPLOYMENT_GIVEN] = "given",
    [DEPLOYMENT_STRAGGLING] = "straggling",  [DEPLOYMENT_CLOSED] = "closed"};

struct text {
    char bytes[160];
};

static inline void add(struct text *text, bool wanted, const char *word) {
    const size_t used = strlen(text->bytes);
    if (wanted && *word) {
        snprintf(text->bytes + used, sizeof text->bytes - used, "%s%s", used ? " " : "", word);
    }
}

/* Stage, the rehearsal that is under way, and whether files have changed. "new": no policy yet. */
static inline struct text state_text(const struct deployment *deployment) {
    static const char *const runs[] = {"", "policy", "files"};
    const bool is_new = deployment->stage == DEPLOYMENT_SETTLED && deployment->policy == 0;
    struct text text = {""};
    add(&text, true, is_new ? "new" : stage_names[deployment->stage]);
    add(&text, true, runs[deployment->run]);
    add(&text, deployment->files_changed, "changed");
    return text;
}

/* In the order in which they are done. */
static inline struct text actions_text(const struct deployment_actions *actions) {
    struct text text = {""};
    add(&text, actions->stop_rehearsal, "stop");
    add(&text, actions->admit, "admit");
    add(&text, actions->keep_classifiers, "keep");
    add(&text, actions->note_refusals, "note");
    add(&text, actions->give_classifiers, "classifiers");
    add(&text, actions->give_policy, "policy");
    add(&text, actions->refuse_policy, "refuse");
    add(&text, actions->fail_classifiers, "fail");
    add(&text, actions->settle_policy, "settle_policy");
    add(&text, actions->settle_classifiers, "settle_classifiers");
    add(&text, actions->loaded, "loaded");
    add(&text, actions->partial, "partial");
    add(&text, actions->complete_policy, "complete");
    add(&text, actions->start_rehearsal, "start");
    return text;
}

static inline struct text offer(struct deployment *deployment, bool repeated) {
    static const struct text results[] = {
        [OFFER_REFUSED] = {"refused"}, [OFFER_TAKEN] = {""}, [OFFER_IN_FORCE] = {"in-force"}};
    return results[deployment_offer(deployment, repeated)];
}

static inline struct text end(struct deployment *deployment, struct deployment_rehearsal rehearsal,
                              struct deployment_actions *actions) {
    memset(actions, 1, sizeof *actions); /* the step is to clear them */
    deployment_end_rehearsal(deployment, &rehearsal, actions);
    return actions_text(actions);
}

/* Returns what the input leads to: actions, or what the offer is answered. */
static inline struct text take(struct deployment *deployment, enum input input,
                               struct deployment_actions *actions) {
    struct deployment_rehearsal rehearsal = {.end = DEPLOYMENT_PASSED};
    *actions = (struct deployment_actions){0};
    switch (input) {
    case OFFER:
    case REPEAT:
        return offer(deployment, input == REPEAT);
    case FILES:
        deployment_change_files(deployment);
        return (struct text){""};
    case TICK:
        memset(actions, 1, sizeof *actions);
        deployment_tick(deployment, actions);
        return actions_text(actions);
    case CLOSE:
        memset(actions, 1, sizeof *actions);
        deployment_close(deployment, actions);
        return actions_text(actions);
    case DIFFERS:
        rehearsal.differs = true;
        return end(deployment, rehearsal, actions);
    case REFUSES:
        rehearsal.refuses = true;
        return end(deployment, rehearsal, actions);
    case FAILED:
    case UNSTARTED:
        rehearsal.end = input == FAILED ? DEPLOYMENT_FAILED : DEPLOYMENT_NOT_STARTED;
        return end(deployment, rehearsal, actions);
    default:
        return end(deployment, rehearsal, actions);
    }
}

/* The combination of stage, rehearsal and changed files that has this number; false: no more. */
static inline bool make_combination(unsigned number, struct deployment *deployment) {
    *deployment = (struct deployment){.stage = number / 6,
                                      .run = number / 2 % 3,
                                      .files_changed = number % 2,
                                      .outcome = POLICY_IN_FORCE,
                                      .policy = POLICY_NUMBER,
                                      .generation = GENERATION_NUMBER};
    return number / 6 < COUNT(stage_names);
}

static inline struct deployment make(const char *state) {
    struct deployment deployment;
    if (strcmp(state, "new") == 0) {
        deployment_init(&deployment);
        return deployment;
    }
    for (unsigned i = 0; make_combination(i, &deployment); i++) {
        if (strcmp(state_text(&deployment).bytes, state) == 0) {
            return deployment;
        }
    }
    fail_msg("no such state: %s", state);
    return deployment;
}

#endif
