#include "join_bed.h"

/* From create to the first keepalive, or to another call instead. */
#define JOIN_AGAIN                                                                                 \
    {0, CREATED, "discovery +50"}, {50, TICK, "discovery read"}, {0, SEEN, "await send_conf"},     \
        {0, PKT_SEND_FAILED, ""}, {0, FRAME, "main_policy"}, {0, MAIN_POLICY, "opt_rules"},        \
        {0, RULES, "asked"}, {0, POLICY_TAKEN, "tc_state"}, {                                      \
        0, TC_PASSIVE, "up"                                                                        \
    }

static void a_join_passes_its_phases_and_stays_up(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    assert_int_equal(join_count(bed.join), 0);
    BED_RUN(&bed, {0, BEGIN, "create"}, {7, CREATED, "discovery +50"}, {50, TICK, "discovery read"},
            {2, SEEN, "await send_conf"}, {3, PKT_SEND_FAILED, ""}, {1, FRAME, "main_policy"},
            {1, MAIN_POLICY, "opt_rules +999"});
    assert_int_equal(join_phase(bed.join), JOIN_POLICY);
    BED_RUN(&bed, {1, RULES, "asked +998"});
    const struct policy_text asked = join_policy(bed.join);
    const struct policy_text sent = {
        .policy = "{\"tc_policies\": 1}", .policy_length = 18, .rules = "[]", .rules_length = 2};
    assert_true(policy_text_equal(&asked, &sent));
    BED_RUN(&bed, {1, POLICY_TAKEN, "tc_state +997"});
    assert_int_equal(join_phase(bed.join), JOIN_START);
    BED_RUN(&bed, {4, TC_ACTIVE, "up +993"});
    assert_int_equal(join_phase(bed.join), JOIN_UP);
    assert_int_equal(join_mode(bed.join), POLICY_ACTIVE);
    assert_int_equal(join_count(bed.join), 1);
    BED_RUN(&bed, {993, TICK, "keepalive"}, {2, ALIVE, ""}, {1000, TICK, "keepalive"},
            {2, ALIVE, ""});
    assert_string_equal(bed.actions.note, "");
    assert_string_equal(join_identity(bed.join)->uuid_controller, BED_CONTROLLER);
    assert_int_equal(join_created(bed.join)->dpae_ethertype, 0x204b);
    join_free(bed.join);
}

static void up_for_a_while(struct bed *bed, unsigned ms, unsigned counts[8]) {
    const uint64_t end_ns = bed->now_ns + ms * NS_PER_MS;
    while (bed->now_ns < end_ns) {
        static const enum input good[] = {[JOIN_CALL_MAIN_POLICY] = MAIN_POLICY,
                                          [JOIN_CALL_OPT_RULES] = RULES,
                                          [JOIN_CALL_TC_STATE] = TC_PASSIVE,
                                          [JOIN_CALL_KEEPALIVE] = ALIVE};
        bed->now_ns = bed->pending ? bed->now_ns + NS_PER_MS : bed->actions.wake_ns;
        bed_input(bed, bed->pending ? good[bed->pending] : TICK);
        counts[bed->actions.call]++;
        assert_false(bed->actions.session_lost || bed->actions.session_up ||
                     bed->actions.policy_offered);
        assert_string_equal(bed->actions.note, "");
    }
}

static void a_session_is_kept_alive_renewed_and_its_policy_polled(void **state) {
    (void)state;
    struct bed bed;
    unsigned counts[8] = {0};
    bed_open(&bed, &bed_settings);
    bed_reach(&bed, JOIN_CALL_KEEPALIVE);
    up_for_a_while(&bed, 600000, counts);
    assert_in_range(counts[JOIN_CALL_KEEPALIVE], 595, 600);
    assert_in_range(counts[JOIN_CALL_TC_STATE], 29, 30);
    assert_in_range(counts[JOIN_CALL_MAIN_POLICY], 19, 20);
    assert_int_equal(counts[JOIN_CALL_OPT_RULES], counts[JOIN_CALL_MAIN_POLICY]);
    assert_int_equal(join_count(bed.join), 1);
    join_free(bed.join);
}

/* A late reply with a policy does not disturb the keepalives, nor they it. */
static void keepalives_go_on_while_another_call_hangs(void **state) {
    (void)state;
    struct bed bed;
    struct join_settings settings = bed_settings;
    settings.timing.policy_poll_ns = 2500 * NS_PER_MS;
    bed_open(&bed, &settings);
    bed_reach(&bed, JOIN_CALL_KEEPALIVE);
    BED_RUN(&bed, {2, ALIVE, ""}, {1000, TICK, "keepalive +501"}, {2, ALIVE, "+499"},
            {499, TICK, "main_policy +501"}, {501, TICK, "keepalive"}, {2, ALIVE, ""},
            {1000, TICK, "keepalive"}, {2, NO_REPLY, ""}, {1000, TICK, "keepalive"}, {2, ALIVE, ""},
            {900, OTHER_POLICY, "opt_rules +100"}, {100, TICK, "keepalive"}, {1, RULES, "asked"},
            {0, POLICY_TAKEN, "tc_state"}, {0, TC_PASSIVE, ""}, {1, ALIVE, ""});
    join_free(bed.join);
}

