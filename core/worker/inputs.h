#ifndef DPAE_WORKER_INPUTS_H
#define DPAE_WORKER_INPUTS_H

#include "base/error.h"
#include "base/faults.h"
#include "config/config.h"
#include "policy/policy_text.h"
#include "worker/shared.h"

/* What a process of the data plane reads from what the control process gave it. */

/* What that is, for the control process to give: a memory file that nobody may change any more, so
 * that a process which is started later reads what the others did, whatever became of config.yaml.
 * The database's password is none of its business. *fd is the caller's to close, also on failure
 * unless it is -1. */
int inputs_make_config(const struct config *config, int *fd, struct error *error);

/* The configuration, from the text at WORKER_FD_CONFIG (which is closed), not from the file, which
 * somebody may be editing; path is where it came from. */
int inputs_read_config(const char *path, struct config *config, struct error *error);

/* Parses the policy of the orders; free with policy_free(). NULL: faults say why. */
struct policy *inputs_read_policy(const struct policy_text *text, struct faults *faults);

/* Such a process has no purpose without the control process. To be asked for after the change of
 * user, which would undo it. */
int inputs_end_with_parent(const struct worker_orders *orders, struct error *error);

#endif
