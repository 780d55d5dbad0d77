#include "message_bed.h"

/* A reply as an ordinary object, and in the other encoding: a JSON string that contains it. */
static const char *encode_twice(const char *object, char text[2048]) {
    size_t used = 0;
    text[used++] = '"';
    for (const char *at = object; *at; at++) {
        if (*at == '"' || *at == '\\') {
            text[used++] = '\\';
        }
        text[used++] = *at;
    }
    text[used++] = '"';
    text[used] = '\0';
    return text;
}

enum call { CREATE, READ, TC_STATE };

static int parse(enum call call, const char *body, struct error *error) {
    struct message_created created;
    struct message_location place;
    enum policy_mode mode;
    switch (call) {
    case CREATE:
        return message_parse_created(body, strlen(body), &bed_identity, &created, error);
    case READ:
        return message_parse_location(body, strlen(body), &bed_identity, &place, error);
    case TC_STATE:
        return message_parse_tc_state(body, strlen(body), &bed_identity, &mode, error);
    }
    return -1;
}

static const char *const recorded[] = {
    [CREATE] = "{\"dpae_ethertype\": 8267, \"hostname_controller\": \"localhost\", \"uuid_dpae\": "
               "\"" BED_D "\", \"ctrl2dpae_mac\": \"02:6e:6d:65:74:61\", \"uuid_controller\": "
               "\"" BED_C "\", \"dpae2ctrl_mac\": \"01:80:c2:00:00:0e\"}",
    [READ] = "{\"dpid\": 1, \"switch_port\": 4, \"hostname_dpae\": \"localhost\", "
             "\"time_created\": 1795375481.223434, \"uuid_dpae\": \"" BED_D "\"}",
    [TC_STATE] = "{\"status\": \"tc_started\", \"mode\": \"passive\", \"uuid_dpae\": "
                 "\"" BED_D "\"}",
};

/* Returns the recorded reply with one part replaced. */
static const char *change(enum call call, const char *what, const char *with, char text[1024]) {
    const char *at = strstr(recorded[call], what);
    assert_non_null(at);
    snprintf(text, 1024, "%.*s%s%s", (int)(at - recorded[call]), recorded[call], with,
             at + strlen(what));
    return text;
}

static void assert_created(const char *body) {
    static const uint8_t to_controller[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
    static const uint8_t to_dpae[6] = {0x02, 0x6e, 0x6d, 0x65, 0x74, 0x61};
    struct message_created created = {0};
    struct error error;
    if (message_parse_created(body, strlen(body), &bed_identity, &created, &error) != 0) {
        fail_msg("%s: %s", body, error.message);
    }
    assert_string_equal(created.uuid_controller, BED_C);
    assert_string_equal(created.hostname_controller, "localhost");
    assert_memory_equal(created.dpae2ctrl_mac, to_controller, 6);
    assert_memory_equal(created.ctrl2dpae_mac, to_dpae, 6);
    assert_int_equal(created.dpae_ethertype, 0x204b);
}

static void both_encodings_are_equivalent(void **state) {
    (void)state;
    char text[2048], spaced[2100];
    assert_created(recorded[CREATE]);
    assert_created(encode_twice(recorded[CREATE], text));
    snprintf(spaced, sizeof spaced, " \n\t%s\r\n", text);
    assert_created(spaced);
    snprintf(spaced, sizeof spaced, "\n%s\n ", recorded[CREATE]);
    assert_created(spaced);
    for (enum call call = READ; call <= TC_STATE; call++) {
        struct error error;
        assert_int_equal(parse(call, recorded[call], &error), 0);
        assert_int_equal(parse(call, encode_twice(recorded[call], text), &error), 0);
    }
    assert_created("{\"dpae_ethertype\":8267,\"hostname_controller\":\"localh\\u006fst\","
                   "\"uuid_dpae\":\"" BED_D "\",\"ctrl2dpae_mac\":\"02:6e:6d:65:74:61\","
                   "\"uuid_controller\":\"" BED_C "\",\"dpae2ctrl_mac\":\"01:80:c2:00:00:0e\","
                   "\"more\":{\"dpid\":[null,true,1.5e3,\"\\/\"]}}");
}

static void macs_are_accepted_in_any_notation(void **state) {
    (void)state;
    static const char *const notations[] = {"01-80-C2-00-00-0E", "01:80:C2:00:00:0e",
                                            "0180.c200.000e", "0180C200000E"};
    char text[1024];
    for (size_t i = 0; i < sizeof notations / sizeof *notations; i++) {
        assert_created(change(CREATE, "01:80:c2:00:00:0e", notations[i], text));
    }
}

static void a_dpid_keeps_all_its_64_bits(void **state) {
    (void)state;
    static const struct {
        const char *digits;
        uint64_t dpid;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"8796748549206", 8796748549206},
        {"9007199254740993",
         9007199254740993}, /* 2^53 + 1: the first that a double cannot represent */
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], member[64], twice[2048];
        struct message_location place = {0};
        struct error error;
        snprintf(member, sizeof member, "\"dpid\": %s", cases[i].digits);
        const char *body = change(READ, "\"dpid\": 1", member, text);
        assert_int_equal(message_parse_location(body, strlen(body), &bed_identity, &place, &error),
                         0);
        assert_true(place.known && place.dpid == cases[i].dpid && place.switch_port == 4);
        body = encode_twice(body, twice);
        place = (struct message_location){0};
        assert_int_equal(message_parse_location(body, strlen(body), &bed_identity, &place, &error),
                         0);
        assert_true(place.known && place.dpid == cases[i].dpid && place.switch_port == 4);
    }
}

