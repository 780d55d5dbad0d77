#include "base/log.h"
#include "policy/policy.h"
#include "script/host_state.h"
#include "script/where.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* For the garbage collector, in percent; PAUSE_MOST is Lua's own setting. */
enum { PAUSE_MOST = 200, PAUSE_LEAST = 110, COLLECT_AT_PERCENT = 85 };
/* Runs from one look at who holds what to the next. */
enum { SAMPLED_RUNS = 16 };

void run_open(struct script_host *host) {
    lua_pushlightuserdata(host->L, host);
    lua_pushcclosure(host->L, error_text_note, 1);
    lua_pushnil(host->L);
}

/* Counts an error by its place, "file:line". Returns how many there were so far; *log: whether it
 * is to be logged. */
static uint64_t count_error(struct script_failures *failures, const struct error_text *error,
                            bool *log) {
    struct script_error_class *class = failures->classes;
    const struct script_error_class *end = class + failures->class_count;
    char place[sizeof class->place];
    snprintf(place, sizeof place, "%s:%u", error->file, error->line);
    while (class < end && strcmp(class->place, place) != 0) {
        class ++;
    }
    if (class == end) {
        if (failures->class_count == SCRIPT_ERROR_CLASSES) {
            *log = false;
            return ++failures->elsewhere;
        }
        failures->class_count++;
        *class = (struct script_error_class){0};
        memcpy(class->place, place, sizeof place);
        snprintf(class->where, sizeof class->where, "%s", error->where);
    }
    *log = !class->told;
    class->told = true;
    return ++class->count;
}

/* A text of several lines becomes as many in the log. */
void run_say(struct script_host *host, unsigned classifier, int level, const char *text) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        log_queue_add(&host->log, level, host->names[classifier], text, length, true);
        text += length;
        text += *text == '\n';
    }
}

static void tell_error(const struct script_host *host, unsigned classifier,
                       const struct error_text *error, const char *text, uint64_t count) {
    const struct script_error_sink *sink = &host->options.errors;
    if (sink->tell) {
        const struct script_error told = {.classifier = classifier,
                                          .here = error->where[0] != '\0',
                                          .file = error->file,
                                          .line = error->line,
                                          .message = error->message,
                                          .source = error->source,
                                          .text = text,
                                          .count = count};
        sink->tell(sink->context, &told);
    }
}

/* The error on top of the stack, which it takes off; here: on the packet that the view shows. */
static void note_error(struct script_host *host, unsigned classifier, bool here) {
    struct script_failures *failures = &host->failures[classifier];
    char where[SCRIPT_WHERE_TEXT];
    struct error_text error;
    bool log;
    host->counters.errors[classifier]++;
    error_text_describe(host, classifier, false, &error);
    if (here) {
        where_format(host, where);
        error.where = where;
    }
    const int head = snprintf(failures->last, sizeof failures->last,
                              "classifier %s: ", script_host_name(host, classifier));
    char *text = failures->last + head;
    error_text_format(host, &error, text, sizeof failures->last - (size_t)head);
    const uint64_t count = count_error(failures, &error, &log);
    if (log) {
        run_say(host, classifier, LOG_LEVEL_ERROR, text); /* the log has the name already */
    }
    tell_error(host, classifier, &error, text, count);
    error_text_done(host);
    lua_settop(host->L, STACK_HOST);
    quarantine_note_error(host, classifier);
}

/* LuaJIT's own, which has neither place nor trace. */
static void note_memory_error(struct script_host *host, unsigned classifier) {
    error_text_done(host);
    lua_pushfstring(host->L, LIMITS_MEMORY_TEXT, (int)host->options.memory_mb);
    note_error(host, classifier, true);
}

static void note_late(struct script_host *host, uint32_t late) {
    for (; late; late &= late - 1) {
        const unsigned classifier = (unsigned)__builtin_ctz(late);
        error_text_done(host); /* a trace that is there is of another error */
        lua_pushfstring(host->L,
                        "took more than %d us of CPU time (classifier_budget_us), and came to its "
                        "end before it was stopped",
                        (int)host->options.budget_us);
        note_error(host, classifier, false); /* the view may show a later packet by now */
    }
}

