#include "daemon/rehearsal.h"

#include "base/clock.h"
#include "daemon/confine.h"
#include "daemon/inputs.h"
#include "daemon/privilege.h"
#include "daemon/spawn.h"
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_NS    (10 * NS_PER_S)
#define LIMIT_CPU_S 5

enum status { STATUS_PASSED = 0, STATUS_FAILED = 2 };

static int spawn(struct rehearsal *rehearsal, const struct child *child, int output,
                 struct error *error) {
    char *const argv[] = {"dpae", REHEARSAL_COMMAND, (char *)child->config_path, NULL};
    const struct spawn_file files[] = {{child->orders_fd, WORKER_FD_ORDERS},
                                       {child->config_fd, WORKER_FD_CONFIG},
                                       {output, STDOUT_FILENO}};
    return spawn_self("rehearsal", argv, files, sizeof files / sizeof *files,
                      WORKER_FD_SHARED + WORKER_FD_COUNT, &rehearsal->pid, error);
}

int rehearsal_start(struct rehearsal *rehearsal, const struct child *child, struct error *error) {
    int ends[2];
    memset(rehearsal, 0, sizeof *rehearsal);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    }
    const int output = child_high_descriptor(ends[1]);
    rehearsal->output = ends[0];
    rehearsal->started_ns = clock_monotonic_ns();
    const int result = output >= 0
                           ? spawn(rehearsal, child, output, error)
                           : error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    if (output >= 0) {
        close(output);
    }
    if (result != 0) {
        close(rehearsal->output);
    }
    return result;
}

/* Whatever comes is printable in the log, which escapes. */
static void read_output(struct rehearsal *rehearsal) {
    for (ssize_t got = 1; got > 0 && rehearsal->length + 1 < sizeof rehearsal->text;) {
        got = read(rehearsal->output, rehearsal->text + rehearsal->length,
                   sizeof rehearsal->text - 1 - rehearsal->length);
        rehearsal->length += got > 0 ? (size_t)got : 0;
    }
    rehearsal->text[rehearsal->length] = '\0';
}

enum rehearsal_result rehearsal_look(struct rehearsal *rehearsal, uint64_t now_ns) {
    int status;
    const bool late = now_ns > rehearsal->started_ns + (uint64_t)LIMIT_NS;
    if (late) {
        kill(rehearsal->pid, SIGKILL);
    }
    read_output(rehearsal); /* it must not wait for room */
    if (waitpid(rehearsal->pid, &status, late ? 0 : WNOHANG) != rehearsal->pid) {
        return REHEARSAL_UNDER_WAY;
    }
    read_output(rehearsal);
    close(rehearsal->output);
    rehearsal->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == STATUS_PASSED ? REHEARSAL_PASSED
                                                                     : REHEARSAL_FAILED;
}

void rehearsal_stop(struct rehearsal *rehearsal) {
    if (rehearsal->pid != 0) {
        kill(rehearsal->pid, SIGKILL);
        waitpid(rehearsal->pid, NULL, 0);
        close(rehearsal->output);
        rehearsal->pid = 0;
    }
}

/* What follows is the process itself. */

/* Called in a signal handler or an allocator: stdout may be in use. */
static void give_up(enum script_end why, const char *classifier, const char *place) {
    char text[256];
    (void)place;
    const int length =
        snprintf(text, sizeof text, "%s\tclassifier %s %s\n", classifier, classifier,
                 why == SCRIPT_STUCK ? "is stuck in a function of Lua that cannot be interrupted"
                                     : "uses far too much memory");
    const ssize_t written = write(STDOUT_FILENO, text, (size_t)length);
    (void)written;
    raise(SIGKILL);
}

/* Faults of loading are in the order of the set: one of each that is not ready. */
static void tell_refused(const struct script_host *host, const struct faults *faults) {
    size_t told = 0;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && told < faults->count; i++) {
        char text[640];
        if (!(script_host_ready(host) >> i & 1)) {
            fault_format(&faults->items[told++], text, sizeof text);
            printf("%s\t%s\n", script_host_name(host, i), text);
        }
    }
}

static int load(const struct config *config, const struct policy *policy, struct faults *ignored,
                struct error *error) {
    struct script_options options = pipeline_script_options(config);
    struct script_host *host;
    struct faults faults = {0};
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    options.give_up = give_up;
    if (script_host_new(&host, &options, error) != 0) {
        return error->code;
    }
    const char *const folders[] = {config->classifiers_directory, config->lua_directory};
    int result = confine_process(folders, 2, error);
    if (result == 0) {
        const unsigned count =
            pipeline_list_classifiers(policy, &config->classifier_shadow, names, ignored);
        result = script_host_load(host, names, count, &faults) == -ENOMEM
                     ? error_set(error, -ENOMEM, "not enough memory to load classifiers")
                     : 0;
        if (result == 0) {
            tell_refused(host, &faults);
        }
    }
    faults_free(&faults);
    script_host_free(host);
    return result;
}

static int rehearse(const char *path, struct error *error) {
    struct faults ignored = {0}; /* the workers have told them when they took the policy */
    struct config config = {0};
    struct policy *policy = NULL;
    const struct rlimit cpu = {.rlim_cur = LIMIT_CPU_S, .rlim_max = LIMIT_CPU_S};
    const struct worker_orders *orders =
        mmap(NULL, sizeof *orders, PROT_READ, MAP_SHARED, WORKER_FD_ORDERS, 0);
    if (orders == MAP_FAILED || setrlimit(RLIMIT_CPU, &cpu) != 0) {
        return error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    }
    int result = inputs_read_config(path, &config, error);
    if (result == 0) {
        policy = inputs_read_policy(orders->policy, orders->policy_length, orders->rules,
                                    orders->rules_length, &ignored);
        result = policy ? 0 : error_set(error, -EINVAL, "there is no policy");
    }
    if (result == 0) {
        result = privilege_drop(config.run_as, error);
    }
    if (result == 0) {
        result = inputs_end_with_parent(orders, error);
    }
    if (result == 0) {
        result = load(&config, policy, &ignored, error);
    }
    faults_free(&ignored);
    policy_free(policy);
    config_free(&config);
    return result;
}

int rehearsal_main(int argc, char **argv) {
    struct error error = {0};
    if (argc != 2) {
        fputs("dpae: rehearse: it is started by dpae run\n", stderr);
        return STATUS_FAILED;
    }
    if (rehearse(argv[1], &error) != 0) {
        puts(error.message);
        return STATUS_FAILED;
    }
    return STATUS_PASSED;
}
