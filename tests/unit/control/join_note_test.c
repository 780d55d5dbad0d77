#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "control/join_note.h"

static void each_problem_names_its_remedy(void **state) {
    (void)state;
    static const struct {
        enum join_problem trouble;
        enum join_call call;
        long status;
        const char *body;
        const char *note;
    } cases[] = {
        {JOIN_NO_REPLY, JOIN_CALL_CREATE, 0, "Connection refused",
         "create: no reply from the controller (Connection refused); check that it is running and "
         "reachable, and nmeta_controller_address and _port"},
        {JOIN_NO_REPLY, JOIN_CALL_KEEPALIVE, 0, "",
         "keepalive: no reply from the controller (no reason given); check that it is running and "
         "reachable, and nmeta_controller_address and _port"},
        {JOIN_BAD_STATUS, JOIN_CALL_CREATE, 404, "<html>\n",
         "create: the controller answered 404 (<html>\\n); check nmeta_api_path"},
        {JOIN_BAD_STATUS, JOIN_CALL_READ, 403, "x",
         "read: the controller answered 403 (x); check the bearer token and the client "
         "certificate"},
        {JOIN_BAD_STATUS, JOIN_CALL_SEND_CONF, 500, "no datapath",
         "send_conf_packet: the controller answered 500 (no datapath); check that the switch is "
         "connected to the controller"},
        {JOIN_BAD_STATUS, JOIN_CALL_OPT_RULES, 500, "x",
         "opt_rules: the controller answered 500 (x); check the controller's main policy and log"},
        {JOIN_BAD_STATUS, JOIN_CALL_TC_STATE, 400, "No dpae_version",
         "tc state: the controller answered 400 (No dpae_version); check the controller's log"},
        {JOIN_BAD_REPLY, JOIN_CALL_CREATE, 0, "the reply to create lacks the key 'x'",
         "the reply to create lacks the key 'x'; check that nmeta_controller_address is that of an "
         "nmeta2 controller"},
        {JOIN_NOT_SEEN, JOIN_CALL_READ, 200, "",
         "the controller saw no discovery frame (type 0x204b) from dpae0; check that the interface "
         "is up and cabled to a switch port, and that the switch is connected to the controller"},
        {JOIN_NOT_CONFIRMED, JOIN_CALL_SEND_CONF, 0, "",
         "no confirmation frame (type 0x204b) arrived on dpae0; check that the interface is "
         "promiscuous and that the switch is connected to the controller"},
        {JOIN_UNKNOWN_UUID, JOIN_CALL_NONE, 400, "",
         "advice: the controller no longer knows this session, probably after a restart; "
         "rejoining"},
        {JOIN_SESSION_LOST, JOIN_CALL_KEEPALIVE, 0, "",
         "the session is lost after too many failed keepalives, rejoining; check that the "
         "controller is running and reachable"},
        {JOIN_POLICY_REFUSED, JOIN_CALL_MAIN_POLICY, 0, "",
         "the data plane refused the controller's policy, which will be requested again; fix the "
         "reported faults"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct join_notes notes = {0};
        char note[256] = "";
        const struct join_problem_context at = {.call = cases[i].call,
                                                .status = cases[i].status,
                                                .body = cases[i].body,
                                                .length = strlen(cases[i].body),
                                                .if_name = "dpae0",
                                                .ethertype = 0x204b};
        join_note(&notes, 0, cases[i].trouble, &at, note, sizeof note);
        assert_string_equal(note, cases[i].note);
    }
}

static bool reported(struct join_notes *notes, uint64_t second, enum join_problem trouble,
                     enum join_call call) {
    char note[256] = "";
    const struct join_problem_context at = {.call = call, .if_name = "dpae0"};
    join_note(notes, second * NS_PER_S, trouble, &at, note, sizeof note);
    return note[0] != '\0';
}

static void a_problem_is_reported_at_growing_intervals(void **state) {
    (void)state;
    static const uint64_t expected[] = {0, 1, 3, 7, 15, 31, 61, 91, 121};
    struct join_notes notes = {0};
    size_t at = 0;
    for (uint64_t second = 0; second <= 121; second++) {
        if (reported(&notes, second, JOIN_NO_REPLY, JOIN_CALL_CREATE)) {
            assert_int_equal(second, expected[at]);
            at++;
        }
    }
    assert_int_equal(at, sizeof expected / sizeof *expected);
    /* Another problem, or the same one of another call, has its own intervals. */
    assert_true(reported(&notes, 121, JOIN_BAD_STATUS, JOIN_CALL_CREATE));
    assert_true(reported(&notes, 121, JOIN_NO_REPLY, JOIN_CALL_READ));
    /* After a minute of silence, it is reported again. */
    assert_true(reported(&notes, 182, JOIN_NO_REPLY, JOIN_CALL_CREATE));
    assert_true(reported(&notes, 183, JOIN_NO_REPLY, JOIN_CALL_CREATE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_problem_names_its_remedy),
        cmocka_unit_test(a_problem_is_reported_at_growing_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
