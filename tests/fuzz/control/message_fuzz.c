#include "control/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct message_identity identity = {
    .hostname_dpae = "localhost",
    .if_name = "dpae0",
    .uuid_dpae = "5d76e166-e6aa-11f1-948a-0dd1b940e8f9",
    .uuid_controller = "5d78f7c6-e6aa-11f1-948a-e14bd5811b2f",
};

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

/* A reply is either accepted whole and within its limits, or rejected with a reason. */
static void parse_replies(const char *body, size_t size) {
    struct error error = {0};
    struct message_created created = {.dpae_ethertype = 1};
    if (message_parse_created(body, size, &identity, &created, &error) == 0) {
        check(strlen(created.uuid_controller) < MESSAGE_UUID && created.uuid_controller[0] != '\0');
        check(!strchr(created.uuid_controller, '/') && created.dpae_ethertype >= 0x600);
    } else {
        check(error.code < 0 && error.message[0] != '\0' && created.dpae_ethertype == 1);
    }
    struct message_location place = {0};
    error = (struct error){0};
    check((message_parse_location(body, size, &identity, &place, &error) == 0) ==
          (error.code == 0));
    enum policy_mode mode = POLICY_PASSIVE;
    error = (struct error){0};
    check((message_parse_tc_state(body, size, &identity, &mode, &error) == 0) == (error.code == 0));
    check(mode == POLICY_PASSIVE || mode == POLICY_ACTIVE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *body = (const char *)data;
    parse_replies(body, size);
    (void)message_is_confirmation(body, size, &identity);
    check(!message_is_unknown_uuid(body, size) || size >= strlen("UUID not in DB"));
    (void)message_is_unconfirmed(body, size);

    char text[64];
    message_excerpt(body, size, text, sizeof text);
    check(strlen(text) < sizeof text && !strpbrk(text, "\n\r\x1b"));

    char *policy = malloc(size + 1);
    check(policy && message_policy_text(body, size, policy, size) <= size);
    free(policy);
    return 0;
}
