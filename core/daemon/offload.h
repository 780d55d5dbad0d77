#ifndef DPAE_DAEMON_OFFLOAD_H
#define DPAE_DAEMON_OFFLOAD_H

#include <stdbool.h>

/* Receive offloads glue packets together into frames larger than the MTU, which can not be returned
 * as they came: GRO and LRO of an interface whose frames go back must be off. */
struct offloads {
    bool gro, lro; /* were on before */
};

/* Switches both off and notes what was on. What the interface does not know, or does not let be
 * changed, stays. */
void offload_switch_off(const char *interface, struct offloads *before);

/* Switches on what was on before. */
void offload_restore(const char *interface, const struct offloads *before);

#endif
