#include "worker/inputs.h"

#include "worker/memory_file.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_config(const struct config *config, int fd) {
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    int result = file ? config_write_public(config, file) : -errno;
    if (file && fclose(file) != 0 && result == 0) {
        result = -errno;
    }
    if (result == 0 && write(fd, text, length) != (ssize_t)length) {
        result = errno ? -errno : -EIO;
    }
    free(text);
    return result;
}

int inputs_make_config(const struct config *config, int *fd, struct error *error) {
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    *fd = memory_file_raise(memfd_create("dpae-config", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    int result = *fd >= 0 ? write_config(config, *fd) : -errno;
    if (result == 0 && fcntl(*fd, F_ADD_SEALS, seals) != 0) {
        result = -errno;
    }
    return result == 0 ? 0
                       : error_set(error, result, "configuration: shared memory: %s",
                                   strerrordesc_np(-result));
}

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

struct policy *inputs_read_policy(const struct policy_text *text, struct faults *faults) {
    static const struct policy_sources sources = {.policy = "main policy",
                                                  .rules = "optimised rules"};
    struct policy *policy;
    return policy_text_parse(text, &sources, &policy, faults) == 0 ? policy : NULL;
}

/* The parent may be gone already. */
int inputs_end_with_parent(const struct worker_orders *orders, struct error *error) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != orders->control_pid) {
        return error_set(error, -ESRCH, "worker: the control process is gone");
    }
    return 0;
}
