#include "join_bed.h"

static void phase_1_waits_after_any_failure(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"no reply", JOIN_CALL_CREATE, {{0, NO_REPLY, "wait"}, {1500, TICK, "create"}}},
        {"404", JOIN_CALL_CREATE, {{0, NOT_FOUND, "wait"}, {1500, TICK, "create"}}},
        {"500", JOIN_CALL_CREATE, {{0, BROKEN, "wait"}, {1500, TICK, "create"}}},
        {"garbage", JOIN_CALL_CREATE, {{0, GARBAGE, "wait"}, {1500, TICK, "create"}}},
        {"200 is not created", JOIN_CALL_CREATE, {{0, SEEN, "wait"}, {1500, TICK, "create"}}},
        {"a tick too early", JOIN_CALL_CREATE, {{0, NO_REPLY, "wait"}, {249, TICK, "wait"}}},
        {"a tick while it is pending",
         JOIN_CALL_CREATE,
         {{9000, TICK, ""}, {1, CREATED, "discovery +50"}}},
    };
    BED_CASES(cases);
}

static void phase_2_reads_until_the_switch_has_seen_the_frame(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"each read has a frame; 50, 100, 200, 400 ms, and the same again",
         JOIN_CALL_READ,
         {{0, NOT_SEEN, "+50"},
          {50, TICK, "discovery read"},
          {2, NOT_SEEN, "+98"},
          {98, TICK, "discovery read"},
          {0, NOT_SEEN, "+200"},
          {200, TICK, "discovery read"},
          {0, NOT_SEEN, "+50"},
          {50, TICK, "discovery read"},
          {0, NOT_SEEN, "+50"},
          {50, TICK, "discovery read"},
          {0, NOT_SEEN, "+100"},
          {100, TICK, "discovery read"},
          {0, SEEN, "await send_conf"}}},
        {"an answer that is slower than the gap is followed at once",
         JOIN_CALL_READ,
         {{70, NOT_SEEN, "discovery read"}}},
        {"errors end their try: three go back to create",
         JOIN_CALL_READ,
         {{0, BROKEN, "+50"},
          {50, TICK, "discovery read"},
          {0, NO_REPLY, "+50"},
          {50, TICK, "discovery read"},
          {0, GARBAGE, "create"}}},
        {"an error does not pass for success",
         JOIN_CALL_READ,
         {{0, UUID_MISMATCH, "+50"}, {50, TICK, "discovery read"}, {0, SEEN, "await send_conf"}}},
        {"its failures do not count in phase 3",
         JOIN_CALL_READ,
         {{0, NOT_SEEN, "+50"},
          {50, TICK, "discovery read"},
          {0, NOT_SEEN, "+100"},
          {100, TICK, "discovery read"},
          {0, NOT_SEEN, "+200"},
          {200, TICK, "discovery read"},
          {0, SEEN, "await send_conf"},
          {0, NO_DATAPATH, "+250"}}},
        {"a confirmation frame is not expected yet", JOIN_CALL_READ, {{0, FRAME, ""}}},
    };
    BED_CASES(cases);
}

static void phase_2_returns_to_create_after_three_tries(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, &bed_settings);
    bed_reach(&bed, JOIN_CALL_READ);
    for (unsigned read = 1; read < 12; read++) {
        bed_input(&bed, NOT_SEEN);
        assert_int_equal(join_phase(bed.join), JOIN_READ);
        bed.now_ns = bed.actions.wake_ns;
        bed_input(&bed, TICK);
        assert_int_equal(bed.actions.call, JOIN_CALL_READ);
    }
    char before[MESSAGE_UUID];
    memcpy(before, join_identity(bed.join)->uuid_dpae, sizeof before);
    BED_RUN(&bed, {0, NOT_SEEN, "create"});
    assert_non_null(strstr(bed.actions.note, "dpae0"));
    assert_non_null(strstr(bed.actions.note, "0x204b"));
    assert_string_not_equal(join_identity(bed.join)->uuid_dpae, before);
    assert_string_equal(join_identity(bed.join)->uuid_controller, "");
    join_free(bed.join);
}