static void failed_keepalives_end_a_session_while_another_call_hangs(void **state) {
    (void)state;
    struct bed bed;
    struct join_settings settings = bed_settings;
    settings.timing.policy_poll_ns = 2990 * NS_PER_MS;
    bed_open(&bed, &settings);
    bed_reach(&bed, JOIN_CALL_KEEPALIVE);
    BED_RUN(&bed, {2, ALIVE, ""}, {1000, TICK, "keepalive +991"}, {0, ALIVE, "+991"},
            {991, TICK, "main_policy +9"}, {9, TICK, "keepalive"}, {0, NO_REPLY, ""},
            {1000, TICK, "keepalive"}, {0, NO_REPLY, ""}, {1000, TICK, "keepalive"},
            {0, UNKNOWN_UUID, "lost create"}, {1, CREATED, "discovery +50"});
    join_free(bed.join);
}

static void a_keepalive_reply_of_a_lost_session_is_ignored(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, {0, NO_REPLY, "wait"}, {1500, TICK, "create"}, JOIN_AGAIN,
            {1000, TICK, "keepalive"}, {0, ADVICE_UNKNOWN, "lost wait"}, {1, ALIVE, "wait"},
            {1500, TICK, "create"}, {0, NO_REPLY, "wait"});
    join_free(bed.join);
}

static void consecutive_failed_keepalives_end_a_session(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"three, of any kind",
         JOIN_CALL_KEEPALIVE,
         {{0, ALIVE, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, BROKEN, ""},
          {1000, TICK, "keepalive"},
          {0, NOT_FOUND, "lost create"}}},
        {"a successful keepalive restarts the count",
         JOIN_CALL_KEEPALIVE,
         {{0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, ALIVE, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""}}},
        {"a late confirmation frame does not matter",
         JOIN_CALL_KEEPALIVE,
         {{0, ALIVE, ""}, {0, FRAME, ""}}},
        {"advice that is not known ends it at once, and the keepalive under way is dropped",
         JOIN_CALL_KEEPALIVE,
         {{0, ADVICE_UNKNOWN, "lost create"}, {1, CREATED, "discovery +50"}}},
        {"advice of an earlier session does not matter",
         JOIN_CALL_TC_STATE,
         {{0, ADVICE_UNKNOWN, "+997"}}},
    };
    BED_CASES(cases);
}

static void an_unknown_uuid_restarts_at_once_on_any_call(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"read", JOIN_CALL_READ, {{0, UNKNOWN_UUID, "create"}}},
        {"send_conf", JOIN_CALL_SEND_CONF, {{0, UNKNOWN_UUID, "create"}}},
        {"main_policy", JOIN_CALL_MAIN_POLICY, {{0, UNKNOWN_UUID, "create"}}},
        {"opt_rules", JOIN_CALL_OPT_RULES, {{0, UNKNOWN_UUID, "create"}}},
        {"tc_state", JOIN_CALL_TC_STATE, {{0, UNKNOWN_UUID, "create"}}},
        {"keepalive", JOIN_CALL_KEEPALIVE, {{0, UNKNOWN_UUID, "lost create"}}},
        {"of create it is a failure like others", JOIN_CALL_CREATE, {{0, UNKNOWN_UUID, "wait"}}},
        {"a controller that forgets each session gets a wait",
         JOIN_CALL_READ,
         {{0, UNKNOWN_UUID, "create"},
          {0, CREATED, "discovery +50"},
          {50, TICK, "discovery read"},
          {0, UNKNOWN_UUID, "wait"}}},
    };
    BED_CASES(cases);
}

static void a_proven_session_is_restarted_at_once(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, {0, NO_REPLY, "wait"}, {1500, TICK, "create"}, JOIN_AGAIN,
            {0, ADVICE_UNKNOWN, "lost wait"}, {1500, TICK, "create"}, JOIN_AGAIN,
            {1000, TICK, "keepalive"}, {0, ALIVE, ""}, {0, ADVICE_UNKNOWN, "lost create"});
    join_free(bed.join);
}