static void the_location_is_unknown_before_the_discovery_frame(void **state) {
    (void)state;
    char text[1024];
    struct message_location place = {.known = true};
    struct error error;
    const char *body = change(READ, "\"dpid\": 1, \"switch_port\": 4, ", "", text);
    assert_int_equal(message_parse_location(body, strlen(body), &bed_identity, &place, &error), 0);
    assert_false(place.known);
}

static void the_mode_is_read(void **state) {
    (void)state;
    char text[1024];
    struct error error;
    enum policy_mode mode = POLICY_ACTIVE;
    assert_int_equal(message_parse_tc_state(recorded[TC_STATE], strlen(recorded[TC_STATE]),
                                            &bed_identity, &mode, &error),
                     0);
    assert_int_equal(mode, POLICY_PASSIVE);
    const char *body = change(TC_STATE, "passive", "active", text);
    assert_int_equal(message_parse_tc_state(body, strlen(body), &bed_identity, &mode, &error), 0);
    assert_int_equal(mode, POLICY_ACTIVE);
}

static void the_first_missing_or_invalid_key_is_named(void **state) {
    (void)state;
    static const struct {
        enum call call;
        const char *what, *with, *message;
    } cases[] = {
        {CREATE, "\"hostname_controller\"", "\"x\"",
         "the reply to create lacks the key 'hostname_controller'"},
        {CREATE, "\"uuid_dpae\"", "\"x\"", "the reply to create lacks the key 'uuid_dpae'"},
        {CREATE, "\"uuid_controller\"", "\"x\"",
         "the reply to create lacks the key 'uuid_controller'"},
        {CREATE, "\"dpae2ctrl_mac\"", "\"x\"", "the reply to create lacks the key 'dpae2ctrl_mac'"},
        {CREATE, "\"ctrl2dpae_mac\"", "\"x\"", "the reply to create lacks the key 'ctrl2dpae_mac'"},
        {CREATE, "\"dpae_ethertype\"", "\"x\"",
         "the reply to create lacks the key 'dpae_ethertype'"},
        {CREATE, "\"dpae_ethertype\"", "\"DPAE_ethertype\"",
         "the reply to create lacks the key 'dpae_ethertype'"},
        {READ, "\"hostname_dpae\"", "\"x\"", "the reply to read lacks the key 'hostname_dpae'"},
        {READ, "\"uuid_dpae\"", "\"x\"", "the reply to read lacks the key 'uuid_dpae'"},
        {READ, "\"time_created\"", "\"x\"", "the reply to read lacks the key 'time_created'"},
        {READ, "\"dpid\"", "\"x\"", "the reply to read lacks the key 'dpid'"},
        {READ, "\"switch_port\"", "\"x\"", "the reply to read lacks the key 'switch_port'"},
        {TC_STATE, "\"status\"", "\"x\"", "the reply to tc state lacks the key 'status'"},
        {TC_STATE, "\"mode\"", "\"x\"", "the reply to tc state lacks the key 'mode'"},
        {TC_STATE, "\"uuid_dpae\"", "\"x\"", "the reply to tc state lacks the key 'uuid_dpae'"},

        {CREATE, BED_D, BED_C,
         "the reply to create has an invalid 'uuid_dpae': it must be the UUID that was sent"},
        {READ, BED_D, BED_C,
         "the reply to read has an invalid 'uuid_dpae': it must be the UUID that was sent"},
        {TC_STATE, BED_D, BED_C,
         "the reply to tc state has an invalid 'uuid_dpae': it must be the UUID that was sent"},
        {CREATE, "\"localhost\"", "null",
         "the reply to create has an invalid 'hostname_controller': it must be text"},
        {CREATE, "\"localhost\"", "\"\"",
         "the reply to create has an invalid 'hostname_controller': it must be text"},
        {CREATE, BED_C, "../5d78",
         "the reply to create has an invalid 'uuid_controller': it must be a UUID"},
        {CREATE, BED_C, BED_C "-5d78f7c6",
         "the reply to create has an invalid 'uuid_controller': it must be a UUID"},
        {CREATE, "01:80:c2:00:00:0e", "01:80:c2:00:00",
         "the reply to create has an invalid 'dpae2ctrl_mac': it must be a MAC address"},
        {CREATE, "\"02:6e:6d:65:74:61\"", "[]",
         "the reply to create has an invalid 'ctrl2dpae_mac': it must be text"},
        {CREATE, "8267", "\"8267\"",
         "the reply to create has an invalid 'dpae_ethertype': it must be a number from 1536 to "
         "65535"},
        {CREATE, "8267", "65536",
         "the reply to create has an invalid 'dpae_ethertype': it must be a number from 1536 to "
         "65535"},
        {CREATE, "8267", "1535",
         "the reply to create has an invalid 'dpae_ethertype': it must be a number from 1536 to "
         "65535"},
        {READ, "\"dpid\": 1", "\"dpid\": 18446744073709551616",
         "the reply to read has an invalid 'dpid': it must be a whole number of at most 64 bits"},
        {READ, "\"dpid\": 1", "\"dpid\": 1.5",
         "the reply to read has an invalid 'dpid': it must be a whole number of at most 64 bits"},
        {READ, "\"switch_port\": 4", "\"switch_port\": 4294967296",
         "the reply to read has an invalid 'switch_port': it must be a whole number of at most 32 "
         "bits"},
        {READ, "1795375481.223434", "\"now\"",
         "the reply to read has an invalid 'time_created': it must be a number"},
        {TC_STATE, "tc_started", "tc_stopped",
         "the reply to tc state has an invalid 'status': it must be tc_started"},
        {TC_STATE, "passive", "aktive",
         "the reply to tc state has an invalid 'mode': it must be active or passive"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        struct error error = {0};
        const char *body = change(cases[i].call, cases[i].what, cases[i].with, text);
        assert_int_equal(parse(cases[i].call, body, &error), -EBADMSG);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void a_reply_that_is_not_an_object_is_rejected(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "",
        " ",
        "null",
        "5",
        "[]",
        "[{}]",
        "\"Okay, got that\"",
        "\"\"",
        "\"{\\\"a\\\": \"",
        "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n</html>",
        "{\"result\": \"failure\", ",
        "{\"a\": 1} {\"b\": 2}",
        "{\"a\": 1, \"a\": 2}",
        "\xff\xfe{",
        "Traceback (most recent call last):\n  File \"x.py\", line 3",
        "&a [*a, *a]",
        "%TAG ! x"};
    for (enum call call = CREATE; call <= TC_STATE; call++) {
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
            struct error error = {0};
            assert_int_equal(parse(call, bodies[i], &error), -EBADMSG);
            assert_non_null(strstr(error.message, "the reply to"));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_encodings_are_equivalent),
        cmocka_unit_test(macs_are_accepted_in_any_notation),
        cmocka_unit_test(a_dpid_keeps_all_its_64_bits),
        cmocka_unit_test(the_location_is_unknown_before_the_discovery_frame),
        cmocka_unit_test(the_mode_is_read),
        cmocka_unit_test(the_first_missing_or_invalid_key_is_named),
        cmocka_unit_test(a_reply_that_is_not_an_object_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
