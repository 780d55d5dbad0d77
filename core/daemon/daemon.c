#include "daemon/daemon.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "control/http.h"
#include "daemon/folders.h"
#include "daemon/interface.h"
#include "daemon/publish.h"
#include "daemon/reread.h"
#include "daemon/spawn.h"
#include "daemon/storing.h"
#include "status/status.h"
#include "worker/inputs.h"
#include "worker/privilege.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_MS  50
#define FLUSH_NS (5 * NS_PER_S)
/* What the database gets in any case; what it does not take by then is in the spool. */
#define STORE_FLUSH_MS 500

struct daemon {
    const struct daemon_options *options;
    struct interface interfaces[CONFIG_INTERFACES_MAX];
    unsigned count;
    int signal_fd, config_fd;
    struct folders folders;
    pthread_mutex_t recording; /* interfaces have threads of their own */
    struct status *status;     /* NULL: none */
    pthread_mutex_t looking;   /* while workers are supervised: the status thread looks, too */
    uint64_t started_ns;
    bool to_end;
    struct storing storing;
};

static void record(void *context, const struct event *event) {
    struct daemon *daemon = context;
    pthread_mutex_lock(&daemon->recording);
    daemon->options->recorder.record(daemon->options->recorder.context, event);
    pthread_mutex_unlock(&daemon->recording);
}

/* Signals are read where it suits; workers and threads get none of them. */
static int catch_signals(struct daemon *daemon, struct error *error) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
        return error_set(error, -errno, "signals: %s", strerrordesc_np(errno));
    }
    daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (daemon->signal_fd < 0) {
        return error_set(error, -errno, "signals: %s", strerrordesc_np(errno));
    }
    return 0;
}

/* What would end every worker, again and again. */
static int check_workers(const struct daemon *daemon, struct error *error) {
    const struct config *config = daemon->options->config;
    const int result = privilege_check(config->run_as, config->classifiers_directory, error);
    return result != 0 ? result : privilege_check(config->run_as, config->lua_directory, error);
}

static int open_interfaces(struct daemon *daemon, struct error *error) {
    const struct event_recorder recorder = {.record = record, .context = daemon};
    const char *at = daemon->options->interfaces;
    while (*at && daemon->count < CONFIG_INTERFACES_MAX) {
        char name[16];
        const size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length + (at[length] == ',');
        struct interface *interface = &daemon->interfaces[daemon->count++];
        if (interface_open(interface, name, daemon->options->config, daemon->config_fd, recorder,
                           error) != 0) {
            if (daemon->options->interfaces == daemon->options->config->sniff_if_names) {
                error_prefix(error, "sniff_if_names in %s: ", daemon->options->config->path);
            }
            return error->code;
        }
    }
    return 0;
}

/* Called from the status thread. */
static void fill(void *context, struct status_snapshot *snapshot) {
    struct daemon *daemon = context;
    snapshot->version = daemon->options->version;
    snapshot->started_ns = daemon->started_ns;
    snapshot->now_ns = clock_wall_ns();
    snapshot->interface_count = daemon->count;
    publish_tables(&snapshot->tables);
    for (unsigned i = 0; i < daemon->count; i++) {
        publish_interface(&daemon->interfaces[i], &snapshot->interfaces[i]);
    }
    pthread_mutex_lock(&daemon->looking);
    for (unsigned i = 0; i < daemon->count; i++) {
        publish_workers(&daemon->interfaces[i], &snapshot->interfaces[i]);
    }
    publish_store(&daemon->storing, &snapshot->store);
    pthread_mutex_unlock(&daemon->looking);
}

/* A daemon without a status page does its work: what is in its way is told, and that is all. */
static void open_status(struct daemon *daemon) {
    const struct config *config = daemon->options->config;
    const struct status_options options = {.address = config->status_address,
                                           .port = config->status_port,
                                           .fill = fill,
                                           .context = daemon};
    struct error error;
    if (config->status_port != 0 && status_open(&daemon->status, &options, &error) != 0) {
        log_error(LOG_NMETA_DPAE,
                  "%s; dpae goes on without it: set another status_address or status_port in %s "
                  "(port 0: none)",
                  error.message, config->path);
    }
}

