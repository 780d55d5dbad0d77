#include "control/join_note.h"

#include "base/clock.h"

#include <stdio.h>

#define INTERVAL_FIRST NS_PER_S
#define INTERVAL_MAX   (30 * NS_PER_S)
#define INTERVAL_RESET (60 * NS_PER_S)

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

static bool is_due(struct join_note_limit *limits, uint64_t now_ns) {
    const uint64_t since_ns = now_ns - limits->reported_ns;
    if (limits->interval_ns == 0 || since_ns > INTERVAL_RESET) {
        limits->interval_ns = INTERVAL_FIRST;
    } else if (since_ns < limits->interval_ns) {
        return false;
    } else {
        limits->interval_ns =
            limits->interval_ns * 2 < INTERVAL_MAX ? limits->interval_ns * 2 : INTERVAL_MAX;
    }
    limits->reported_ns = now_ns;
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
        return "check the controller's main policy and log";
    default:
        return "check the controller's log";
    }
}

void join_note(struct join_notes *notes, uint64_t now_ns, enum join_problem problem,
               const struct join_problem_context *at, char *note, size_t size) {
    if (!is_due(&notes->limits[problem][at->call], now_ns)) {
        return;
    }
    const char *name = call_names[at->call];
    char body[100];
    message_excerpt(at->body, at->length, body, sizeof body);
    switch (problem) {
    case JOIN_NO_REPLY:
        snprintf(note, size,
                 "%s: no reply from the controller (%s); check that it is running and reachable, "
                 "and nmeta_controller_address and _port",
                 name, *body ? body : "no reason given");
        break;
    case JOIN_BAD_STATUS:
        snprintf(note, size, "%s: the controller answered %ld (%s); %s", name, at->status, body,
                 status_remedy(at->call, at->status));
        break;
    case JOIN_BAD_REPLY:
        snprintf(note, size,
                 "%s; check that nmeta_controller_address is that of an nmeta2 controller", body);
        break;
    case JOIN_NOT_SEEN:
        snprintf(note, size,
                 "the controller saw no discovery frame (type 0x%04x) from %s; check that the "
                 "interface is up and cabled to a switch port, and that the switch is "
                 "connected to the controller",
                 at->ethertype, at->if_name);
        break;
    case JOIN_NOT_CONFIRMED:
        snprintf(note, size,
                 "no confirmation frame (type 0x%04x) arrived on %s; check that the interface is "
                 "promiscuous and that the switch is connected to the controller",
                 at->ethertype, at->if_name);
        break;
    case JOIN_UNKNOWN_UUID:
        snprintf(
            note, size,
            "%s: the controller no longer knows this session, probably after a restart; rejoining",
            name);
        break;
    case JOIN_SESSION_LOST:
        snprintf(note, size,
                 "the session is lost after too many failed keepalives, rejoining; check "
                 "that the controller is running and reachable");
        break;
    case JOIN_POLICY_REFUSED:
        snprintf(note, size,
                 "the data plane refused the controller's policy, which will be requested again; "
                 "fix the "
                 "reported faults");
        break;
    case JOIN_PROBLEM_COUNT:
        break;
    }
}