static void a_new_session_starts_with_no_failures_counted(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, JOIN_AGAIN, {1000, TICK, "keepalive"}, {0, NO_REPLY, ""},
            {1000, TICK, "keepalive"}, {0, NO_REPLY, ""}, {0, ADVICE_UNKNOWN, "lost create"},
            JOIN_AGAIN, {1000, TICK, "keepalive"}, {0, NO_REPLY, ""}, {1000, TICK, "keepalive"},
            {0, NO_REPLY, ""}, {1000, TICK, "keepalive"}, {0, NO_REPLY, "lost wait"});
    assert_int_equal(join_count(bed.join), 2);
    join_free(bed.join);
}

static void the_status_decides_not_the_text(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    bed_reach(&bed, JOIN_CALL_SEND_CONF);
    bed_reply(&bed, 200, "no datapath");
    assert_string_equal(bed.actions.note, "");
    BED_RUN(&bed, {0, FRAME, "main_policy"});
    bed_reply(&bed, 200, "{\"comment\": \"UUID not in DB\"}");
    assert_int_equal(bed.actions.call, JOIN_CALL_OPT_RULES);
    BED_RUN(&bed, {0, UNKNOWN_UUID, "create"});
    bed_reply_ours(&bed, 200,
                   "{\"dpae_ethertype\": 8267, \"hostname_controller\": \"localhost\", "
                   "\"uuid_dpae\": \"%s\", \"ctrl2dpae_mac\": \"02:6e:6d:65:74:61\", "
                   "\"uuid_controller\": \"a\", \"dpae2ctrl_mac\": \"01:80:c2:00:00:0e\"}");
    assert_int_equal(join_phase(bed.join), JOIN_WAIT);
    assert_non_null(strstr(bed.actions.note, "answered 200"));
    join_free(bed.join);
}

static void a_changed_policy_is_passed_on_without_a_rejoin(void **state) {
    (void)state;
    struct bed bed;
    unsigned counts[8] = {0};
    struct join_settings settings = bed_settings;
    settings.timing.keepalive_ns = settings.timing.tc_state_ns = 3600 * NS_PER_S;
    bed_open(&bed, &settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, {0, CREATED, "discovery +50"}, {50, TICK, "discovery read"},
            {0, SEEN, "await send_conf"}, {0, PKT_SEND_FAILED, ""}, {0, FRAME, "main_policy"},
            {0, MAIN_POLICY, "opt_rules"}, {0, RULES, "asked"}, {0, POLICY_TAKEN, "tc_state"},
            {0, TC_PASSIVE, "up"});
    up_for_a_while(&bed, 29000, counts);
    BED_RUN(&bed, {1000, TICK, "main_policy"}, {0, MAIN_POLICY, "opt_rules"}, {0, RULES, ""},
            {30000, TICK, "main_policy"}, {0, OTHER_POLICY, "opt_rules"}, {0, RULES, "asked"},
            {0, POLICY_REFUSED, ""}, {3000, TICK, "main_policy"}, {0, OTHER_POLICY, "opt_rules"},
            {0, BROKEN, ""}, {3000, TICK, "main_policy"}, {0, OTHER_POLICY, "opt_rules"},
            {0, RULES, "asked"}, {0, POLICY_TAKEN, "tc_state"}, {0, TC_ACTIVE, "up"},
            {30000, TICK, "main_policy"}, {0, OTHER_POLICY, "opt_rules"}, {0, RULES, ""});
    assert_int_equal(join_mode(bed.join), POLICY_ACTIVE);
    assert_int_equal(join_count(bed.join), 1);

    /* The same text in a JSON string is the same policy. */
    bed.now_ns += 30 * NS_PER_S;
    bed_input(&bed, TICK);
    bed_reply(&bed, 200, " \"{\\\"tc_policies\\\": 2}\"\n");
    BED_RUN(&bed, {0, RULES, ""});
    join_free(bed.join);
}

static void a_failed_renewal_is_retried_and_may_change_the_mode(void **state) {
    (void)state;
    struct bed bed;
    struct join_settings settings = bed_settings;
    settings.timing.keepalive_ns = settings.timing.policy_poll_ns = 3600 * NS_PER_S;
    bed_open(&bed, &settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, {0, CREATED, "discovery +50"}, {50, TICK, "discovery read"},
            {0, SEEN, "await send_conf"}, {0, PKT_SEND_FAILED, ""}, {0, FRAME, "main_policy"},
            {0, MAIN_POLICY, "opt_rules"}, {0, RULES, "asked"}, {0, POLICY_TAKEN, "tc_state"},
            {0, TC_PASSIVE, "up"}, {20000, TICK, "tc_state"}, {0, BROKEN, ""},
            {3000, TICK, "tc_state"}, {0, GARBAGE, ""}, {3000, TICK, "tc_state"}, {0, NO_REPLY, ""},
            {3000, TICK, "tc_state"}, {0, TC_PASSIVE, ""}, {20000, TICK, "tc_state"},
            {0, TC_ACTIVE, "up"}, {20000, TICK, "tc_state"}, {0, TC_ACTIVE, ""});
    assert_int_equal(join_mode(bed.join), POLICY_ACTIVE);
    assert_int_equal(join_count(bed.join), 1);
    join_free(bed.join);
}

