#include "daemon/rehearsal.h"

#include "base/clock.h"
#include "daemon/spawn.h"
#include "policy/policy.h"
#include "worker/confine.h"
#include "worker/inputs.h"
#include "worker/memory_file.h"
#include "worker/privilege.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* For one classifier, or what is before and behind all of them. */
#define LIMIT_NS (5 * NS_PER_S)
/* For all of them; it may say that it goes on for ever. */
#define LIMIT_ALL_NS (SCRIPT_CLASSIFIERS_MAX * LIMIT_NS)
/* Each classifier may end two. */
#define STARTS_MAX (2 * SCRIPT_CLASSIFIERS_MAX + 1)
/* For all: what is left of one when the control process is gone, too. */
#define LIMIT_CPU_S 60

enum status { STATUS_PASSED = 0, STATUS_FAILED = 2 };

int rehearsal_open(struct rehearsal *rehearsal, struct error *error) {
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW;
    memset(rehearsal, 0, sizeof *rehearsal);
    rehearsal->noted_fd = -1;
    rehearsal->orders = memory_file_make("dpae-offered", sizeof *rehearsal->orders,
                                         fixed | F_SEAL_FUTURE_WRITE, &rehearsal->orders_fd);
    if (rehearsal->orders) {
        rehearsal->noted =
            memory_file_make("dpae-noted", sizeof *rehearsal->noted, fixed, &rehearsal->noted_fd);
    }
    if (!rehearsal->noted) {
        return error_set(error, -errno, "rehearsal: shared memory: %s", strerrordesc_np(errno));
    }
    rehearsal->orders->control_pid = getpid();
    return 0;
}

void rehearsal_close(struct rehearsal *rehearsal) {
    rehearsal_stop(rehearsal);
    memory_file_close(rehearsal->orders, sizeof *rehearsal->orders, rehearsal->orders_fd);
    memory_file_close(rehearsal->noted, sizeof *rehearsal->noted, rehearsal->noted_fd);
    rehearsal->orders = NULL;
    rehearsal->noted = NULL;
}

static int spawn(struct rehearsal *rehearsal, int output, struct error *error) {
    const struct child *child = rehearsal->child;
    char *const argv[] = {"dpae", REHEARSAL_COMMAND, (char *)child->config_path, NULL};
    const struct spawn_file files[] = {{rehearsal->noted_fd, WORKER_FD_SHARED},
                                       {rehearsal->orders_fd, WORKER_FD_ORDERS},
                                       {child->config_fd, WORKER_FD_CONFIG},
                                       {output, STDOUT_FILENO}};
    return spawn_self("rehearsal", argv, files, sizeof files / sizeof *files,
                      WORKER_FD_SHARED + WORKER_FD_COUNT, &rehearsal->pid, error);
}

/* The process, which leaves out who has ended one before it. */
static int start(struct rehearsal *rehearsal, struct error *error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    }
    const int output = memory_file_raise(ends[1]);
    rehearsal->output = ends[0];
    rehearsal->told = rehearsal->length;
    rehearsal->starts++;
    atomic_store(&rehearsal->noted->left_out, rehearsal->left_out);
    memset(rehearsal->noted->name, 0, sizeof rehearsal->noted->name);
    atomic_store(&rehearsal->noted->files, 0);
    atomic_store(&rehearsal->noted->admission.used, 0);
    atomic_store(&rehearsal->noted->loading, 0);
    rehearsal->started_ns = rehearsal->moved_ns = clock_monotonic_ns();
    const int result = output >= 0
                           ? spawn(rehearsal, output, error)
                           : error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    if (output >= 0) {
        close(output);
    }
    if (result != 0) {
        close(rehearsal->output);
    }
    return result;
}

