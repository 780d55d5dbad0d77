#include "daemon/inputs.h"

#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int parse_config(const char *path, struct config *config, struct faults *faults,
                        struct error *error) {
    struct stat about;
    if (fstat(WORKER_FD_CONFIG, &about) != 0) {
        return error_set(error, -errno, "worker: configuration: %s", strerrordesc_np(errno));
    }
    const size_t length = (size_t)about.st_size;
    char *text = malloc(length + 1);
    int result;
    if (!text) {
        result = error_set(error, -ENOMEM, "worker: out of memory");
    } else if (pread(WORKER_FD_CONFIG, text, length, 0) != (ssize_t)length) {
        result = error_set(error, -EIO, "worker: configuration: cannot be read");
    } else if ((result = config_parse(path, text, length, config, faults)) != 0) {
        fault_format(&faults->items[0], error->message, sizeof error->message);
        error->code = result;
    }
    free(text);
    close(WORKER_FD_CONFIG);
    return result;
}

int inputs_read_config(const char *path, struct config *config, struct error *error) {
    struct faults faults = {0};
    const int result = parse_config(path, config, &faults, error);
    faults_free(&faults);
    return result;
}

struct policy *inputs_read_policy(const struct worker_orders *orders, struct faults *faults) {
    struct policy *policy;
    if (policy_parse(orders->policy, orders->policy_length, "main policy", &policy, faults) != 0 ||
        (orders->rules_length > 0 && policy_apply_rules(policy, orders->rules, orders->rules_length,
                                                        "optimised rules", faults) != 0)) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

/* The parent may be gone already. */
int inputs_end_with_parent(const struct worker_orders *orders, struct error *error) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != orders->control_pid) {
        return error_set(error, -ESRCH, "worker: the control process is gone");
    }
    return 0;
}