/* The recorded restart: the old connection ends without a reply, a new one is refused, then the
 * controller is back and does not know the session; the switch is back only for the third read. */
static void the_recorded_restart_of_the_controller_is_survived(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    bed_reach(&bed, JOIN_CALL_KEEPALIVE);
    BED_RUN(&bed, {2, ALIVE, ""}, {1000, TICK, "keepalive"}, {0, NO_REPLY, ""},
            {1000, TICK, "keepalive"}, {0, NO_REPLY, ""}, {1000, TICK, "keepalive"},
            {7, UNKNOWN_UUID, "lost create"}, {2, CREATED, "discovery +50"},
            {50, TICK, "discovery read"}, {1, NOT_SEEN, "+49"}, {49, TICK, "discovery read"},
            {2, NOT_SEEN, "+98"}, {98, TICK, "discovery read"}, {1, SEEN, "await send_conf"},
            {3, PKT_SEND_FAILED, ""}, {1, FRAME, "main_policy"}, {1, MAIN_POLICY, "opt_rules +999"},
            {1, RULES, "asked +998"}, {0, POLICY_TAKEN, "tc_state +998"},
            {4, TC_PASSIVE, "up +994"});
    assert_int_equal(join_count(bed.join), 2);
    join_free(bed.join);
}

static void names_that_are_too_long_are_rejected(void **state) {
    (void)state;
    struct join *join;
    struct error error;
    struct join_settings settings = bed_settings;
    settings.if_name = "a-name-of-16-bytes";
    assert_int_equal(join_new(&join, &settings, &error), -EINVAL);
    assert_non_null(strstr(error.message, "a-name-of-16-bytes"));
    join_free(NULL);
}

static void shorter_intervals_bring_calls_forward(void **state) {
    (void)state;
    struct bed bed;
    struct join_settings settings = bed_settings;
    settings.timing.keepalive_ns = settings.timing.policy_poll_ns = settings.timing.tc_state_ns =
        3600 * NS_PER_S;
    bed_open(&bed, &settings);
    BED_RUN(&bed, {0, BEGIN, "create"}, {0, CREATED, "discovery +50"}, {50, TICK, "discovery read"},
            {0, SEEN, "await send_conf"}, {0, PKT_SEND_FAILED, ""}, {0, FRAME, "main_policy"},
            {0, MAIN_POLICY, "opt_rules"}, {0, RULES, "asked"}, {0, POLICY_TAKEN, "tc_state"},
            {0, TC_PASSIVE, "up"});
    struct join_timing timing = settings.timing;
    timing.policy_poll_ns = 2 * NS_PER_S;
    timing.keepalive_ns = 3 * NS_PER_S;
    join_set_timing(bed.join, bed.now_ns, &timing, &bed.actions);
    BED_RUN(&bed, {2000, TICK, "main_policy"}, {0, MAIN_POLICY, "opt_rules"}, {0, RULES, ""},
            {1000, TICK, "keepalive"}, {0, ALIVE, ""}, {1000, TICK, "main_policy"});
    join_free(bed.join);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_passes_its_phases_and_stays_up),
        cmocka_unit_test(a_session_is_kept_alive_renewed_and_its_policy_polled),
        cmocka_unit_test(keepalives_go_on_while_another_call_hangs),
        cmocka_unit_test(failed_keepalives_end_a_session_while_another_call_hangs),
        cmocka_unit_test(a_keepalive_reply_of_a_lost_session_is_ignored),
        cmocka_unit_test(consecutive_failed_keepalives_end_a_session),
        cmocka_unit_test(an_unknown_uuid_restarts_at_once_on_any_call),
        cmocka_unit_test(a_proven_session_is_restarted_at_once),
        cmocka_unit_test(a_new_session_starts_with_no_failures_counted),
        cmocka_unit_test(the_status_decides_not_the_text),
        cmocka_unit_test(a_changed_policy_is_passed_on_without_a_rejoin),
        cmocka_unit_test(a_failed_renewal_is_retried_and_may_change_the_mode),
        cmocka_unit_test(the_recorded_restart_of_the_controller_is_survived),
        cmocka_unit_test(names_that_are_too_long_are_rejected),
        cmocka_unit_test(shorter_intervals_bring_calls_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
