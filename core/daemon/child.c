#include "daemon/child.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "daemon/crash.h"
#include "daemon/spawn.h"
#include "event/event_wire.h"
#include "worker/counters.h"
#include "worker/memory_file.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A round of the worker takes 50 ms when nothing comes; a start some more. */
#define BEAT_LIMIT_NS  (800 * NS_PER_MS)
#define START_LIMIT_NS (10 * NS_PER_S)
/* Looks at a worker come every 50 ms. */
#define LATE_NS          (250 * NS_PER_MS)
#define STARVED_LIMIT_NS (10 * NS_PER_S)
#define SETTLED_NS       (60 * NS_PER_S)
#define DELAY_MAX_NS     (30 * NS_PER_S)
#define FAILING_NS       (60 * NS_PER_S)
/* CPU time that a call of a classifier is over its budget, and nothing has stopped it. */
#define STUCK_LIMIT_MS 300
/* An offence that is so old does not count any more. */
#define FORGIVEN_NS (3600 * NS_PER_S)

uint64_t child_restart_delay_ns(unsigned failures) {
    if (failures <= 1) {
        return 0;
    }
    const unsigned doublings = failures - 2 < 8 ? failures - 2 : 8;
    const uint64_t delay = (500 * NS_PER_MS) << doublings;
    return delay < DELAY_MAX_NS ? delay : DELAY_MAX_NS;
}

/* Its latest round, or since then another call of a classifier; 0: none yet. */
static uint64_t latest_beat_ns(const struct child *child) {
    const struct worker_shared *shared = child->shared;
    const uint64_t beat_ns = atomic_load_explicit(&shared->beat_ns, memory_order_acquire);
    const uint64_t moved_ns = atomic_load_explicit(&shared->watch.moved_ns, memory_order_acquire);
    return beat_ns && moved_ns > beat_ns ? moved_ns : beat_ns;
}

bool child_beats(const struct child *child, uint64_t now_ns) {
    return child->pid != 0 && child->heard_ns != 0 && now_ns < child->heard_ns + BEAT_LIMIT_NS;
}

/* CPU time that the worker has used; 0 when the kernel does not tell. */
static uint64_t cpu_ns(const struct child *child) {
    clockid_t clock;
    struct timespec used;
    return clock_getcpuclockid(child->pid, &clock) == 0 && clock_gettime(clock, &used) == 0
               ? (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec
               : 0;
}

/* When this process itself was late, so may the worker have been: both were stopped, or starved. */
static void listen_to_heart(struct child *child, uint64_t now_ns) {
    const uint64_t heart = latest_beat_ns(child);
    const bool late = child->looked_ns != 0 && now_ns - child->looked_ns > LATE_NS;
    child->looked_ns = now_ns;
    if (heart != 0 && heart != child->heart) {
        gap_follow(&child->gap, now_ns, atomic_load(&child->shared->frames_seen));
    }
    if (heart != 0 && (heart != child->heart || late)) {
        child->heart = heart;
        child->heard_ns = now_ns;
        child->cpu_ns = cpu_ns(child);
    }
}

/* Whether the worker would run, but others are on the processors all the while. */
static bool is_starved(const struct child *child, uint64_t now_ns) {
    char path[32], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child->pid);
    FILE *file = fopen(path, "re");
    const bool read = file && fgets(line, sizeof line, file);
    if (file) {
        fclose(file);
    }
    /* proc(5): the state stands behind the name, which is in brackets. */
    const char *name_end = read ? strrchr(line, ')') : NULL;
    return name_end && strncmp(name_end, ") R", 3) == 0 &&
           now_ns - child->heard_ns < STARVED_LIMIT_NS &&
           cpu_ns(child) - child->cpu_ns < BEAT_LIMIT_NS / 2;
}

bool child_failing(const struct child *child, uint64_t now_ns) {
    return child->died_ns[1] != 0 && now_ns < child->died_ns[1] + FAILING_NS;
}

