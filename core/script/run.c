#include "base/log.h"
#include "policy/policy.h"
#include "script/host_state.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { SAY_LINES_MAX = 32 };

/* For the garbage collector, in percent; PAUSE_MOST is Lua's own setting. */
enum { PAUSE_MOST = 200, PAUSE_LEAST = 110, COLLECT_AT_PERCENT = 85 };

/* What LuaJIT's own messages do not tell the author of a classifier. */
static const struct {
    const char *part; /* of the message */
    const char *hint;
} hints[] = {
    {"attempt to write to constant location", "a classifier sets flow.finalised only"},
    {" to 'bool'", "flow.finalised is true or false"},
    {"compare number with function", "call a method: flow:max_packet_size()"},
    {"compare function with number", "call a method: flow:max_packet_size()"},
    {"(a function value)", "call a method: flow:max_packet_size()"},
};

static const char *hint_for(const char *message) {
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (strstr(message, hints[i].part)) {
            return hints[i].hint;
        }
    }
    return NULL;
}

/* Error handler: the message as text, with a hint and a traceback. */
static int with_traceback(lua_State *L) {
    const char *text = lua_tostring(L, 1);
    if (!text) {
        text = lua_pushfstring(L, "the error is a %s value, not a message", luaL_typename(L, 1));
    }
    const char *hint = hint_for(text);
    if (hint) {
        text = lua_pushfstring(L, "%s; hint: %s", text, hint);
    }
    luaL_traceback(L, L, text, 1);
    return 1;
}

void run_open(struct script_host *host) {
    lua_pushcfunction(host->L, with_traceback);
    lua_pushnil(host->L);
}

/* FNV-1a over the place of an error, "file:line", which is what tells classes of errors apart. */
static uint64_t error_class(const char *message) {
    const char *line = strchr(message, ':');
    const char *end = line ? strchr(line + 1, ':') : NULL;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = message; *at && *at != '\n' && at != end; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool is_new_class(struct script_failures *failures, uint64_t class) {
    for (unsigned i = 0; i < failures->class_count; i++) {
        if (failures->classes[i] == class) {
            return false;
        }
    }
    if (failures->class_count == SCRIPT_ERROR_CLASSES) {
        return false;
    }
    failures->classes[failures->class_count++] = class;
    return true;
}

/* A text of several lines, as a traceback is, becomes as many in the log. A script may have put the
 * bytes of a packet into it: what comes after so many lines is the last one. */
void run_say(struct script_host *host, unsigned classifier, int level, const char *text) {
    for (unsigned line = 1; *text; line++) {
        text += *text == '\t';
        const size_t length = line < SAY_LINES_MAX ? strcspn(text, "\n") : strlen(text);
        log_queue_add(&host->log, level, host->names[classifier], text, length, true);
        text += length;
        text += *text == '\n';
    }
}

/* When classifier() ended in a call of a C function, that took its place on the stack: the error
 * then seems to be the loop's. Returns what to say in front of what is left of the message. */
static const char *mend_place(const struct script_failures *failures, const char **message) {
    const char *text = strncmp(*message, "loop:", 5) == 0 ? strchr(*message + 5, ':') : NULL;
    if (!text) {
        return "";
    }
    *message = text;
    return failures->place;
}

static void note_error(struct script_host *host, unsigned classifier, const char *message) {
    struct script_failures *failures = &host->failures[classifier];
    host->counters.errors[classifier]++;
    const uint64_t class = error_class(message);
    const char *place = mend_place(failures, &message);
    const int head = snprintf(failures->last, sizeof failures->last,
                              "classifier %s: ", script_host_name(host, classifier));
    char *text = failures->last + head;
    snprintf(text, sizeof failures->last - (size_t)head, "%s%s", place, message);
    if (is_new_class(failures, class)) {
        run_say(host, classifier, LOG_LEVEL_ERROR, text); /* the log has the name already */
    }
    quarantine_note_error(host, classifier);
}

/* LuaJIT's own, which has neither place nor traceback. */
static void note_memory_error(struct script_host *host, unsigned classifier) {
    char text[256];
    snprintf(text, sizeof text, "%s: " LIMITS_MEMORY_TEXT, host->failures[classifier].place,
             (int)host->options.memory_mb);
    note_error(host, classifier, text);
}

static void note_late(struct script_host *host, uint32_t late) {
    char text[256];
    for (; late; late &= late - 1) {
        const unsigned classifier = (unsigned)__builtin_ctz(late);
        snprintf(text, sizeof text,
                 "%s: took more than %" PRIu32
                 " us of CPU time (classifier_budget_us), and came to its end before it was "
                 "stopped",
                 host->failures[classifier].place, host->options.budget_us);
        note_error(host, classifier, text);
    }
}

/* The cap was met: what is garbage goes, and when that is not enough, who holds most. */
static void relieve_memory(struct script_host *host) {
    struct script_memory *memory = &host->memory;
    char why[192];
    memory->pressed = false;
    if (limits_collect(host)) {
        return;
    }
    const unsigned classifier = memory_biggest(memory);
    if (host->counters.quarantined >> classifier & 1) {
        return;
    }
    snprintf(why, sizeof why,
             "it holds %zu of the %" PRIu32
             " MiB of memory that all classifiers together may use (classifier_memory_mb)",
             memory->held[classifier] >> 20, host->options.memory_mb);
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
        note_error(host, failed, message ? message : "unknown error");
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
}
