#include "script/limits.h"

#include "base/clock.h"
#include "script/crash_signals.h"
#include "script/host_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS   (2 * NS_PER_MS)
#define ALL_STEPS 1e15 /* for the host's own Lua code */

/* The host that is running calls. */
static struct script_host *active;
static unsigned hosts; /* open hosts */
static timer_t ticker;

static uint64_t cpu_time_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * (uint64_t)NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Lua may write these members at any time. */
static struct limits_call current_call(const struct script_host *host) {
    const volatile struct script_exchange *exchange = &host->exchange;
    const volatile struct flow_view *view = exchange->view;
    return (struct limits_call){
        .entry = atomic_load_explicit(&host->limits.entry, memory_order_relaxed),
        .checks = atomic_load_explicit(&host->limits.checks, memory_order_relaxed),
        .serial = view ? view->serial : 0,
        .classifier = exchange->current,
    };
}

static bool same_call(const struct limits_call *a, const struct limits_call *b) {
    return a->entry == b->entry && a->classifier == b->classifier && a->serial == b->serial;
}

/* Whether the current call has exceeded its CPU time. */
static bool is_late(struct script_host *host) {
    struct limits *limits = &host->limits;
    const uint64_t budget_ns = limits->budget_us * UINT64_C(1000);
    const struct limits_call now = current_call(host);
    const double left = host->exchange.steps;
    const bool is_first = !same_call(&now, &limits->timed);
    const bool ticked = atomic_load_explicit(&limits->ticked, memory_order_relaxed);
    if (budget_ns == 0 || (!is_first && !ticked && left > limits->clock_steps)) {
        return false;
    }
    atomic_store_explicit(&limits->ticked, false, memory_order_relaxed);
    const uint64_t now_ns = cpu_time_ns();
    if (is_first) {
        limits->timed = now;
        limits->timed_ns = now_ns;
    }
    limits->clock_steps = left - LIMITS_CLOCK_STEPS;
    return now_ns - limits->timed_ns >= budget_ns;
}

static void count_check(struct limits *limits) {
    const uint64_t checks = atomic_load_explicit(&limits->checks, memory_order_relaxed);
    atomic_store_explicit(&limits->checks, checks + 1, memory_order_relaxed);
}

static int check_call(struct script_exchange *exchange) {
    if (active) {
        count_check(&active->limits);
    }
    if (exchange->steps < 0) {
        return LIMITS_STEPS;
    }
    if (active && is_late(active)) {
        exchange->steps = -1; /* makes every later check fail */
        return LIMITS_TIME;
    }
    const bool runs = exchange->current < SCRIPT_NO_CLASSIFIER;
    return runs && exchange->oversized >> exchange->current & 1 ? LIMITS_KEYS : LIMITS_GO_ON;
}

DPAE_EXPORT int dpae_limits_look(struct script_exchange *exchange, double steps) {
    exchange->steps -= steps;
    const int reason = check_call(exchange);
    return reason == LIMITS_GO_ON && exchange->memory_due ? LIMITS_MEMORY : reason;
}

DPAE_EXPORT int dpae_limits_end_slice(struct script_exchange *exchange, double steps) {
    double spent = exchange->spent + steps;
    int reason;
    if (spent > LIMITS_SLICE) {
        reason = dpae_limits_look(exchange, spent);
        spent = 0;
    } else {
        reason = check_call(exchange);
    }
    const double rest = LIMITS_SLICE - spent;
    exchange->spent = spent;
    exchange->slice = exchange->next_slice < rest ? exchange->next_slice : rest;
    return reason;
}

static void show_progress(struct limits *limits) {
    atomic_store_explicit(&limits->watch->stuck_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&limits->watch->moved_ns, clock_monotonic_ns(), memory_order_release);
}

/* File hash of the current classifier, for the watch. */
static uint64_t current_file(const struct script_host *host, uint32_t classifier) {
    return host->limits.loading ? host->loading_file : host->sources[classifier].file;
}

static void show_current(struct script_host *host, uint32_t classifier) {
    struct script_watch *watch = host->limits.watch;
    memcpy(watch->classifier, host->names[classifier], sizeof watch->classifier);
    watch->file = current_file(host, classifier);
}

static void give_up(struct script_host *host, enum script_end why) {
    const uint32_t classifier = host->limits.seen.classifier;
    if (host->limits.give_up) {
        host->limits.give_up(why, host->names[classifier], host->failures[classifier].place);
    }
}

static void show_stuck(struct script_host *host, uint64_t over_ns, uint32_t stuck_ms) {
    struct limits *limits = &host->limits;
    const uint32_t over_ms = (uint32_t)(over_ns / NS_PER_MS) + 1;
    show_current(host, limits->seen.classifier);
    atomic_store_explicit(&limits->watch->stuck_ms, over_ms, memory_order_release);
    if (over_ms >= stuck_ms) {
        give_up(host, SCRIPT_STUCK);
    }
}

