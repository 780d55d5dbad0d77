#include "base/log.h"
#include "policy/policy.h"
#include "script/host_state.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { SAY_LINES_MAX = 32 };

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

void script_run_open(struct script_host *host) {
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
static void say(struct script_host *host, unsigned classifier, const char *text) {
    for (unsigned line = 1; *text; line++) {
        text += *text == '\t';
        const size_t length = line < SAY_LINES_MAX ? strcspn(text, "\n") : strlen(text);
        log_queue_add(&host->log, LOG_LEVEL_ERROR, host->names[classifier], text, length, true);
        text += length;
        text += *text == '\n';
    }
}

static void set_aside(struct script_host *host, unsigned classifier) {
    char text[LOG_QUEUE_TEXT];
    host->ready &= ~(1u << classifier);
    host->counters.set_aside |= 1u << classifier;
    snprintf(text, sizeof text,
             "is set aside after %" PRIu32 " errors in a row; mend the script and load it again",
             host->failures[classifier].in_a_row);
    say(host, classifier, text);
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
    if (host->exchange.succeeded[classifier]) {
        host->exchange.succeeded[classifier] = 0;
        failures->in_a_row = 0;
    }
    failures->in_a_row++;
    const uint64_t class = error_class(message);
    const char *place = mend_place(failures, &message);
    const int head = snprintf(failures->last, sizeof failures->last,
                              "classifier %s: ", script_host_name(host, classifier));
    char *text = failures->last + head;
    snprintf(text, sizeof failures->last - (size_t)head, "%s%s", place, message);
    if (is_new_class(failures, class)) {
        say(host, classifier, text); /* the log has the name already */
    }
    if (host->errors_max && failures->in_a_row >= host->errors_max) {
        set_aside(host, classifier);
    }
}

/* The classifiers behind the one that failed, on the same packet. */
static uint32_t remaining(const struct script_host *host) {
    const uint32_t through = (2u << host->exchange.current) - 1;
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
        say(host, 0, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
        return false;
    }
    lua_replace(L, STACK_LOOP);
    return true;
}

void script_host_run(struct script_host *host, uint32_t wanted) {
    lua_State *L = host->L;
    if (!prepare(host)) {
        while (host->exchange.next(host->exchange.source) != 0) {
        }
        return;
    }
    for (;;) {
        lua_pushvalue(L, STACK_LOOP);
        lua_pushinteger(L, (lua_Integer)wanted);
        if (lua_pcall(L, 1, 0, STACK_HANDLER) == 0) {
            return;
        }
        const char *message = lua_tostring(L, -1);
        note_error(host, host->exchange.current, message ? message : "unknown error");
        lua_settop(L, STACK_HOST);
        wanted = remaining(host);
    }
}
