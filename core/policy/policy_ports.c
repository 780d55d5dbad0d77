#include "policy/policy_internal.h"

#include <regex.h>

/* A DPAE does not use the port sets; it checks them so that `dpae check` finds faults that would
 * stop the controller. */

enum switch_key { SWITCH_DPID, SWITCH_PORTS, SWITCH_KEYS };
static const char *const switch_keys[SWITCH_KEYS] = {"DPID", "ports"};

static void read_switch(const struct policy_reader *reader, const struct yaml_node *node,
                        const regex_t *ports) {
    const struct yaml_node *values[SWITCH_KEYS];
    if (!policy_check_keys(reader, node, "a switch of all_access_ports", switch_keys, SWITCH_KEYS,
                           values)) {
        return;
    }
    uint64_t dpid;
    if (values[SWITCH_DPID] && !yaml_as_uint(values[SWITCH_DPID], &dpid)) {
        policy_fault(reader, FAULT_ERROR, values[SWITCH_DPID],
                     "DPID must be a number of up to 64 bits; write it without quotes");
    }
    const struct yaml_node *list = values[SWITCH_PORTS];
    if (list && (list->kind != YAML_SCALAR || regexec(ports, list->text, 0, NULL, 0) != 0)) {
        policy_fault(reader, FAULT_ERROR, list,
                     "ports must be numbers and ranges; write them as 1-3,5,66");
    }
}

void policy_read_port_sets(const struct policy_reader *reader, const struct yaml_node *node) {
    if (!policy_check_mapping(reader, node, "port_sets")) {
        return;
    }
    const struct yaml_node *list = yaml_find(node, "all_access_ports");
    if (!list) {
        policy_fault(reader, FAULT_ERROR, node,
                     "port_sets lacks the key 'all_access_ports'; add it");
        return;
    }
    regex_t ports;
    if (regcomp(&ports, "^ *[0-9]+(-[0-9]+)?( *, *[0-9]+(-[0-9]+)?)* *$",
                REG_EXTENDED | REG_NOSUB) != 0) {
        policy_fault_memory(reader);
        return;
    }
    if (policy_check_sequence(reader, list, "all_access_ports")) {
        for (size_t i = 0; i < list->count; i++) {
            const struct yaml_node *entry =
                policy_check_single(reader, list->items[i], "an item of all_access_ports");
            if (entry) {
                read_switch(reader, entry, &ports);
            }
        }
    }
    regfree(&ports);
}
