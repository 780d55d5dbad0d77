#include "message_bed.h"

static void session_bodies_match_the_recorded_exchange(void **state) {
    (void)state;
    bed_assert_body(message_create_body(&bed_identity),
                    "{\"hostname_dpae\": \"localhost\", \"if_name\": \"dpae0\", \"uuid_dpae\": "
                    "\"" BED_D "\"}");
    bed_assert_body(message_read_body(&bed_identity),
                    "{\"uuid_controller\": \"" BED_C "\", \"hostname_dpae\": \"localhost\", "
                    "\"if_name\": \"dpae0\", \"uuid_dpae\": \"" BED_D "\"}");
    bed_assert_body(message_keepalive_body(&bed_identity),
                    "{\"uuid_controller\": \"" BED_C "\", \"uuid_dpae\": \"" BED_D "\", "
                    "\"if_name\": \"dpae0\", \"keepalive\": 1}");
    bed_assert_body(message_tc_state_body(&bed_identity, "0.3.5"),
                    "{\"tc_state\": \"run\", \"uuid_controller\": \"" BED_C "\", "
                    "\"dpae_version\": \"0.3.5\", \"hostname_dpae\": \"localhost\", "
                    "\"uuid_dpae\": \"" BED_D "\"}");
}

static void a_name_with_quotes_stays_one_name(void **state) {
    (void)state;
    const struct message_identity identity = {.hostname_dpae = "a\"b\\c\n", .if_name = "x"};
    bed_assert_body(message_create_body(&identity), "{\"hostname_dpae\": \"a\\\"b\\\\c\\n\", "
                                                    "\"if_name\": \"x\", \"uuid_dpae\": \"\"}");
}

static void the_discovery_payload_matches_the_recorded_exchange(void **state) {
    (void)state;
    char payload[512];
    const size_t length = message_discovery_payload(&bed_identity, payload, sizeof payload);
    bed_assert_body(strndup(payload, length),
                    "{\"uuid_controller\": \"" BED_C "\", \"hostname_dpae\": \"localhost\", "
                    "\"if_name\": \"dpae0\", \"uuid_dpae\": \"" BED_D "\"}");
    assert_null(memchr(payload, '\0', length));
    assert_int_equal(message_discovery_payload(&bed_identity, payload, length), length);
    assert_int_equal(message_discovery_payload(&bed_identity, payload, length - 1), 0);

    const struct message_identity nobody = {0};
    assert_true(message_discovery_payload(&nobody, payload, sizeof payload) >= 46);
}

