#include "flow/flow.h"

#include "base/hash.h"

#include <string.h>

uint64_t flow_max_interval_ns(const struct flow *flow) {
    return flow->max_interval_ns;
}

uint64_t flow_min_interval_ns(const struct flow *flow) {
    uint64_t minimum = 0;
    const uint64_t of_direction[2] = {flow->min_interval_0_ns, flow->min_interval_1_ns};
    for (unsigned end = 0; end < 2; end++) {
        const uint64_t interval = of_direction[end];
        if (interval != FLOW_INTERVAL_NONE && interval != 0 &&
            (minimum == 0 || interval < minimum)) {
            minimum = interval;
        }
    }
    return minimum;
}

struct ends flow_ends(const struct flow *flow, unsigned a) {
    struct ends ends = {
        .ip_version = (uint8_t)flow_ip_version(flow),
        .proto = flow->proto,
        .port_a = flow->port[a],
        .port_b = flow->port[!a],
    };
    memcpy(ends.ip_a, flow->address[a], sizeof ends.ip_a);
    memcpy(ends.ip_b, flow->address[!a], sizeof ends.ip_b);
    return ends;
}

uint64_t flow_public_hash(const struct flow *flow) {
    const unsigned address_bytes = flow_ip_version(flow) == 6 ? 16 : 4;
    uint64_t hash = hash_bytes(HASH_START, &flow->proto, 1);
    for (unsigned end = 0; end < 2; end++) {
        const uint8_t port[2] = {(uint8_t)(flow->port[end] >> 8), (uint8_t)flow->port[end]};
        hash = hash_bytes(hash, flow->address[end], address_bytes);
        hash = hash_bytes(hash, port, 2);
    }
    return hash;
}

const char *flow_end_reason_name(enum flow_end_reason reason) {
    static const char *const names[FLOW_END_COUNT] = {
        [FLOW_END_IDLE] = "idle",   [FLOW_END_FIN] = "fin",         [FLOW_END_RST] = "rst",
        [FLOW_END_REUSE] = "reuse", [FLOW_END_EVICTED] = "evicted", [FLOW_END_STOP] = "stop",
    };
    return names[reason];
}
