#ifndef DPAE_DAEMON_REREAD_H
#define DPAE_DAEMON_REREAD_H

#include "daemon/daemon.h"
#include "daemon/interface.h"

/* SIGHUP: reads the configuration again and, standalone, the policy, and hands what has changed and
 * may change to the interfaces. The log says what is in force now and what takes a restart. A file
 * with errors changes nothing. A policy is handed over: interface_offer_policy(). */
void reread_files(const struct daemon_options *options, struct interface *interfaces,
                  unsigned count);

#endif
