#include "base/log.h"
#include "policy/policy.h"
#include "script/host_internal.h"
#include "script/where.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Garbage collector settings in percent; PAUSE_MOST is Lua's default. */
enum { PAUSE_MOST = 200, PAUSE_LEAST = 110, COLLECT_AT_PERCENT = 85 };

void run_open(struct script_host *host) {
    lua_pushlightuserdata(host->L, host);
    lua_pushcclosure(host->L, error_text_note, 1);
    lua_pushnil(host->L);
}

/* Counts an error by its place, "file:line". Returns the count of that place; *log: whether to
 * log this one. */
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
    *log = !class->logged;
    class->logged = true;
    return ++class->count;
}

/* Each line of the text becomes a line of the log. */
void host_log(struct script_host *host, unsigned classifier, int level, const char *text) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        log_queue_add(&host->log, level, host->names[classifier], text, length, true);
        text += length;
        text += *text == '\n';
    }
}

static void report_error(const struct script_host *host, unsigned classifier,
                         const struct error_text *error, const char *text, uint64_t count) {
    const struct script_error_sink *sink = &host->options.errors;
    if (sink->report) {
        const struct script_error report = {.classifier = classifier,
                                            .here = error->where[0] != '\0',
                                            .file = error->file,
                                            .line = error->line,
                                            .message = error->message,
                                            .source = error->source,
                                            .text = text,
                                            .count = count};
        sink->report(sink->context, &report);
    }
}

#define OVERFLOW "stack overflow"

/* Handles and pops the error on top of the stack. How far a call gets before its stack
 * overflows depends on which code is compiled, so the classifier is dropped with all its state. */
static void note_error(struct script_host *host, unsigned classifier) {
    struct script_failures *failures = &host->failures[classifier];
    char where[SCRIPT_WHERE_TEXT];
    struct error_text error;
    bool log;
    host->counters.errors[classifier]++;
    error_text_describe(host, classifier, false, &error);
    where_format(host, where);
    error.where = where;
    const int head = snprintf(failures->last, sizeof failures->last,
                              "classifier %s: ", script_host_name(host, classifier));
    char *text = failures->last + head;
    error_text_format(host, &error, text, sizeof failures->last - (size_t)head);
    const uint64_t count = count_error(failures, &error, &log);
    const bool overflow = strncmp(error.message, OVERFLOW, sizeof OVERFLOW - 1) == 0;
    if (log) {
        host_log(host, classifier, LOG_LEVEL_ERROR, text); /* the log adds the name itself */
    }
    report_error(host, classifier, &error, text, count);
    error_text_done(host);
    lua_settop(host->L, STACK_HOST);
    if (overflow) {
        quarantine_start(host, classifier, "infinite recursion (stack overflow)");
    } else {
        quarantine_note_error(host, classifier);
    }
}

/* An allocation of LuaJIT failed: the machine is out of memory. There is no place and no trace. */
static void note_memory_error(struct script_host *host, unsigned classifier) {
    error_text_done(host);
    lua_pushliteral(host->L, "not enough memory: the machine has run out");
    note_error(host, classifier);
}

/* More memory is in use than classifiers may hold: collects garbage, and if that is not enough
 * quarantines the classifier that holds most. */
static void relieve_memory(struct script_host *host) {
    lua_State *L = host->L;
    char why[192];
    host->exchange.memory_full = false;
    lua_getfield(L, STACK_HOST, "find_culprit");
    if (lua_pcall(L, 0, 2, STACK_HANDLER) != 0) {
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
    } else if (!lua_isnil(L, -2)) {
        const unsigned classifier = (unsigned)lua_tointeger(L, -2);
        snprintf(why, sizeof why,
                 "it holds %.0f MiB; the limit for all classifiers together is %" PRIu32
                 " MiB (classifier_memory_mb)",
                 lua_tonumber(L, -1) / (1 << 20), host->options.memory_mb);
        quarantine_start(host, classifier, why);
    }
    lua_settop(L, STACK_HOST);
    quarantine_schedule(host);
}

/* A table with too many keys slows its classifier down for as long as it exists. */
static void drop_oversized(struct script_host *host) {
    const uint32_t oversized = host->exchange.oversized & host->ready;
    char why[128];
    host->exchange.oversized = 0;
    snprintf(why, sizeof why, "a table has more than %d keys in its hash part", MEMORY_KEYS_MAX);
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        if (oversized >> i & 1) {
            quarantine_start(host, i, why);
        }
    }
}

/* The collector starts again when memory use reaches this percentage of what the last cycle
 * left; keeps that below the cap. */
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

/* The classifiers after the failed one, on the same packet. */
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
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
        return false;
    }
    lua_replace(L, STACK_LOOP);
    return true;
}

/* Handles the error on top of the stack. Returns the mask of classifiers that have not seen the
 * packet yet. */
static uint32_t take_error(struct script_host *host, int status) {
    struct script_exchange *exchange = &host->exchange;
    const unsigned failed = exchange->current;
    const char *message = lua_tostring(host->L, -1);
    uint32_t wanted;
    exchange->current = SCRIPT_NO_CLASSIFIER;
    if (failed >= SCRIPT_CLASSIFIERS_MAX) {
        /* The loop itself is out of memory: it never reaches its next packet. */
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, message ? message : "unknown error");
        wanted = exchange->next(exchange->source);
    } else if (status == LUA_ERRMEM) {
        note_memory_error(host, failed);
        wanted = remaining(host, failed);
    } else {
        note_error(host, failed);
        wanted = remaining(host, failed);
    }
    lua_settop(host->L, STACK_HOST);
    return wanted;
}

/* Enters Lua once. Returns whether the batch is finished; if not, *wanted is for the next
 * entry. */
static bool enter(struct script_host *host, uint32_t *wanted) {
    lua_State *L = host->L;
    lua_pushvalue(L, STACK_LOOP);
    lua_pushinteger(L, (lua_Integer)*wanted);
    limits_enter(host, host->options.budget_us, false);
    const int status = lua_pcall(L, 1, 0, STACK_HANDLER);
    limits_leave(host);
    if (status != 0) {
        *wanted = take_error(host, status);
    }
    if (host->exchange.memory_due || host->exchange.memory_full) {
        relieve_memory(host);
    }
    if (host->exchange.oversized != 0) {
        drop_oversized(host);
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
}