int child_open(struct child *child, struct error *error) {
    /* What shrinks under a reader ends the reader. */
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW;
    child->orders_fd = child->table_fd = -1;
    child->shared =
        memory_file_make("dpae-worker", worker_shared_bytes(), fixed, &child->shared_fd);
    if (child->shared) {
        child->orders = memory_file_make("dpae-orders", sizeof *child->orders,
                                         fixed | F_SEAL_FUTURE_WRITE, &child->orders_fd);
    }
    if (child->orders) {
        child->table_fd = memory_file_raise(memfd_create("dpae-flows", MFD_CLOEXEC));
    }
    if (child->table_fd < 0) {
        return error_set(error, -errno, "%s: shared memory: %s", child->interface,
                         strerrordesc_np(errno));
    }
    child->orders->control_pid = getpid();
    atomic_store(&child->orders->classifiers_wanted, 1);
    ring_attach(&child->ring, child->shared->ring, SHARED_RING_BYTES);
    ring_attach(&child->store, child->shared->ring + worker_store_ring(), SHARED_STORE_BYTES);
    return 0;
}

void child_close(struct child *child) {
    memory_file_close(child->shared, worker_shared_bytes(), child->shared_fd);
    memory_file_close(child->orders, sizeof *child->orders, child->orders_fd);
    memory_file_close(NULL, 0, child->table_fd);
}

static int spawn(struct child *child, struct error *error) {
    char number[16], workers[16];
    snprintf(number, sizeof number, "%u", child->number);
    snprintf(workers, sizeof workers, "%u", child->workers);
    char *const argv[] = {"dpae", WORKER_COMMAND, (char *)child->interface,
                          number, workers,        (char *)child->config_path,
                          NULL};
    const struct spawn_file files[] = {
        {child->shared_fd, WORKER_FD_SHARED}, {child->table_fd, WORKER_FD_TABLE},
        {child->event_fd, WORKER_FD_EVENTS},  {child->names_fd, WORKER_FD_NAMES},
        {child->config_fd, WORKER_FD_CONFIG}, {child->orders_fd, WORKER_FD_ORDERS}};
    return spawn_self("worker", argv, files, sizeof files / sizeof *files,
                      WORKER_FD_SHARED + WORKER_FD_COUNT, &child->pid, error);
}

static bool interface_is_up(const char *interface) {
    struct ifreq request = {0};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    const bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP;
    close(fd);
    return up;
}

static void start(struct child *child, uint64_t now_ns) {
    if (child->interface_lost && !interface_is_up(child->interface)) {
        child->start_at_ns = now_ns + 200 * NS_PER_MS;
        return;
    }
    struct error error;
    atomic_store(&child->waiting, false);
    /* A policy that an earlier worker dealt with is new to this one. */
    atomic_store(&child->shared->policy_done, 0);
    atomic_store(&child->shared->classifiers_done, 0);
    atomic_store(&child->shared->classifiers_loaded, 0);
    atomic_store(&child->shared->beat_ns, 0);
    atomic_store(&child->shared->captures_ns, 0);
    atomic_store(&child->shared->watch.moved_ns, 0);
    atomic_store(&child->shared->watch.stuck_ms, 0);
    atomic_store(&child->shared->watch.crashed, 0);
    child->interface_lost = false;
    child->started_ns = now_ns;
    child->heart = child->heard_ns = child->looked_ns = 0;
    gap_start(&child->gap);
    if (spawn(child, &error) != 0) {
        log_error(LOG_NMETA_DPAE, "%s: %s", child->interface, error.message);
        child->start_at_ns = now_ns + child_restart_delay_ns(++child->failures + 1);
    }
}

static void describe(int status, char *text, size_t size) {
    if (WIFSIGNALED(status)) {
        snprintf(text, size, "was ended by signal %d (%s)", WTERMSIG(status),
                 sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
    } else {
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
    }
}

/* The next worker counts from 0, but for the flows that are still in the table. */
static void keep_counters(struct child *child) {
    struct worker_counters *counters = &child->shared->counters;
    const uint64_t flows = counters->flows;
    worker_counters_add(&child->before, counters);
    memset(counters, 0, sizeof *counters);
    counters->flows = flows;
}

/* Where offences of this classifier are noted, or a new one is: the one that is oldest. */
static struct script_offence *find_offence(struct worker_orders *orders, const char *classifier) {
    struct script_offence *oldest = &orders->offences[0];
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        struct script_offence *offence = &orders->offences[i];
        if (strcmp(offence->classifier, classifier) == 0) {
            return offence;
        }
        oldest = offence->time_ns < oldest->time_ns ? offence : oldest;
    }
    memset(oldest, 0, sizeof *oldest);
    snprintf(oldest->classifier, sizeof oldest->classifier, "%s", classifier);
    return oldest;
}

