#ifndef DPAE_CLI_MACHINE_H
#define DPAE_CLI_MACHINE_H

#include "cli/load_inputs.h"

/* Warns if the interfaces, files, folders or the user of a valid configuration are missing on
 * this machine, and, as root, if that user cannot read classifiers or helper modules. These are
 * only warnings: another machine or user may have them. */
void machine_check(struct inputs *inputs);

#endif