static void start_status(struct daemon *daemon) {
    struct error error;
    if (!daemon->status) {
        return;
    }
    if (status_start(daemon->status, &error) != 0) {
        log_error(LOG_NMETA_DPAE, "%s; dpae goes on without it", error.message);
        status_close(daemon->status);
        daemon->status = NULL;
        return;
    }
    const char *address = daemon->options->config->status_address;
    const bool v6 = strchr(address, ':') != NULL;
    log_info(LOG_NMETA_DPAE, "status page: http://%s%s%s:%u/", v6 ? "[" : "", address,
             v6 ? "]" : "", status_port(daemon->status));
}

/* True when the daemon is to end. */
static bool read_signals(struct daemon *daemon) {
    struct signalfd_siginfo info;
    bool end = false;
    while (read(daemon->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reread_files(daemon->options, daemon->interfaces, daemon->count);
        }
        end |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
    }
    return end;
}

static int join(struct daemon *daemon, struct error *error) {
    int result = 0;
    for (unsigned i = 0; i < daemon->count && result == 0; i++) {
        result = interface_join(&daemon->interfaces[i], daemon->options->version, error);
    }
    return result;
}

/* The policy of --standalone: it is waited for, unless the daemon is to end before. */
static int take_policy(struct daemon *daemon, struct error *error) {
    const struct daemon_options *options = daemon->options;
    bool all_settled = false, all_in_force = true;
    for (unsigned i = 0; i < daemon->count; i++) {
        all_in_force &=
            interface_offer_policy(&daemon->interfaces[i], options->policy) != OFFER_REFUSED;
    }
    while (all_in_force && !all_settled && !daemon->to_end) {
        all_settled = true;
        for (unsigned i = 0; i < daemon->count; i++) {
            bool in_force;
            interface_supervise(&daemon->interfaces[i], clock_monotonic_ns());
            all_settled &= interface_has_settled(&daemon->interfaces[i], &in_force);
            all_in_force &= in_force;
        }
        daemon->to_end = read_signals(daemon);
        usleep(2000);
    }
    return all_in_force ? 0 : error_set(error, -EINVAL, "the policy is refused; see above");
}

static int begin(struct daemon *daemon, struct error *error) {
    const struct daemon_options *options = daemon->options;
    if (!options->policy && http_global_init(error) != 0) {
        return error->code;
    }
    for (unsigned i = 0; i < daemon->count; i++) {
        interface_start(&daemon->interfaces[i], options->policy != NULL);
    }
    /* Capabilities are a thread's own: before there are others. */
    if (privilege_reduce(error) != 0) {
        return error->code;
    }
    const int result = options->policy ? take_policy(daemon, error) : join(daemon, error);
    return result != 0 ? result
                       : storing_start(&daemon->storing, options->config, daemon->interfaces,
                                       daemon->count, error);
}

static void take_events(struct daemon *daemon) {
    struct event event;
    for (unsigned i = 0; i < daemon->count; i++) {
        struct interface *interface = &daemon->interfaces[i];
        uint64_t ignored;
        const ssize_t got = read(interface->event_fd, &ignored, sizeof ignored);
        (void)got; /* nothing to read is fine, too */
        for (unsigned taken = 0;
             taken < INTERFACE_EVENTS_AT_ONCE && interface_take_event(interface, &event); taken++) {
        }
    }
}

static void look_after(struct daemon *daemon) {
    const bool standalone = daemon->options->policy != NULL;
    struct pollfd descriptors[2 + CONFIG_INTERFACES_MAX];
    descriptors[0] = (struct pollfd){.fd = daemon->signal_fd, .events = POLLIN};
    descriptors[1] = (struct pollfd){.fd = daemon->folders.fd, .events = POLLIN};
    for (unsigned i = 0; i < daemon->count; i++) {
        descriptors[2 + i] =
            (struct pollfd){.fd = daemon->interfaces[i].event_fd, .events = POLLIN};
    }
    while (!daemon->to_end) {
        /* With a controller its thread reads the events. */
        const nfds_t watched = standalone ? 2 + daemon->count : 2;
        if (poll(descriptors, watched, LOOK_MS) > 0 && descriptors[0].revents) {
            daemon->to_end = read_signals(daemon);
        }
        const uint64_t now_ns = clock_monotonic_ns();
        const bool changed = folders_changed(&daemon->folders, now_ns);
        pthread_mutex_lock(&daemon->looking);
        for (unsigned i = 0; i < daemon->count; i++) {
            if (changed) {
                interface_reload_classifiers(&daemon->interfaces[i]);
            }
            interface_supervise(&daemon->interfaces[i], now_ns);
        }
        pthread_mutex_unlock(&daemon->looking);
        if (standalone) {
            take_events(daemon);
        }
    }
}

