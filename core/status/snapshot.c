#include "status/snapshot.h"

const char *status_worker_state_name(enum status_worker_state state) {
    static const char *const names[STATUS_WORKER_STATE_COUNT] = {
        [STATUS_WORKER_UP] = "up",
        [STATUS_WORKER_STARTING] = "starting",
        [STATUS_WORKER_STUCK] = "does not move",
        [STATUS_WORKER_WAITING] = "waits for its restart",
        [STATUS_WORKER_INTERFACE_LOST] = "waits for the interface",
    };
    return names[state];
}

const char *status_policy_name(enum status_policy policy) {
    static const char *const names[STATUS_POLICY_COUNT] = {
        [STATUS_POLICY_AWAITED] = "awaited",
        [STATUS_POLICY_REFUSED] = "refused",
        [STATUS_POLICY_PARTIAL] = "in force in part",
        [STATUS_POLICY_IN_FORCE] = "in force",
    };
    return names[policy];
}

const char *status_mode_name(const struct status_interface *interface) {
    if (interface->standalone) {
        return "standalone";
    }
    return !interface->session.up ? "" : interface->session.active ? "active" : "passive";
}
