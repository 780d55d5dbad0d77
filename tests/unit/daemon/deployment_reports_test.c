#include "deployment_bed.h"

/* Reports of a worker: {policy, generation, outcome, loaded, waiting}. */
#define TOOK(outcome)                                                                              \
    { POLICY_NUMBER, GENERATION_NUMBER, outcome, 0, false }
#define LOADED                                                                                     \
    { POLICY_NUMBER, GENERATION_NUMBER, POLICY_IN_FORCE, 2, false }
#define OLDER_POLICY                                                                               \
    { POLICY_NUMBER - 1, GENERATION_NUMBER, POLICY_IN_FORCE, 0, false }
#define NEWER_POLICY                                                                               \
    { POLICY_NUMBER + 1, GENERATION_NUMBER, POLICY_IN_FORCE, 0, false }
#define OLDER_FILES                                                                                \
    { POLICY_NUMBER, GENERATION_NUMBER - 1, POLICY_IN_FORCE, 1, false }
#define NEWER_FILES                                                                                \
    { POLICY_NUMBER, GENERATION_NUMBER + 1, POLICY_IN_FORCE, 1, false }
#define STARTING                                                                                   \
    { 0, GENERATION_NUMBER, POLICY_REFUSED, 0, false }
#define WAITING                                                                                    \
    { POLICY_NUMBER - 1, GENERATION_NUMBER - 1, POLICY_REFUSED, 0, true }
#define WAITING_FOR_POLICY                                                                         \
    { POLICY_NUMBER - 1, GENERATION_NUMBER, POLICY_IN_FORCE, 0, true }
#define WAITING_NEWER                                                                              \
    { POLICY_NUMBER + 1, GENERATION_NUMBER, POLICY_REFUSED, 0, true }
#define IN_FORCE TOOK(POLICY_IN_FORCE)
#define PARTIAL  TOOK(POLICY_PARTIAL)
#define REFUSED  TOOK(POLICY_REFUSED)

#define SETTLED              DEPLOYMENT_SETTLED, DEPLOYMENT_CLASSIFIERS_SETTLED
#define GIVEN                DEPLOYMENT_GIVEN, DEPLOYMENT_CLASSIFIERS_SETTLED
#define STRAGGLING           DEPLOYMENT_STRAGGLING, DEPLOYMENT_CLASSIFIERS_SETTLED
#define FILES_GIVEN(stage)   DEPLOYMENT_##stage, DEPLOYMENT_CLASSIFIERS_GIVEN
#define FILES_IN_PART(stage) DEPLOYMENT_##stage, DEPLOYMENT_CLASSIFIERS_GIVEN_IN_PART