/* A daemon whose classifiers cannot be changed does its work. */
static void watch_folders(struct daemon *daemon) {
    struct error error;
    if (folders_open(&daemon->folders, daemon->options->config, &error) != 0) {
        log_error(LOG_TC,
                  "changes of classifiers are not noticed: %s; mend that and start dpae again",
                  error.message);
    }
}

static void end(struct daemon *daemon) {
    static struct worker_counters total;
    log_info(LOG_NMETA_DPAE, "ending");
    status_close(daemon->status);
    pthread_mutex_lock(&daemon->recording);
    daemon->options->ending(daemon->options->recorder.context);
    pthread_mutex_unlock(&daemon->recording);
    const uint64_t limit_ns = clock_monotonic_ns() + FLUSH_NS;
    for (unsigned i = 0; i < daemon->count; i++) {
        interface_stop_workers(&daemon->interfaces[i]);
    }
    for (unsigned i = 0; i < daemon->count; i++) {
        interface_stop(&daemon->interfaces[i], limit_ns);
    }
    const uint64_t now_ns = clock_monotonic_ns();
    storing_stop(&daemon->storing,
                 (limit_ns > now_ns ? limit_ns - now_ns : 0) / NS_PER_MS + STORE_FLUSH_MS);
    for (unsigned i = 0; i < daemon->count; i++) {
        interface_add_counters(&daemon->interfaces[i], &total);
    }
    uint64_t lost = 0;
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        lost += total.pipeline.lost[i];
    }
    uint64_t missed = 0;
    for (unsigned i = 0; i < daemon->count; i++) {
        missed += interface_missed(&daemon->interfaces[i]);
    }
    char classes[256] = "";
    for (unsigned i = 0; i < PIPELINE_CLASS_COUNT; i++) {
        const size_t used = strlen(classes);
        snprintf(classes + used, sizeof classes - used, "%s%s %llu", i ? ", " : "",
                 pipeline_class_name(i), (unsigned long long)total.pipeline.classes[i]);
    }
    log_info(LOG_NMETA_DPAE,
             "ended: %llu packet%s received (%s), %llu dropped by the kernel, %llu flow%s, "
             "%llu returned, %llu not returned, %llu suppression%s, %llu event%s lost, about %llu "
             "packet%s missed while workers were replaced",
             (unsigned long long)total.live.received, plural(total.live.received, "", "s"), classes,
             (unsigned long long)total.live.kernel_drops, (unsigned long long)total.flow.created,
             plural(total.flow.created, "", "s"), (unsigned long long)total.live.injected,
             (unsigned long long)(total.live.inject_failed + total.pipeline.cut_not_returned),
             (unsigned long long)total.pipeline.suppressions,
             plural(total.pipeline.suppressions, "", "s"), (unsigned long long)lost,
             plural(lost, "", "s"), (unsigned long long)missed, plural(missed, "", "s"));
}

int daemon_run(const struct daemon_options *options, struct error *error) {
    static struct daemon daemon;
    daemon.options = options;
    daemon.signal_fd = daemon.config_fd = daemon.folders.fd = -1;
    daemon.started_ns = clock_wall_ns();
    pthread_mutex_init(&daemon.recording, NULL);
    pthread_mutex_init(&daemon.looking, NULL);
    int result = check_workers(&daemon, error);
    if (result == 0) {
        result = spawn_prepare(error);
    }
    if (result == 0) {
        result = catch_signals(&daemon, error);
    }
    if (result == 0) {
        result = inputs_make_config(options->config, &daemon.config_fd, error);
    }
    if (result == 0) {
        result = open_interfaces(&daemon, error);
    }
    if (result == 0) {
        log_info(LOG_NMETA_DPAE, "dpae %s, configuration %s, %s on %s", options->version,
                 options->config->path, options->policy ? "standalone" : "with a controller",
                 options->interfaces);
        open_status(&daemon);
        watch_folders(&daemon);
        result = begin(&daemon, error);
        if (result == 0) {
            start_status(&daemon);
            look_after(&daemon);
        }
        end(&daemon);
    }
    for (unsigned i = 0; i < daemon.count; i++) {
        interface_close(&daemon.interfaces[i]);
    }
    folders_close(&daemon.folders);
    if (daemon.config_fd >= 0) {
        close(daemon.config_fd);
    }
    if (daemon.signal_fd >= 0) {
        close(daemon.signal_fd);
    }
    pthread_mutex_destroy(&daemon.looking);
    pthread_mutex_destroy(&daemon.recording);
    return result;
}
