#include "script/limits.h"

#include "base/clock.h"
#include "script/crash.h"
#include "script/host_state.h"

#include <errno.h>
#include <luajit.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS (4 * NS_PER_MS)
/* Lines are what it looks for. When, interrupt() says: a timer of its own would interrupt LuaJIT
 * everywhere, also in lj_dispatch_update(), which runs whenever a trace is recorded and is not made
 * for that. Then the profiler's bit stays set and nobody looks at it but compiled loops, which turn
 * on the spot. */
#define PROFILE_MODE "li1000000000" /* ms */
#define HOOK_MASK    (LUA_MASKCOUNT | LUA_MASKLINE | LUA_MASKCALL | LUA_MASKRET)

/* Whose calls are limited now. */
static struct script_host *active;
static unsigned hosts; /* that are open */
static timer_t ticker;

static uint64_t cpu_time_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * (uint64_t)NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Lua writes these members at any time. */
static struct limits_call current_call(const struct script_host *host) {
    const volatile struct script_exchange *exchange = &host->exchange;
    const volatile struct flow_view *view = exchange->view;
    return (struct limits_call){
        .entry = atomic_load_explicit(&host->limits.entry, memory_order_relaxed),
        .serial = view ? view->serial : 0,
        .classifier = exchange->current,
    };
}

static bool same_call(const struct limits_call *a, const struct limits_call *b) {
    return a->entry == b->entry && a->classifier == b->classifier && a->serial == b->serial;
}

/* The error handler notes the line of the script. */
static void stop_here(lua_State *L, const struct limits *limits) {
    const int budget_us = (int)atomic_load_explicit(&limits->budget_us, memory_order_relaxed);
    if (limits->over_memory) {
        lua_pushfstring(L, LIMITS_MEMORY_TEXT, (int)active->options.memory_mb);
    } else if (limits->loading) {
        lua_pushfstring(L, "took more than %d us of CPU time to load, and was stopped here",
                        budget_us);
    } else {
        lua_pushfstring(L,
                        "took more than %d us of CPU time (classifier_budget_us), and was "
                        "stopped here",
                        budget_us);
    }
    lua_error(L);
}

bool limits_collect(struct script_host *host) {
    struct limits *limits = &host->limits;
    const uint64_t start_ns = cpu_time_ns();
    limits->collecting = 1;
    /* LuaJIT's own buffer for strings shrinks by half each time. */
    for (int times = 0; times < 3 && !memory_is_enough(&host->memory); times++) {
        lua_gc(host->L, LUA_GCCOLLECT, 0);
    }
    limits->seen_ns += cpu_time_ns() - start_ns;
    limits->collecting = 0;
    return memory_is_enough(&host->memory);
}