/* What the reports of two workers lead to: "ACTIONS > STAGE", and the outcome then. */
static const struct reports_case {
    const char *name;
    enum deployment_stage stage;
    enum deployment_classifiers classifiers;
    enum policy_outcome outcome;
    struct deployment_report reports[2];
    const char *leads_to;
    enum policy_outcome then;
    unsigned worst;
} reports_cases[] = {
    {"both took the policy",
     GIVEN,
     POLICY_REFUSED,
     {IN_FORCE, IN_FORCE},
     "settle_policy > settled",
     POLICY_IN_FORCE,
     0},
    {"one has an older policy",
     GIVEN,
     POLICY_REFUSED,
     {IN_FORCE, OLDER_POLICY},
     "",
     POLICY_REFUSED,
     0},
    {"the other one has", GIVEN, POLICY_REFUSED, {OLDER_POLICY, IN_FORCE}, "", POLICY_REFUSED, 0},
    {"a number that was never given",
     GIVEN,
     POLICY_REFUSED,
     {NEWER_POLICY, IN_FORCE},
     "",
     POLICY_REFUSED,
     0},
    {"a worker that just started",
     GIVEN,
     POLICY_REFUSED,
     {STARTING, IN_FORCE},
     "",
     POLICY_REFUSED,
     0},
    {"generations do not matter for a policy",
     GIVEN,
     POLICY_REFUSED,
     {OLDER_FILES, NEWER_FILES},
     "settle_policy > settled",
     POLICY_IN_FORCE,
     0},
    {"one waits, and its report on an older policy does not count",
     GIVEN,
     POLICY_REFUSED,
     {IN_FORCE, WAITING},
     "settle_policy > straggling",
     POLICY_IN_FORCE,
     0},
    {"all wait: the policy is in force as soon as they start",
     GIVEN,
     POLICY_REFUSED,
     {WAITING, WAITING},
     "settle_policy > straggling",
     POLICY_IN_FORCE,
     0},
    {"one waits, the other one has an older policy",
     GIVEN,
     POLICY_REFUSED,
     {WAITING, OLDER_POLICY},
     "",
     POLICY_REFUSED,
     0},
    {"nor does a number that was never given",
     GIVEN,
     POLICY_REFUSED,
     {IN_FORCE, WAITING_NEWER},
     "settle_policy > straggling",
     POLICY_IN_FORCE,
     0},
    {"in force in part",
     GIVEN,
     POLICY_REFUSED,
     {IN_FORCE, PARTIAL},
     "settle_policy > settled",
     POLICY_PARTIAL,
     1},
    {"refused by the first, in part in the second",
     GIVEN,
     POLICY_IN_FORCE,
     {REFUSED, PARTIAL},
     "settle_policy > settled",
     POLICY_REFUSED,
     0},
    {"in part in the first, refused by the second",
     GIVEN,
     POLICY_IN_FORCE,
     {PARTIAL, REFUSED},
     "settle_policy > settled",
     POLICY_REFUSED,
     1},
    {"in part in both",
     GIVEN,
     POLICY_IN_FORCE,
     {PARTIAL, PARTIAL},
     "settle_policy > settled",
     POLICY_PARTIAL,
     0},
    {"the straggler waits still",
     STRAGGLING,
     POLICY_IN_FORCE,
     {IN_FORCE, WAITING},
     "",
     POLICY_IN_FORCE,
     0},
    {"the straggler started",
     STRAGGLING,
     POLICY_IN_FORCE,
     {IN_FORCE, STARTING},
     "",
     POLICY_IN_FORCE,
     0},
    {"the straggler took it",
     STRAGGLING,
     POLICY_PARTIAL,
     {IN_FORCE, IN_FORCE},
     "settle_policy > settled",
     POLICY_IN_FORCE,
     0},
    {"the straggler took it in part",
     STRAGGLING,
     POLICY_IN_FORCE,
     {IN_FORCE, PARTIAL},
     "settle_policy > settled",
     POLICY_PARTIAL,
     1},
    {"settled: reports change nothing",
     SETTLED,
     POLICY_REFUSED,
     {IN_FORCE, PARTIAL},
     "",
     POLICY_REFUSED,
     0},
    {"offered: they are about the earlier policy",
     DEPLOYMENT_OFFERED,
     DEPLOYMENT_CLASSIFIERS_SETTLED,
     POLICY_REFUSED,
     {IN_FORCE, IN_FORCE},
     "",
     POLICY_REFUSED,
     0},
    {"in rehearsal: likewise",
     DEPLOYMENT_IN_REHEARSAL,
     DEPLOYMENT_CLASSIFIERS_SETTLED,
     POLICY_REFUSED,
     {IN_FORCE, IN_FORCE},
     "",
     POLICY_REFUSED,
     0},
    {"closed", FILES_GIVEN(CLOSED), POLICY_PARTIAL, {LOADED, LOADED}, "", POLICY_PARTIAL, 0},

    {"both took the generation up",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {IN_FORCE, IN_FORCE},
     "settle_classifiers",
     POLICY_IN_FORCE,
     0},
    {"the first loaded some",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, IN_FORCE},
     "settle_classifiers loaded",
     POLICY_IN_FORCE,
     0},
    {"the second loaded some",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {IN_FORCE, LOADED},
     "settle_classifiers loaded",
     POLICY_IN_FORCE,
     0},
    {"some were refused",
     FILES_IN_PART(SETTLED),
     POLICY_IN_FORCE,
     {IN_FORCE, IN_FORCE},
     "settle_classifiers partial",
     POLICY_IN_FORCE,
     0},
    {"some were refused, some loaded",
     FILES_IN_PART(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, LOADED},
     "settle_classifiers loaded partial",
     POLICY_IN_FORCE,
     0},
    {"one has an older generation",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, OLDER_FILES},
     "",
     POLICY_IN_FORCE,
     0},
    {"the other one has",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {OLDER_FILES, LOADED},
     "",
     POLICY_IN_FORCE,
     0},
    {"a generation that was never given",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, NEWER_FILES},
     "",
     POLICY_IN_FORCE,
     0},
    {"a worker that just started has yet to take the policy",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, STARTING},
     "",
     POLICY_IN_FORCE,
     0},
    {"a worker that waits is waited for",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, WAITING},
     "",
     POLICY_IN_FORCE,
     0},
    {"also when it has only the policy to take",
     FILES_GIVEN(SETTLED),
     POLICY_IN_FORCE,
     {LOADED, WAITING_FOR_POLICY},
     "",
     POLICY_IN_FORCE,
     0},
    {"a policy in part is complete now",
     FILES_GIVEN(SETTLED),
     POLICY_PARTIAL,
     {LOADED, LOADED},
     "settle_classifiers loaded complete",
     POLICY_IN_FORCE,
     0},
    {"it is still in part",
     FILES_GIVEN(SETTLED),
     POLICY_PARTIAL,
     {LOADED, PARTIAL},
     "settle_classifiers loaded",
     POLICY_PARTIAL,
     1},
    {"a policy that was refused stays so",
     FILES_GIVEN(SETTLED),
     POLICY_REFUSED,
     {LOADED, LOADED},
     "settle_classifiers loaded",
     POLICY_REFUSED,
     0},
    {"another policy is on its way",
     FILES_GIVEN(OFFERED),
     POLICY_PARTIAL,
     {LOADED, LOADED},
     "settle_classifiers loaded",
     POLICY_PARTIAL,
     0},
    {"policy and generation at once",
     FILES_GIVEN(GIVEN),
     POLICY_REFUSED,
     {LOADED, IN_FORCE},
     "settle_policy settle_classifiers loaded > settled",
     POLICY_IN_FORCE,
     0},
    {"the policy alone",
     FILES_GIVEN(GIVEN),
     POLICY_REFUSED,
     {OLDER_FILES, IN_FORCE},
     "settle_policy > settled",
     POLICY_IN_FORCE,
     0},
    {"both at once, in part",
     FILES_IN_PART(GIVEN),
     POLICY_IN_FORCE,
     {LOADED, PARTIAL},
     "settle_policy settle_classifiers loaded partial > settled",
     POLICY_PARTIAL,
     1},
};

