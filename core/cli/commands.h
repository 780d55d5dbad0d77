#ifndef DPAE_CLI_COMMANDS_H
#define DPAE_CLI_COMMANDS_H

#include "cli/options.h"

extern const struct cli_command replay_command, check_command;

#endif