static void watch_call(struct script_host *host) {
    struct limits *limits = &host->limits;
    const struct limits_call now = current_call(host);
    const uint64_t now_ns = cpu_time_ns();
    const uint32_t budget_us = atomic_load_explicit(&limits->budget_us, memory_order_relaxed);
    const uint64_t budget_ns = budget_us * UINT64_C(1000);
    const bool is_new = !same_call(&now, &limits->seen) || now.classifier >= SCRIPT_CLASSIFIERS_MAX;
    if (is_new) {
        limits->call_ns = now_ns;
    }
    if (is_new || now.checks != limits->seen.checks) {
        limits->seen = now;
        limits->seen_ns = now_ns;
        show_progress(limits);
    } else if (now_ns - limits->seen_ns >= budget_ns) {
        show_stuck(host, now_ns - limits->seen_ns - budget_ns,
                   budget_us > 0 ? SCRIPT_STUCK_MS : SCRIPT_STUCK_UNLIMITED_MS);
    }
    if (!is_new && budget_us == 0 &&
        now_ns - limits->call_ns >= SCRIPT_SLOW_MS * (uint64_t)NS_PER_MS) {
        give_up(host, SCRIPT_SLOW);
    }
}

static void give_up_for_memory(void *context) {
    struct script_host *host = context;
    const uint32_t current = host->exchange.current;
    if (host->limits.give_up && current < SCRIPT_CLASSIFIERS_MAX) {
        show_current(host, current);
        atomic_store(&host->limits.watch->stuck_ms, SCRIPT_STUCK_MS);
        host->limits.give_up(SCRIPT_EXHAUSTED, host->names[current], host->failures[current].place);
    }
}

const struct script_host *limits_note_crash(int number) {
    struct script_host *host = active;
    const uint32_t current = host ? current_call(host).classifier : SCRIPT_NO_CLASSIFIER;
    if (current < SCRIPT_CLASSIFIERS_MAX &&
        atomic_load_explicit(&host->limits.entered, memory_order_relaxed)) {
        show_current(host, current);
        atomic_store_explicit(&host->limits.watch->crashed, (uint32_t)number, memory_order_release);
        return host;
    }
    return NULL;
}

static void on_tick(int signal_number) {
    const int saved = errno;
    (void)signal_number;
    if (active && atomic_load_explicit(&active->limits.entered, memory_order_relaxed)) {
        atomic_store_explicit(&active->limits.ticked, true, memory_order_relaxed);
        watch_call(active);
    }
    errno = saved;
}

static int start_ticks(struct error *error) {
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
    const struct itimerspec period = {.it_interval = {0, TICK_NS}, .it_value = {0, TICK_NS}};
    event._sigev_un._tid = gettid();
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGRTMIN, &action, NULL) != 0 ||
        timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &ticker) != 0) {
        return error_set(error, -errno, "the timer of classifier_budget_us: %s", strerror(errno));
    }
    if (timer_settime(ticker, 0, &period, NULL) != 0) {
        const int code = errno;
        timer_delete(ticker);
        return error_set(error, -code, "the timer of classifier_budget_us: %s", strerror(code));
    }
    return 0;
}

int limits_open(struct script_host *host, const struct script_options *options,
                struct error *error) {
    host->limits.watch = options->watch ? options->watch : &host->limits.unwatched;
    host->limits.give_up = options->give_up;
    host->memory.give_up = give_up_for_memory;
    host->memory.context = host;
    host->exchange.steps = ALL_STEPS;
    int result = options->watch || options->crash_handler
                     ? crash_signals_install(options->crash_handler, error)
                     : 0;
    if (result == 0 && hosts == 0) {
        result = start_ticks(error);
    }
    hosts += result == 0;
    host->limits.open = result == 0;
    return result;
}

void limits_close(struct script_host *host) {
    if (active == host) {
        active = NULL;
    }
    if (host->limits.open && --hosts == 0) {
        timer_delete(ticker);
    }
}

void limits_enter(struct script_host *host, uint32_t budget_us, bool loading) {
    struct limits *limits = &host->limits;
    limits->loading = loading;
    host->exchange.steps = SCRIPT_LOAD_STEPS; /* the loop sets those of a call */
    host->exchange.slice = LIMITS_SLICE;
    host->exchange.spent = 0;
    atomic_store_explicit(&limits->budget_us, budget_us, memory_order_relaxed);
    atomic_store_explicit(&limits->entry, limits->entry + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    active = host;
    atomic_store_explicit(&limits->entered, true, memory_order_relaxed);
}

void limits_leave(struct script_host *host) {
    struct limits *limits = &host->limits;
    atomic_store_explicit(&limits->entered, false, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&limits->watch->stuck_ms, 0, memory_order_relaxed);
    host->exchange.steps = ALL_STEPS;
}
