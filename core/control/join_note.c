#include "control/join_note.h"

#include "base/clock.h"

#include <stdio.h>

#define SILENCE_FIRST NS_PER_S
#define SILENCE_MOST  (30 * NS_PER_S)
#define FORGOTTEN     (60 * NS_PER_S)

static const char *const call_names[] = {
    [JOIN_CALL_NONE] = "advice",
    [JOIN_CALL_CREATE] = "create",
    [JOIN_CALL_READ] = "read",
    [JOIN_CALL_SEND_CONF] = "send_conf_packet",
    [JOIN_CALL_MAIN_POLICY] = "main_policy",
    [JOIN_CALL_OPT_RULES] = "opt_rules",
    [JOIN_CALL_TC_STATE] = "tc state",
    [JOIN_CALL_KEEPALIVE] = "keepalive",
};

static bool may_tell(struct join_note_pace *pace, uint64_t now_ns) {
    const uint64_t since_ns = now_ns - pace->told_ns;
    if (pace->silence_ns == 0 || since_ns > FORGOTTEN) {
        pace->silence_ns = SILENCE_FIRST;
    } else if (since_ns < pace->silence_ns) {
        return false;
    } else {
        pace->silence_ns =
            pace->silence_ns * 2 < SILENCE_MOST ? pace->silence_ns * 2 : SILENCE_MOST;
    }
    pace->told_ns = now_ns;
    return true;
}

static const char *status_remedy(enum join_call call, long status) {
    if (status == 401 || status == 403) {
        return "check the bearer token and the client certificate";
    }
    if (status == 404) {
        return "check nmeta_api_path";
    }
    switch (call) {
    case JOIN_CALL_SEND_CONF:
        return "check that the switch is connected to the controller";
    case JOIN_CALL_MAIN_POLICY:
    case JOIN_CALL_OPT_RULES:
        return "check the main policy of the controller, and its log";
    default:
        return "check the log of the controller";
    }
}

void join_note(struct join_notes *notes, uint64_t now_ns, enum join_trouble trouble,
               const struct join_trouble_at *at, char *note, size_t size) {
    if (!may_tell(&notes->pace[trouble][at->call], now_ns)) {
        return;
    }
    const char *name = call_names[at->call];
    char body[100];
    message_excerpt(at->body, at->length, body, sizeof body);
    switch (trouble) {
    case JOIN_NO_REPLY:
        snprintf(note, size,
                 "%s: no reply from the controller (%s); check that it runs and can be reached, "
                 "and nmeta_controller_address and _port",
                 name, *body ? body : "no reason given");
        break;
    case JOIN_BAD_STATUS:
        snprintf(note, size, "%s: the controller answered %ld (%s); %s", name, at->status, body,
                 status_remedy(at->call, at->status));
        break;
    case JOIN_BAD_REPLY:
        snprintf(note, size,
                 "%s; check that nmeta_controller_address leads to an nmeta2 controller", body);
        break;
    case JOIN_NOT_SEEN:
        snprintf(note, size,
                 "the controller saw no discovery frame (type 0x%04x) from %s; check that the "
                 "interface is up, that its cable leads to a switch port, and that this switch is "
                 "connected to the controller",
                 at->ethertype, at->if_name);
        break;
    case JOIN_NOT_CONFIRMED:
        snprintf(note, size,
                 "no confirmation frame (type 0x%04x) came in on %s; check that the interface is "
                 "promiscuous, and that the switch is connected to the controller",
                 at->ethertype, at->if_name);
        break;
    case JOIN_UNKNOWN_UUID:
        snprintf(
            note, size,
            "%s: the controller does not know this session any more; it was restarted, joining "
            "again",
            name);
        break;
    case JOIN_SESSION_LOST:
        snprintf(note, size,
                 "too many keepalives failed in a row, the session is lost, joining again; check "
                 "that the controller runs and can be reached");
        break;
    case JOIN_POLICY_REFUSED:
        snprintf(note, size,
                 "the policy of the controller was not taken, it is asked for again; mend what was "
                 "reported of it");
        break;
    case JOIN_TROUBLE_COUNT:
        break;
    }
}