int rehearsal_start(struct rehearsal *rehearsal, const struct child *child, struct error *error) {
    rehearsal->child = child;
    rehearsal->length = 0;
    rehearsal->suspect = rehearsal->left_out = rehearsal->starts = 0;
    rehearsal->text[0] = '\0';
    return start(rehearsal, error);
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

static void tell(struct rehearsal *rehearsal, const char *name, const char *what) {
    const size_t room = sizeof rehearsal->text - rehearsal->length;
    const int length = name ? snprintf(rehearsal->text + rehearsal->length, room,
                                       "%s\tclassifier %s %s\n", name, name, what)
                            : snprintf(rehearsal->text + rehearsal->length, room,
                                       "the process that tries them out %s\n", what);
    rehearsal->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* How it ended, if it has not come to say it itself. */
static void tell_end(struct rehearsal *rehearsal, bool loading, int status, bool late) {
    char name[sizeof rehearsal->noted->name], what[96];
    snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, rehearsal->noted->name);
    if (late) {
        snprintf(what, sizeof what, "took more than %d s", (int)(LIMIT_NS / NS_PER_S));
    } else {
        const char *abbreviation = sigabbrev_np(WTERMSIG(status));
        snprintf(what, sizeof what, "%s signal %d (%s)",
                 loading ? "ended the process that tried it out by" : "was ended by",
                 WTERMSIG(status), abbreviation ? abbreviation : "unknown");
    }
    tell(rehearsal, loading && policy_classifier_name_valid(name) ? name : NULL, what);
}

/* The process came to no end of its own: once more, without the classifier that it was loading.
 * When it may have had nothing to do with that, the first time without a change. Returns whether
 * there is a next one. */
static bool try_again(struct rehearsal *rehearsal, int status, bool late) {
    struct rehearsal_record *noted = rehearsal->noted;
    struct error ignored;
    const bool said = rehearsal->length > rehearsal->told;
    const uint32_t loading = atomic_load(&noted->loading);
    const bool more = rehearsal->starts < STARTS_MAX;
    if (!said && !late && rehearsal->suspect != loading + 1 && more) {
        rehearsal->suspect = loading + 1;
        return start(rehearsal, &ignored) == 0;
    }
    if (!said) {
        tell_end(rehearsal, loading != 0, status, late);
    }
    if (loading == 0 || loading > SCRIPT_CLASSIFIERS_MAX || !more ||
        rehearsal->left_out >> (loading - 1) & 1) {
        return false;
    }
    rehearsal->left_out |= 1u << (loading - 1);
    return start(rehearsal, &ignored) == 0;
}

static bool is_late(struct rehearsal *rehearsal, uint64_t now_ns) {
    const uint32_t place =
        atomic_load(&rehearsal->noted->files) << 8 | atomic_load(&rehearsal->noted->loading);
    if (place != rehearsal->place) {
        rehearsal->place = place;
        rehearsal->moved_ns = now_ns;
    }
    return now_ns > rehearsal->moved_ns + (uint64_t)LIMIT_NS ||
           now_ns > rehearsal->started_ns + (uint64_t)LIMIT_ALL_NS;
}

enum rehearsal_result rehearsal_look(struct rehearsal *rehearsal, uint64_t now_ns) {
    int status;
    const bool late = is_late(rehearsal, now_ns);
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
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == STATUS_PASSED ? REHEARSAL_PASSED : REHEARSAL_FAILED;
    }
    return try_again(rehearsal, status, late) ? REHEARSAL_UNDER_WAY : REHEARSAL_FAILED;
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
                 why == SCRIPT_STUCK ? "is in a call that its limits do not end, a defect of dpae"
                                     : "uses far too much memory");
    const ssize_t written = write(STDOUT_FILENO, text, (size_t)length);
    (void)written;
    raise(SIGKILL);
}

/* Faults of loading are in the order of the set: one of each that is not ready, but for those that
 * were told of when they ended a process before this one. */
static void tell_refused(const struct script_host *host, const struct rehearsal_record *noted,
                         const struct faults *faults) {
    const uint32_t not_here = script_host_ready(host) | atomic_load(&noted->left_out);
    size_t told = 0;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && told < faults->count; i++) {
        char text[640];
        if (!(not_here >> i & 1)) {
            fault_format(&faults->items[told++], text, sizeof text);
            printf("%s\t%s\n", script_host_name(host, i), text);
        }
    }
}

static int load(const struct config *config, const struct policy *policy,
                struct rehearsal_record *noted, struct error *error) {
    struct script_options options = pipeline_script_options(config);
    struct script_host *host;
    struct faults faults = {0}, ignored = {0}; /* the latter are about the policy: see workers */
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    options.budget_us = config->classifier_budget_us;
    options.give_up = give_up;
    options.noted = noted;
    if (script_host_new(&host, &options, error) != 0) {
        return error->code;
    }
    const char *const folders[] = {config->classifiers_directory, config->lua_directory};
    int result = confine_process(folders, 2, error);
    if (result == 0) {
        const unsigned count =
            pipeline_list_classifiers(policy, &config->classifier_shadow, names, &ignored);
        result = script_host_load(host, names, count, &faults) == -ENOMEM
                     ? error_set(error, -ENOMEM, "not enough memory to load classifiers")
                     : 0;
        if (result == 0) {
            tell_refused(host, noted, &faults);
        }
    }
    faults_free(&ignored);
    faults_free(&faults);
    script_host_free(host);
    return result;
}

static int refuse_policy(const struct faults *faults, struct error *error) {
    const struct fault *fault = faults_first_error(faults);
    if (!fault) {
        return error_set(error, -EINVAL, "out of memory for the policy");
    }
    fault_format(fault, error->message, sizeof error->message);
    return error->code = -EINVAL;
}

static int rehearse(const char *path, struct error *error) {
    struct faults faults = {0};
    struct config config = {0};
    struct policy *policy = NULL;
    const struct rlimit cpu = {.rlim_cur = LIMIT_CPU_S, .rlim_max = LIMIT_CPU_S};
    const struct worker_orders *orders =
        mmap(NULL, sizeof *orders, PROT_READ, MAP_SHARED, WORKER_FD_ORDERS, 0);
    struct rehearsal_record *noted =
        mmap(NULL, sizeof *noted, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_FD_SHARED, 0);
    if (orders == MAP_FAILED || noted == MAP_FAILED || setrlimit(RLIMIT_CPU, &cpu) != 0) {
        return error_set(error, -errno, "rehearsal: %s", strerrordesc_np(errno));
    }
    int result = inputs_read_config(path, &config, error);
    if (result == 0) {
        const struct policy_text text = policy_block_text(&orders->policy);
        policy = inputs_read_policy(&text, &faults);
        result = policy ? 0 : refuse_policy(&faults, error);
    }
    if (result == 0) {
        result = privilege_drop(config.run_as, error);
    }
    if (result == 0) {
        result = inputs_end_with_parent(orders, error);
    }
    if (result == 0) {
        result = load(&config, policy, noted, error);
    }
    faults_free(&faults);
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