/* The cap was met: what is garbage goes, and when that is not enough, who is the cause. */
static void relieve_memory(struct script_host *host) {
    struct script_memory *memory = &host->memory;
    char why[192];
    memory->pressed = false;
    if (limits_collect(host)) {
        return;
    }
    const unsigned classifier = memory_culprit(memory);
    if (host->counters.quarantined >> classifier & 1) {
        return;
    }
    snprintf(why, sizeof why,
             "it holds %zu of the %" PRIu32
             " MiB of memory that all classifiers together may use (classifier_memory_mb), and has "
             "grown most of late",
             memory_held(memory, classifier) >> 20, host->options.memory_mb);
    quarantine_start(host, classifier, why);
}

/* The collector waits until so many percent of what it left the last time are used; that must not
 * be more than there is. */
static void pace_collector(struct script_host *host) {
    const struct script_memory *memory = &host->memory;
    const size_t room = memory->cap / 100 * COLLECT_AT_PERCENT;
    const size_t fits = memory->used ? room * 100 / memory->used : PAUSE_MOST;
    const size_t pause = fits > PAUSE_MOST ? PAUSE_MOST : fits < PAUSE_LEAST ? PAUSE_LEAST : fits;
    if (pause / 10 != (size_t)host->collector_pause / 10) {
        host->collector_pause = (int)pause;
        lua_gc(host->L, LUA_GCSETPAUSE, (int)pause);
    }
}

/* The classifiers behind the one that failed, on the same packet. */
static uint32_t remaining(const struct script_host *host, unsigned failed) {
    const uint32_t through = (2u << failed) - 1;
    return host->exchange.wanted & ~through & host->ready;
}

/* Makes the loop, once the exchange is complete. */
static bool prepare(struct script_host *host) {
    lua_State *L = host->L;
    if (!lua_isnil(L, STACK_LOOP)) {
        return true;
    }
    lua_pushvalue(L, STACK_MAKE_LOOP);
    if (lua_pcall(L, 0, 1, STACK_HANDLER) != 0) {
        run_say(host, SCRIPT_NOBODY, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
        return false;
    }
    lua_replace(L, STACK_LOOP);
    return true;
}

/* The error on top of the stack. Returns the mask of those that have not seen the packet yet. */
static uint32_t take_error(struct script_host *host, int status) {
    struct script_exchange *exchange = &host->exchange;
    const unsigned failed = exchange->current;
    const char *message = lua_tostring(host->L, -1);
    uint32_t wanted;
    exchange->current = SCRIPT_NOBODY;
    if (failed >= SCRIPT_CLASSIFIERS_MAX) {
        /* The loop itself, for want of memory: it does not get to its next packet. */
        run_say(host, SCRIPT_NOBODY, LOG_LEVEL_ERROR, message ? message : "unknown error");
        wanted = exchange->next(exchange->source);
    } else if (status == LUA_ERRMEM) {
        note_memory_error(host, failed);
        wanted = remaining(host, failed);
    } else {
        note_error(host, failed, true);
        wanted = remaining(host, failed);
    }
    lua_settop(host->L, STACK_HOST);
    return wanted;
}

/* One entry of Lua. Returns whether the batch is through; if not, *wanted is for the next entry. */
static bool enter(struct script_host *host, uint32_t *wanted) {
    lua_State *L = host->L;
    lua_pushvalue(L, STACK_LOOP);
    lua_pushinteger(L, (lua_Integer)*wanted);
    limits_enter(host, host->options.budget_us, false);
    const int status = lua_pcall(L, 1, 0, STACK_HANDLER);
    uint32_t late = limits_leave(host);
    if (status != 0) {
        late &= ~(1u << host->exchange.current); /* one error of it is enough */
        *wanted = take_error(host, status);
    }
    note_late(host, late);
    if (host->memory.pressed) {
        relieve_memory(host);
    }
    *wanted &= host->ready;
    return status == 0;
}

void script_host_run(struct script_host *host, uint32_t wanted) {
    struct script_exchange *exchange = &host->exchange;
    bool through = false;
    while (!through && prepare(host)) {
        through = enter(host, &wanted);
    }
    while (!through) {
        through = exchange->next(exchange->source) == 0;
    }
    pace_collector(host);
    if (++host->runs % SAMPLED_RUNS == 0) {
        memory_sample(&host->memory);
    }
}