static void a_confirmation_contains_our_four_keys(void **state) {
    (void)state;
#define HOST "\"hostname_dpae\": \"localhost\""
#define NAME "\"if_name\": \"dpae0\""
#define D    "\"uuid_dpae\": \"" BED_D "\""
#define C    "\"uuid_controller\": \"" BED_C "\""
    static const struct {
        bool ours;
        const char *payload;
    } cases[] = {
        {true, "{" C ", " HOST ", " NAME ", " D "}"},
        {true, "{" C "," HOST "," NAME "," D ",\"more\":[1]}"},
        {true, "{" C ", " HOST ", " NAME ", " D "}           "},
        {true, " \"{\\\"uuid_controller\\\": \\\"" BED_C "\\\", \\\"hostname_dpae\\\": "
               "\\\"localhost\\\", \\\"if_name\\\": \\\"dpae0\\\", \\\"uuid_dpae\\\": "
               "\\\"" BED_D "\\\"}\""},
        {false, "{" HOST ", " NAME ", " D "}"},
        {false, "{" C ", " NAME ", " D "}"},
        {false, "{" C ", " HOST ", " D "}"},
        {false, "{" C ", " HOST ", " NAME "}"},
        {false, "{\"uuid_controller\": \"" BED_D "\", " HOST ", " NAME ", " D "}"},
        {false, "{" C ", \"hostname_dpae\": \"Localhost\", " NAME ", " D "}"},
        {false, "{" C ", " HOST ", \"if_name\": \"dpae1\", " D "}"},
        {false, "{" C ", " HOST ", " NAME ", \"uuid_dpae\": 5}"},
        {false, "[" C ", " HOST ", " NAME ", " D "]"},
        {false, "{" C ", " HOST ", " NAME ", " D},
        {false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char padded[600] = "";
        const size_t length = strlen(cases[i].payload);
        memcpy(padded, cases[i].payload, length);
        for (size_t pad = 0; pad <= 60; pad += 30) {
            if (message_is_confirmation(padded, length + pad, &bed_identity) != cases[i].ours) {
                fail_msg("%s with %zu NULs", cases[i].payload, pad);
            }
        }
    }
#undef HOST
#undef NAME
#undef D
#undef C
}

static void a_uuid_has_version_1_and_its_time(void **state) {
    (void)state;
    char uuid[MESSAGE_UUID];
    /* RFC 9562 appendix A.1: 2022-02-22 19:22:22 UTC. */
    message_new_uuid(1645557742000000000, 0x33c89f6bdeced846, uuid);
    assert_string_equal(uuid, "c232ab00-9414-11ec-b3c8-9f6bdeced846");
    message_new_uuid(1645557742000000099, UINT64_MAX, uuid);
    assert_string_equal(uuid, "c232ab00-9414-11ec-bfff-ffffffffffff");
    message_new_uuid(1645557742000000100, 0, uuid);
    assert_string_equal(uuid, "c232ab01-9414-11ec-8000-010000000000");
}

static void error_bodies_are_distinguished(void **state) {
    (void)state;
    static const struct {
        const char *body;
        bool unknown, unconfirmed;
    } cases[] = {
        {"\"{\\\"Error\\\": \\\"UUID not in DB\\\"}\"", true, false},
        {"{\"Error\": \"UUID not in DB\"}", true, false},
        {"UUID not in DB", true, false},
        {"\"{\\\"Error\\\": \\\"Pkt send failed\\\"}\"", false, false},
        {"\"{\\\"Error\\\": \\\"no datapath\\\"}\"", false, true},
        {"{\"Error\": \"no dpid stored\"}", false, true},
        {"\"{\\\"Error\\\": \\\"UUID mismatch\\\"}\"", false, true},
        {"\"{\\\"Error\\\": \\\"Bad JSON\\\"}\"", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t length = strlen(cases[i].body);
        assert_int_equal(message_is_unknown_uuid(cases[i].body, length), cases[i].unknown);
        assert_int_equal(message_is_unconfirmed(cases[i].body, length), cases[i].unconfirmed);
    }
    assert_false(message_is_unknown_uuid("UUID not in DB", 13));
    assert_false(message_is_unknown_uuid(NULL, 0));
}

static void an_excerpt_is_short_and_safe_to_print(void **state) {
    (void)state;
    char text[40];
    message_excerpt("a\0b\x1b[31m\r\n\xff", 11, text, sizeof text);
    assert_string_equal(text, "a b\\x1b[31m\\r\\n\\xff");
    char endless[5000];
    memset(endless, 'x', sizeof endless);
    message_excerpt(endless, sizeof endless, text, sizeof text);
    assert_int_equal(strlen(text), sizeof text - 1);
    message_excerpt(NULL, 0, text, sizeof text);
    assert_string_equal(text, "");
}

static void a_policy_is_extracted_from_its_string(void **state) {
    (void)state;
    static const struct {
        const char *body, *text;
    } cases[] = {
        {"{\"a\": 1}", "{\"a\": 1}"},
        {"[]", "[]"},
        {" \"{\\\"a\\\": \\\"\\u00e9\\\\n\\\"}\" \n", "{\"a\": \"\xc3\xa9\\n\"}"},
        {"\"[]\" more", "\"[]\" more"},
        {"", ""},
        {"\"\"", ""},
        {"0123456789abcdef+", ""}, /* one byte too many */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[17];
        const size_t room = sizeof text - 1;
        const size_t length = message_policy_text(cases[i].body, strlen(cases[i].body), text, room);
        text[length] = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_bodies_match_the_recorded_exchange),
        cmocka_unit_test(a_name_with_quotes_stays_one_name),
        cmocka_unit_test(the_discovery_payload_matches_the_recorded_exchange),
        cmocka_unit_test(a_confirmation_contains_our_four_keys),
        cmocka_unit_test(a_uuid_has_version_1_and_its_time),
        cmocka_unit_test(error_bodies_are_distinguished),
        cmocka_unit_test(an_excerpt_is_short_and_safe_to_print),
        cmocka_unit_test(a_policy_is_extracted_from_its_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
