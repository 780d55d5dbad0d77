#ifndef DPAE_WORKER_CONFINE_H
#define DPAE_WORKER_CONFINE_H

#include "base/error.h"

/* A worker parses hostile bytes and runs other people's scripts: from here on this process, for
 * good, opens no socket, starts no process, and reads no file but those within these folders (count
 * of them; one that does not exist is passed over); what it has open stays open. A system call that
 * it has no use for fails with EPERM. Where the kernel has no Landlock (before Linux 5.13, or
 * switched off) files are left to the permissions of the process's user, and the log says so; but
 * with no folder none can be opened there, either.
 *
 * Needs no_new_privs: privilege_drop() comes first. */
int confine_process(const char *const *folders, unsigned count, struct error *error);

#endif
