#ifndef DPAE_CLI_GIVE_UP_H
#define DPAE_CLI_GIVE_UP_H

#include "script/host.h"

/* A script_give_up: ends the program, with the classifier that leaves no choice named on stderr,
 * and what was written to files so far written. */
void give_up(enum script_end why, const char *classifier, const char *place);

#endif
