#include "worker/worker.h"

#include "base/clock.h"
#include "base/ring.h"
#include "capture/capture.h"
#include "config/config.h"
#include "event/event_wire.h"
#include "worker/confine.h"
#include "worker/inputs.h"
#include "worker/privilege.h"
#include "worker/shadowing.h"
#include "worker/shared.h"
#include "worker/worker_policy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a round waits for a frame: policy, session and the end are looked at in between. */
#define ROUND_MS 50

struct worker {
    const char *interface;
    unsigned number, workers;
    struct config config;
    uint32_t generation;   /* of the classifiers */
    uint32_t live_version; /* of the configuration, as far as it may change */
    const struct worker_orders *orders;
    struct admission admitted; /* what classifiers are loaded from, as it was taken last */
    struct worker_shared *shared;
    struct ring ring, store;
    bool news; /* events were put since the eventfd was written */
    struct live *live;
    struct pipeline *pipeline;
    struct worker_policy policy;
    struct return_rules returns;
    bool ending; /* flows are being ended: worth waiting for room */
};

static void wake_reader(struct worker *worker) {
    const uint64_t one = 1;
    worker->news = false;
    /* It fails only when the counter is full: then the reader is awake anyway. */
    if (write(WORKER_FD_EVENTS, &one, sizeof one) != (ssize_t)sizeof one) {
        worker->news = true;
    }
}

/* At the end there is nothing else to do than to wait for room. */
static bool on_event(void *context, const struct event *event) {
    struct worker *worker = context;
    for (unsigned tries = worker->ending ? 2000 : 1; tries > 0; tries--) {
        if (ring_put(&worker->ring, event, (uint32_t)event_size(event))) {
            worker->news = true;
            return true;
        }
        if (worker->ending) {
            wake_reader(worker);
            usleep(1000);
        }
    }
    return false;
}

static bool on_stored(void *context, const struct event *event) {
    struct worker *worker = context;
    for (unsigned tries = worker->ending ? 2000 : 1; tries > 0; tries--) {
        if (ring_put(&worker->store, event, (uint32_t)event_size(event))) {
            return true;
        }
        if (worker->ending) {
            usleep(1000);
        }
    }
    return false;
}

static int map_shared(struct worker *worker, struct error *error) {
    void *memory =
        mmap(NULL, worker_shared_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_FD_SHARED, 0);
    if (memory == MAP_FAILED) {
        return error_set(error, -errno, "worker: shared memory: %s", strerrordesc_np(errno));
    }
    worker->shared = memory;
    memory = mmap(NULL, sizeof(struct worker_orders), PROT_READ, MAP_SHARED, WORKER_FD_ORDERS, 0);
    if (memory == MAP_FAILED) {
        return error_set(error, -errno, "worker: shared memory: %s", strerrordesc_np(errno));
    }
    worker->orders = memory;
    ring_attach(&worker->ring, worker->shared->ring, SHARED_RING_BYTES);
    ring_attach(&worker->store, worker->shared->ring + worker_store_ring(), SHARED_STORE_BYTES);
    return 0;
}

static int open_live(struct worker *worker, struct error *error) {
    const struct live_options options = {
        .interface = worker->interface,
        .worker = worker->number,
        .workers = worker->workers,
        .buffer_bytes = worker->config.capture_buffer_mb << 20,
        .outgoing = worker->orders->standalone,
    };
    return live_open(&worker->live, &options, error);
}

/* One that is stuck is for the control process to end. */
static void give_up(enum script_end why, const char *classifier, const char *place) {
    (void)classifier; /* the control process knows it by worker_shared.watch */
    (void)place;
    if (why == SCRIPT_EXHAUSTED) {
        raise(SIGKILL);
    }
}

static int open_pipeline(struct worker *worker, struct error *error) {
    struct faults faults = {0};
    worker->generation = atomic_load(&worker->orders->classifiers_wanted);
    atomic_store(&worker->shared->classifiers_done, worker->generation);
    struct pipeline_options options = {
        .config = &worker->config,
        .table_fd = WORKER_FD_TABLE,
        .names_fd = WORKER_FD_NAMES,
        .worker = worker->number,
        .generation = worker->generation,
        .watch = &worker->shared->watch,
        .offences = worker->orders->offences,
        .give_up = give_up,
        .admitted = &worker->admitted,
        .shadow_of = worker->config.classifier_shadow.incumbent,
        .shadow = worker->config.classifier_shadow.candidate,
        .profile_scripts = worker->config.classifier_shadow.candidate != NULL,
        .sink = {.emit = on_event, .context = worker},
    };
    if (worker->config.mongo_enabled) {
        options.store = (struct event_sink){.emit = on_stored, .context = worker};
    }
    const size_t size = sizeof options.seed;
    if (getrandom(options.seed, size, 0) != (ssize_t)size) {
        return error_set(error, -errno, "getrandom: %s", strerrordesc_np(errno));
    }
    const int result = pipeline_new(&worker->pipeline, &options, &faults, error);
    faults_free(&faults);
    return result;
}