/* beyond: what lies behind the two reports, and is not to be read. */
static void check(const struct reports_case *row, const struct deployment_report *beyond) {
    const struct deployment_report reports[] = {row->reports[0], row->reports[1], *beyond};
    struct deployment deployment = {.stage = row->stage,
                                    .classifiers = row->classifiers,
                                    .outcome = row->outcome,
                                    .policy = POLICY_NUMBER,
                                    .generation = GENERATION_NUMBER};
    struct deployment_actions actions;
    memset(&actions, 1, sizeof actions);
    deployment_take_reports(&deployment, reports, 2, &actions);
    struct text text = actions_text(&actions);
    add(&text, deployment.stage != row->stage, ">");
    add(&text, deployment.stage != row->stage, stage_names[deployment.stage]);
    if (strcmp(text.bytes, row->leads_to) != 0 || deployment.outcome != row->then ||
        actions.worst != row->worst) {
        fail_msg("%s: '%s' instead of '%s', outcome %d, worst %u", row->name, text.bytes,
                 row->leads_to, deployment.outcome, actions.worst);
    }
    assert_int_equal(deployment.classifiers, actions.settle_classifiers
                                                 ? DEPLOYMENT_CLASSIFIERS_SETTLED
                                                 : row->classifiers);
    assert_int_equal(deployment.policy, POLICY_NUMBER);
    assert_int_equal(deployment.generation, GENERATION_NUMBER);
}

static void reports_count_under_the_numbers_given_last(void **state) {
    (void)state;
    static const struct deployment_report beyond[] = {
        REFUSED, {POLICY_NUMBER - 1, GENERATION_NUMBER - 1, POLICY_IN_FORCE, 1, false}};
    for (size_t i = 0; i < COUNT(reports_cases); i++) {
        check(&reports_cases[i], &beyond[0]);
        check(&reports_cases[i], &beyond[1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_count_under_the_numbers_given_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