/* Stays set until limits_leave(): a pcall() on the way out must not keep the call alive. */
static void hook(lua_State *L, lua_Debug *at) {
    struct script_host *host = active;
    const struct limits_call now = host ? current_call(host) : (struct limits_call){0};
    (void)at;
    if (!host || !host->limits.over || !same_call(&now, &host->limits.seen)) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    if (host->limits.over_memory && !host->limits.stopped && limits_collect(host)) {
        host->limits.over_memory = false;
        host->limits.over = 0;
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    host->limits.stopped = 1;
    stop_here(L, &host->limits);
}

/* Makes compiled code return to the interpreter, and the interpreter call the hook. To be done
 * again while the call goes on: the first time may have come where LuaJIT overlooks it (see above).
 */
static void interrupt(const struct script_host *host) {
    lua_sethook(host->L, hook, HOOK_MASK, 1);
    (void)raise(SIGPROF); /* the profiler's; it only fails for numbers that are no signals */
}

static void on_profile(void *data, lua_State *L, int samples, int vmstate) {
    (void)data;
    (void)L;
    (void)samples;
    (void)vmstate;
}

static void tell_progress(struct limits *limits) {
    atomic_store_explicit(&limits->watch->stuck_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&limits->watch->moved_ns, clock_monotonic_ns(), memory_order_release);
}

/* Of the current classifier, for the watch. */
static uint64_t current_file(const struct script_host *host, uint32_t classifier) {
    return host->limits.loading ? host->loading_file : host->sources[classifier].file;
}

static void tell_who(struct script_host *host, uint32_t classifier) {
    struct script_watch *watch = host->limits.watch;
    memcpy(watch->classifier, host->names[classifier], sizeof watch->classifier);
    watch->file = current_file(host, classifier);
}

static void tell_stuck(struct script_host *host, uint64_t over_ns) {
    struct limits *limits = &host->limits;
    const char *name = host->names[limits->seen.classifier];
    const uint32_t over_ms = (uint32_t)(over_ns / NS_PER_MS) + 1;
    tell_who(host, limits->seen.classifier);
    atomic_store_explicit(&limits->watch->stuck_ms, over_ms, memory_order_release);
    if (over_ms >= SCRIPT_STUCK_MS && limits->give_up) {
        limits->give_up(SCRIPT_STUCK, name, host->failures[limits->seen.classifier].place);
    }
}

/* The call that was to be stopped is over: the next one may need the hook. */
static void note_late(struct script_host *host) {
    struct limits *limits = &host->limits;
    if (limits->over && !limits->over_memory && !limits->stopped) {
        limits->late |= 1u << limits->seen.classifier;
    }
    if (limits->over) {
        lua_sethook(host->L, NULL, 0, 0);
    }
    limits->over = 0;
    limits->over_memory = false;
}

static void look(struct script_host *host, uint32_t budget_us) {
    struct limits *limits = &host->limits;
    const struct limits_call now = current_call(host);
    const uint64_t now_ns = cpu_time_ns();
    const uint64_t budget_ns = budget_us * UINT64_C(1000);
    if (!same_call(&now, &limits->seen) || now.classifier >= SCRIPT_CLASSIFIERS_MAX) {
        note_late(host);
        limits->seen = now;
        limits->seen_ns = now_ns;
        tell_progress(limits);
        return;
    }
    const bool late = now_ns - limits->seen_ns >= budget_ns;
    if (late || limits->over) {
        limits->over = 1;
        interrupt(host);
    }
    if (late) {
        tell_stuck(host, now_ns - limits->seen_ns - budget_ns);
    }
}

/* Called by the allocator, wherever Lua is. A tick may come in between. */
static void stop_for_memory(void *context) {
    struct script_host *host = context;
    struct limits *limits = &host->limits;
    const struct limits_call now = current_call(host);
    if (host != active || !limits->budget_us || limits->collecting || limits->over_memory) {
        return;
    }
    if (!same_call(&now, &limits->seen)) {
        limits->over = 0;
        limits->seen = now;
        limits->seen_ns = cpu_time_ns();
    }
    limits->over_memory = true;
    limits->over = 1;
    interrupt(host);
}

static void give_up_for_memory(void *context) {
    struct script_host *host = context;
    const uint32_t current = host->exchange.current;
    if (host->limits.give_up && current < SCRIPT_CLASSIFIERS_MAX) {
        tell_who(host, current);
        atomic_store(&host->limits.watch->stuck_ms, SCRIPT_STUCK_MS);
        host->limits.give_up(SCRIPT_EXHAUSTED, host->names[current], host->failures[current].place);
    }
}

const struct script_host *limits_note_crash(int number) {
    struct script_host *host = active;
    const uint32_t current = host ? current_call(host).classifier : SCRIPT_NOBODY;
    if (current < SCRIPT_CLASSIFIERS_MAX &&
        atomic_load_explicit(&host->limits.budget_us, memory_order_relaxed)) {
        tell_who(host, current);
        atomic_store_explicit(&host->limits.watch->crashed, (uint32_t)number, memory_order_release);
        return host;
    }
    return NULL;
}

static void on_tick(int signal_number) {
    const int saved = errno;
    (void)signal_number;
    if (active && !active->limits.collecting) {
        const uint32_t budget_us =
            atomic_load_explicit(&active->limits.budget_us, memory_order_relaxed);
        if (budget_us) {
            look(active, budget_us);
        }
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

static void deactivate(void) {
    const struct script_host *host = active;
    active = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    luaJIT_profile_stop(host->L);
}

static void activate(struct script_host *host) {
    if (active) {
        deactivate();
    }
    luaJIT_profile_start(host->L, PROFILE_MODE, on_profile, NULL);
    active = host;
}

int limits_open(struct script_host *host, const struct script_options *options,
                struct error *error) {
    host->limits.watch = options->watch ? options->watch : &host->limits.unwatched;
    host->limits.give_up = options->give_up;
    host->memory.stop = stop_for_memory;
    host->memory.give_up = give_up_for_memory;
    host->memory.context = host;
    int result = options->watch || options->last_words ? crash_tell(options->last_words, error) : 0;
    if (result == 0 && hosts == 0) {
        result = start_ticks(error);
    }
    hosts += result == 0;
    host->limits.open = result == 0;
    return result;
}

void limits_close(struct script_host *host) {
    if (active == host) {
        deactivate();
    }
    if (host->limits.open && --hosts == 0) {
        timer_delete(ticker);
    }
}

void limits_enter(struct script_host *host, uint32_t budget_us, bool loading) {
    struct limits *limits = &host->limits;
    if (active != host) {
        activate(host);
    }
    limits->over = 0;
    limits->over_memory = false;
    limits->late = 0;
    limits->stopped = 0;
    limits->loading = loading;
    atomic_store_explicit(&limits->entry, limits->entry + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&limits->budget_us, budget_us, memory_order_relaxed);
}

uint32_t limits_leave(struct script_host *host) {
    struct limits *limits = &host->limits;
    atomic_store_explicit(&limits->budget_us, 0, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&limits->watch->stuck_ms, 0, memory_order_relaxed);
    if (limits->over) {
        note_late(host);
    }
    return limits->late;
}