static void tell_fault(struct worker *worker, const struct faults *faults) {
    char *text = worker->shared->policy_fault;
    const struct fault *fault = faults_first_error(faults);
    if (fault) {
        fault_format(fault, text, sizeof worker->shared->policy_fault);
    } else {
        text[0] = '\0';
    }
}

static enum policy_outcome take_policy(struct worker *worker) {
    struct faults faults = {0};
    admission_take(&worker->admitted, &worker->orders->admitted);
    const enum policy_outcome outcome =
        worker_policy_take(&worker->policy, worker->orders, worker->pipeline, &faults);
    tell_fault(worker, &faults);
    faults_free(&faults);
    return outcome;
}

static void tell_loaded(struct worker *worker) {
    const struct script_host *host = pipeline_script_host(worker->pipeline);
    unsigned loaded = 0;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && script_host_name(host, i)[0]; i++) {
        loaded += script_host_source(host, i)->generation == worker->generation;
    }
    atomic_store_explicit(&worker->shared->classifiers_loaded, loaded, memory_order_relaxed);
}

static void tell_counters(struct worker *worker) {
    struct worker_counters *counters = &worker->shared->counters;
    worker_counters_collect(counters, worker->pipeline);
    live_get_counters(worker->live, &counters->live);
}

/* The control process has tried the new ones out, and told what is wrong with them. */
static void reload_classifiers(struct worker *worker, uint32_t generation) {
    struct worker_shared *shared = worker->shared;
    struct faults faults = {0};
    admission_take(&worker->admitted, &worker->orders->admitted);
    const int result = pipeline_reload_classifiers(worker->pipeline, generation, &faults);
    tell_fault(worker, &faults);
    faults_free(&faults);
    worker->generation = generation;
    tell_loaded(worker);
    tell_counters(worker);
    if (worker->policy.policy) {
        worker->policy.outcome = result == 0 ? POLICY_IN_FORCE : POLICY_PARTIAL;
        atomic_store_explicit(&shared->policy_outcome, worker->policy.outcome,
                              memory_order_relaxed);
    }
    atomic_store_explicit(&shared->classifiers_done, generation, memory_order_release);
}

/* When it is being written just now, the next round takes it. */
static void take_live_config(struct worker *worker) {
    const struct worker_orders *orders = worker->orders;
    struct log_settings log;
    const uint32_t version = atomic_load_explicit(&orders->live_version, memory_order_acquire);
    if (version == worker->live_version || version % 2 != 0) {
        return;
    }
    const struct config live = orders->live_config;
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&orders->live_version, memory_order_relaxed) != version) {
        return;
    }
    worker->live_version = version;
    config_copy_live(&live, &worker->config);
    pipeline_take_config(worker->pipeline);
    config_log_settings(&worker->config, &log);
    log_set_levels(&log);
}

static void look_at_doors(struct worker *worker) {
    const struct worker_orders *orders = worker->orders;
    struct worker_shared *shared = worker->shared;
    take_live_config(worker);
    /* Looked at in this order and dealt with in the other, as they are given together: what comes
     * with a policy is of the generation that was given before. */
    const uint32_t wanted = atomic_load_explicit(&orders->policy_wanted, memory_order_acquire);
    const uint32_t generation =
        atomic_load_explicit(&orders->classifiers_wanted, memory_order_acquire);
    if (generation != worker->generation) {
        reload_classifiers(worker, generation);
    }
    if (wanted != atomic_load_explicit(&shared->policy_done, memory_order_relaxed)) {
        const enum policy_outcome outcome = take_policy(worker);
        tell_loaded(worker);
        tell_counters(worker); /* they say which classifiers are there */
        atomic_store_explicit(&shared->policy_outcome, outcome, memory_order_relaxed);
        atomic_store_explicit(&shared->policy_done, wanted, memory_order_release);
    }
    const struct policy *policy = worker->policy.policy;
    const bool up = atomic_load_explicit(&orders->session_up, memory_order_acquire) != 0;
    worker->returns = (struct return_rules){
        .returning = up && policy && policy->mode == POLICY_ACTIVE && policy->classifier_count > 0,
        .dns = policy && policy->identity.dns,
        .dhcp = policy && policy->identity.dhcp,
        .discovery_ethertype =
            (uint16_t)atomic_load_explicit(&orders->discovery_ethertype, memory_order_relaxed),
    };
}

/* The latest frames outlive the worker: what it died of may be among them. */
static void remember(struct worker *worker, const struct frame *frames, unsigned count) {
    struct worker_shared *shared = worker->shared;
    uint64_t seen = atomic_load_explicit(&shared->frames_seen, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++, seen++) {
        struct shared_frame *kept = &shared->last[seen % SHARED_LAST_FRAMES];
        const uint32_t captured = frames[i].captured;
        kept->time_ns = frames[i].time_ns;
        kept->length = frames[i].length;
        kept->captured = captured < SHARED_FRAME_BYTES ? captured : SHARED_FRAME_BYTES;
        memcpy(kept->bytes, frames[i].data, kept->captured);
    }
    atomic_store_explicit(&shared->frames_seen, seen, memory_order_release);
}

