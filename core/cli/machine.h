#ifndef DPAE_CLI_MACHINE_H
#define DPAE_CLI_MACHINE_H

#include "cli/inputs.h"

/* Looks on this machine for the interfaces, files, folders and the user that a valid configuration
 * names, and, when this is root, whether that user can read classifiers and helper modules. What is
 * missing may be in order on another machine, or for another user: it is a warning. */
void machine_check(struct inputs *inputs);

#endif