static void phase_3_waits_for_the_frame(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"500 Pkt send failed has no meaning",
         JOIN_CALL_SEND_CONF,
         {{0, PKT_SEND_FAILED, ""}, {9, FRAME, "main_policy"}}},
        {"200 is as good", JOIN_CALL_SEND_CONF, {{0, ANSWERED, ""}, {9, FRAME, "main_policy"}}},
        {"nor does a traceback", JOIN_CALL_SEND_CONF, {{0, BROKEN, ""}, {9, FRAME, "main_policy"}}},
        {"nor a 404", JOIN_CALL_SEND_CONF, {{0, NOT_FOUND, ""}, {9, FRAME, "main_policy"}}},
        {"the frame may come before the reply",
         JOIN_CALL_SEND_CONF,
         {{1, FRAME, ""}, {1, PKT_SEND_FAILED, "main_policy"}}},
        {"then no reply does not matter",
         JOIN_CALL_SEND_CONF,
         {{1, FRAME, ""}, {1, NO_REPLY, "main_policy"}}},
        {"nor an error", JOIN_CALL_SEND_CONF, {{1, FRAME, ""}, {1, NO_DATAPATH, "main_policy"}}},
        {"nor a reply that never comes",
         JOIN_CALL_SEND_CONF,
         {{1, FRAME, ""}, {4999, TICK, "main_policy"}}},
        {"a frame of another session is not a confirmation",
         JOIN_CALL_SEND_CONF,
         {{0, PKT_SEND_FAILED, ""}, {9, OTHER_FRAME, ""}, {9, FRAME, "main_policy"}}},
        {"a frame between two tries will do",
         JOIN_CALL_SEND_CONF,
         {{0, NO_DATAPATH, "+250"},
          {9, FRAME, "main_policy"},
          {300, MAIN_POLICY, "opt_rules +700"},
          {0, RULES, "asked +700"}}},
        {"a frame from an earlier try will do",
         JOIN_CALL_SEND_CONF,
         {{0, NO_DATAPATH, "+250"}, {250, TICK, "await send_conf"}, {0, FRAME, ""}}},
        {"no datapath, no dpid, UUID mismatch: back to create",
         JOIN_CALL_SEND_CONF,
         {{0, NO_DATAPATH, "+250"},
          {250, TICK, "await send_conf"},
          {0, NO_DPID, "+250"},
          {250, TICK, "await send_conf"},
          {0, UUID_MISMATCH, "create"}}},
        {"three requests without a reply: back to create",
         JOIN_CALL_SEND_CONF,
         {{0, NO_REPLY, "+250"},
          {250, TICK, "await send_conf"},
          {0, NO_REPLY, "+250"},
          {250, TICK, "await send_conf"},
          {0, NO_REPLY, "create"}}},
        {"a quiet link: the wait is bounded, three times",
         JOIN_CALL_SEND_CONF,
         {{0, PKT_SEND_FAILED, ""},
          {4500, TICK, "+500"},
          {500, TICK, "+250"},
          {250, TICK, "await send_conf"},
          {0, PKT_SEND_FAILED, ""},
          {5000, TICK, "+250"},
          {250, TICK, "await send_conf"},
          {0, PKT_SEND_FAILED, ""},
          {5000, TICK, "create"}}},
        {"an obsolete reply has no effect",
         JOIN_CALL_SEND_CONF,
         {{5000, TICK, "+250"},
          {0, NO_DATAPATH, "+250"},
          {250, TICK, "await send_conf"},
          {0, NO_DATAPATH, "+250"}}},
    };
    BED_CASES(cases);
}

static void phase_5_requests_the_policy_until_it_is_accepted(void **state) {
    (void)state;
    static const struct bed_case cases[] = {
        {"a refused policy is requested again, and the session kept alive meanwhile",
         JOIN_CALL_OPT_RULES,
         {{1, RULES, "asked +998"},
          {0, POLICY_REFUSED, "+998"},
          {998, TICK, "keepalive"},
          {2, ALIVE, ""},
          {1000, TICK, "keepalive"},
          {0, ALIVE, ""},
          {999, TICK, "+1"},
          {1, TICK, "keepalive +0"},
          {0, TICK, "main_policy"},
          {0, ALIVE, ""},
          {1, MAIN_POLICY, "opt_rules +999"},
          {1, RULES, "asked +998"},
          {0, POLICY_TAKEN, "tc_state +998"}}},
        {"an error", JOIN_CALL_MAIN_POLICY, {{0, BROKEN, ""}, {1000, TICK, "keepalive"}}},
        {"missing rules: both are requested again",
         JOIN_CALL_OPT_RULES,
         {{0, NOT_FOUND, "+999"},
          {999, TICK, "keepalive"},
          {2001, ALIVE, "main_policy"},
          {0, MAIN_POLICY, "opt_rules"},
          {0, RULES, "asked"}}},
        {"keepalives reveal that the controller is gone",
         JOIN_CALL_MAIN_POLICY,
         {{0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""},
          {1000, TICK, "keepalive"},
          {0, NO_REPLY, ""},
          {1000, TICK, "keepalive +0"},
          {0, NO_REPLY, "create"}}},
        {"a keepalive that is due waits for the policy to be handed over",
         JOIN_CALL_OPT_RULES,
         {{999, RULES, "asked +0"}, {0, POLICY_TAKEN, "keepalive +0"}, {0, TICK, "tc_state"}}},
        {"an unexpected answer of the data plane",
         JOIN_CALL_MAIN_POLICY,
         {{0, POLICY_TAKEN, ""}, {0, MAIN_POLICY, "opt_rules"}}},
        {"the tc state fails three times: back to create, and no session was up",
         JOIN_CALL_TC_STATE,
         {{0, BROKEN, "+250"},
          {250, TICK, "tc_state +747"},
          {0, GARBAGE, "+250"},
          {250, TICK, "tc_state +497"},
          {0, NO_REPLY, "create"}}},
        {"the tc state is accepted at the second try",
         JOIN_CALL_TC_STATE,
         {{0, BROKEN, "+250"}, {250, TICK, "tc_state +747"}, {0, TC_ACTIVE, "up +747"}}},
    };
    BED_CASES(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phase_1_waits_after_any_failure),
        cmocka_unit_test(phase_2_reads_until_the_switch_has_seen_the_frame),
        cmocka_unit_test(phase_2_returns_to_create_after_three_tries),
        cmocka_unit_test(phase_3_waits_for_the_frame),
        cmocka_unit_test(phase_5_requests_the_policy_until_it_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
