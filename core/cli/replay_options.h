#ifndef DPAE_CLI_REPLAY_OPTIONS_H
#define DPAE_CLI_REPLAY_OPTIONS_H

#include "event/writer.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The command line of `dpae replay`. */
struct replay_arguments {
    const char *policy, *config, *output;
    const char *classifiers[POLICY_CLASSIFIERS_MAX +
                            1]; /* with room for one too many, which the policy rejects */
    size_t classifier_count;
    char shadow_of[POLICY_NAME_MAX]; /* empty: no shadow run */
    const char *shadow;
    uint64_t packet; /* show this packet, then stop; 0: off */
    enum event_format format;
    bool explain, flows, store, profile, progress, quiet;
};

/* As cli_parse(), into zeroed arguments; ensures at least one operand. */
int replay_parse(int argc, char **argv, struct replay_arguments *arguments, int *status);

int replay_run(int argc, char **argv); /* replay.c */

#endif