/* One round: at most one batch. Returns 0, or the negative errno of the capture. */
static int round_trip(struct worker *worker, struct error *error) {
    struct frame frames[CAPTURE_BATCH], back[CAPTURE_BATCH];
    atomic_store_explicit(&worker->shared->beat_ns, clock_monotonic_ns(), memory_order_release);
    const int got = live_next(worker->live, frames, CAPTURE_BATCH, ROUND_MS, error);
    if (got < 0) {
        return got;
    }
    /* After the wait: what was said meanwhile holds for these frames. */
    look_at_doors(worker);
    const unsigned count = (unsigned)got;
    if (count == 0) {
        pipeline_idle(worker->pipeline, clock_wall_ns());
        tell_counters(worker);
    } else {
        remember(worker, frames, count);
        pipeline_process(worker->pipeline, frames, count);
        if (worker->returns.returning) {
            const unsigned selected =
                pipeline_select_returns(worker->pipeline, &worker->returns, frames, count, back);
            live_inject(worker->live, back, selected);
        }
    }
    pipeline_offer_owed(worker->pipeline);
    if (atomic_load_explicit(&worker->orders->states_wanted, memory_order_relaxed)) {
        pipeline_offer_states(worker->pipeline, clock_monotonic_ns());
    }
    if (worker->news) {
        wake_reader(worker);
    }
    return 0;
}

static int serve(struct worker *worker, struct error *error) {
    uint64_t told_ns = 0;
    int result = 0;
    while (result == 0 && !atomic_load_explicit(&worker->orders->stop, memory_order_relaxed)) {
        result = round_trip(worker, error);
        const uint64_t now_ns = clock_monotonic_ns();
        if (now_ns - told_ns > 100 * NS_PER_MS) {
            tell_counters(worker);
            told_ns = now_ns;
        }
    }
    if (result == 0) {
        worker->ending = true;
        pipeline_finish(worker->pipeline);
        shadowing_log(worker->interface, worker->number, worker->pipeline);
        wake_reader(worker);
    }
    tell_counters(worker);
    return result;
}

static bool read_number(const char *text, unsigned limit, unsigned *number) {
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return *text && !*end && value < limit;
}

/* As ps shows it without arguments: /proc/self/exe would be no name. The kernel keeps 15
 * characters, and the number is to be among them. */
static void name_process(const struct worker *worker) {
    char name[32];
    snprintf(name, sizeof name, "dpae/%u:%s", worker->number, worker->interface);
    prctl(PR_SET_NAME, name);
}

static int start(struct worker *worker, char **argv, struct error *error) {
    if (!read_number(argv[2], 16, &worker->number) || !read_number(argv[3], 17, &worker->workers)) {
        return error_set(error, -EINVAL, "worker: it is started by dpae run");
    }
    worker->interface = argv[1];
    name_process(worker);
    /* The control process says when to end: a signal may be meant for the whole group. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int result = map_shared(worker, error);
    if (result == 0) {
        result = inputs_read_config(argv[4], &worker->config, error);
    }
    if (result == 0) {
        result = config_open_log(&worker->config, error);
    }
    if (result == 0) {
        result = open_live(worker, error);
        atomic_store(&worker->shared->captures_ns, result == 0 ? clock_monotonic_ns() : 0);
    }
    if (result == 0) {
        result = privilege_drop(worker->config.run_as, error);
    }
    if (result == 0) {
        result = inputs_end_with_parent(worker->orders, error);
    }
    if (result == 0) {
        result = open_pipeline(worker, error);
    }
    if (result == 0) {
        result = confine_process(NULL, 0, error);
    }
    if (result == 0) {
        log_info(LOG_SNIFF, "%s: capturing, worker %u of %u", worker->interface, worker->number,
                 worker->workers);
    }
    return result;
}

int worker_main(int argc, char **argv) {
    static struct worker worker;
    struct error error = {0};
    if (argc != 5) {
        fputs("dpae: worker: it is started by dpae run\n", stderr);
        return WORKER_FAILED;
    }
    int result = start(&worker, argv, &error);
    if (result == 0) {
        result = serve(&worker, &error);
    }
    const bool lost = result == -ENETDOWN || result == -ENODEV;
    if (result != 0 && !lost) {
        log_error(LOG_SNIFF, "%s, worker %u: %s", argv[1], worker.number, error.message);
    }
    pipeline_free(worker.pipeline);
    live_close(worker.live);
    worker_policy_free(&worker.policy);
    log_close();
    config_free(&worker.config);
    return result == 0 ? WORKER_DONE : lost ? WORKER_INTERFACE_LOST : WORKER_FAILED;
}