/* The classifier that the worker did not come back from, or crashed in, so that the next one does
 * without it. Returns how often of late, 0 when there is none. */
static uint32_t blame(struct child *child) {
    struct worker_shared *shared = child->shared;
    char classifier[SCRIPT_NAME_MAX];
    snprintf(classifier, sizeof classifier, "%.*s", SCRIPT_NAME_MAX - 1, shared->watch.classifier);
    const uint32_t stuck_ms = atomic_load_explicit(&shared->watch.stuck_ms, memory_order_acquire);
    const uint32_t crashed = atomic_load_explicit(&shared->watch.crashed, memory_order_acquire);
    if ((stuck_ms == 0 && crashed == 0) || !policy_classifier_name_valid(classifier)) {
        return 0;
    }
    struct script_offence *offence = find_offence(child->orders, classifier);
    const uint64_t now_ns = clock_wall_ns();
    offence->strikes = now_ns - offence->time_ns < FORGIVEN_NS ? offence->strikes + 1 : 1;
    offence->time_ns = now_ns;
    offence->file = shared->watch.file;
    log_error(LOG_TC, "%s: classifier %s %s; it is quarantined", child->interface, classifier,
              crashed ? "was running when the worker crashed"
                      : "did not come back from a call that cannot be stopped, or used far too "
                        "much memory");
    return offence->strikes;
}

/* Since its latest round, of which nobody believes more than what is possible. */
static void begin_gap(struct child *child, uint64_t beat_ns, uint64_t now_ns) {
    const bool possible = beat_ns >= child->started_ns && beat_ns <= now_ns;
    gap_begin(&child->gap, possible ? beat_ns : child->started_ns,
              atomic_load(&child->shared->frames_seen));
}

static void end_gap(struct child *child, uint64_t now_ns) {
    struct gap_report gap;
    const uint64_t captures_ns = atomic_load(&child->shared->captures_ns);
    if (captures_ns == 0 ||
        !gap_end(&child->gap, captures_ns < now_ns ? captures_ns : now_ns, &gap)) {
        return;
    }
    log_warning(LOG_NMETA_DPAE,
                "%s: worker %u captures again, after %.3f s; about %llu packet%s that came "
                "meanwhile %s not seen, if they went on as before",
                child->interface, child->number, gap.seconds, (unsigned long long)gap.missed,
                plural(gap.missed, "", "s"), plural(gap.missed, "was", "were"));
}

static bool is_power_of_2(uint32_t number) {
    return number > 0 && (number & (number - 1)) == 0;
}

/* The 2nd, 4th, 8th ... death in a row: one that never gets up again does not fill the disk. Of a
 * crash in a classifier the first, too: it is quarantined, and may come again much later. */
static bool is_worth_saving(const struct child *child, uint32_t strikes) {
    return atomic_load(&child->shared->watch.crashed) != 0 && strikes > 0
               ? is_power_of_2(strikes)
               : child->failures > 1 && is_power_of_2(child->failures);
}

