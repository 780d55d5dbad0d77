#ifndef DPAE_CLI_COMMANDS_H
#define DPAE_CLI_COMMANDS_H

#include "cli/options.h"

extern const struct cli_command run_command, replay_command, check_command, new_command,
    test_command, flows_command;

/* Internal commands, started by `dpae run`. */
extern const struct cli_command worker_command, rehearse_command;

#endif