static void bury(struct child *child, int status, uint64_t now_ns, const char *crash_directory) {
    const uint64_t beat_ns = atomic_load(&child->shared->beat_ns);
    child->pid = 0;
    atomic_store(&child->waiting, true);
    atomic_store(&child->shared->beat_ns, 0);
    keep_counters(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_INTERFACE_LOST) {
        log_warning(
            LOG_SNIFF,
            "%s: the interface is gone or down, worker %u of %u; capture goes on when it is "
            "back",
            child->interface, child->number, child->workers);
        child->interface_lost = true;
        child->start_at_ns = now_ns + 200 * NS_PER_MS;
        return;
    }
    begin_gap(child, beat_ns, now_ns);
    if (now_ns - child->started_ns > SETTLED_NS) {
        child->failures = 0;
    }
    /* Without the classifier that is to blame the next one is as good as the first. */
    const uint32_t strikes = blame(child);
    child->failures = strikes > 0 ? 1 : child->failures + 1;
    child->deaths++;
    const uint64_t delay_ns = child_restart_delay_ns(child->failures);
    child->start_at_ns = now_ns + delay_ns;
    child->died_ns[1] = child->died_ns[0];
    child->died_ns[0] = now_ns;
    describe(status, child->how, sizeof child->how);
    log_error(LOG_NMETA_DPAE, "%s: worker %u %s; it is started again in %.1f s, with its flows",
              child->interface, child->number, child->how, (double)delay_ns / (double)NS_PER_S);
    if (is_worth_saving(child, strikes) && atomic_load(&child->shared->frames_seen) > 0) {
        crash_save(child, crash_directory);
    }
}

void child_supervise(struct child *child, uint64_t now_ns, const char *crash_directory) {
    int status;
    if (child->pid != 0 && waitpid(child->pid, &status, WNOHANG) == child->pid) {
        bury(child, status, now_ns, crash_directory);
    }
    if (child->pid == 0) {
        if (now_ns >= child->start_at_ns) {
            start(child, now_ns);
        }
        return;
    }
    end_gap(child, now_ns);
    listen_to_heart(child, now_ns);
    const uint64_t limit_ns = child->heard_ns ? BEAT_LIMIT_NS : START_LIMIT_NS;
    const uint64_t since_ns = child->heard_ns ? child->heard_ns : child->started_ns;
    const bool stuck = atomic_load(&child->shared->watch.stuck_ms) >= STUCK_LIMIT_MS;
    const bool still = now_ns > since_ns && now_ns - since_ns > limit_ns &&
                       !(child->heard_ns && is_starved(child, now_ns));
    if (still && !stuck) {
        log_error(LOG_NMETA_DPAE, "%s: worker %u has not moved for %.1f s", child->interface,
                  child->number, (double)(now_ns - since_ns) / (double)NS_PER_S);
    }
    if (still || stuck) {
        kill(child->pid, SIGKILL);
        if (waitpid(child->pid, &status, 0) == child->pid) {
            bury(child, status, now_ns, crash_directory);
        }
    }
}

void child_stop(struct child *child) {
    atomic_store(&child->orders->stop, 1);
}

void child_take_config(struct child *child, const struct config *config) {
    struct worker_orders *orders = child->orders;
    const uint32_t version = atomic_load_explicit(&orders->live_version, memory_order_relaxed);
    atomic_store_explicit(&orders->live_version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    config_copy_live(config, &orders->live_config);
    atomic_store_explicit(&orders->live_version, version + 2, memory_order_release);
}

bool child_reap(struct child *child, bool force) {
    int status;
    if (child->pid == 0) {
        return true;
    }
    if (force) {
        kill(child->pid, SIGKILL);
    }
    if (waitpid(child->pid, &status, force ? 0 : WNOHANG) == child->pid) {
        child->pid = 0;
        return true;
    }
    return false;
}

/* What is no event is passed over, so many at a time: a worker that went mad must not keep this
 * process from ending it. */
#define REFUSED_MOST 256

static bool take_from(struct ring *ring, struct event *event, uint64_t *refused) {
    for (unsigned tries = 0; tries < REFUSED_MOST; tries++) {
        const uint32_t size = ring_get(ring, event, sizeof *event);
        if (size == 0) {
            return false;
        }
        if (event_accept(event, size)) {
            return true;
        }
        ++*refused;
    }
    return false;
}

bool child_take_event(struct child *child, struct event *event, uint64_t *refused) {
    return take_from(&child->ring, event, refused);
}

bool child_take_stored(struct child *child, bool states, struct event *event, uint64_t *refused) {
    atomic_store_explicit(&child->orders->states_wanted, states, memory_order_relaxed);
    return take_from(&child->store, event, refused);
}
