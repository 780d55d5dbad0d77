#include "script/error_text.h"

#include "base/escape.h"
#include "script/host_internal.h"

#include <stdio.h>
#include <string.h>

/* Finding a stack level takes time proportional to its depth and cannot be interrupted. */
#define LEVELS_MAX 200

/* May run while the limits raise an error at every step of Lua, hence only C. Skips frames of
 * the host itself, which are of no use to an author. */
int error_text_note(lua_State *L) {
    struct script_host *host = lua_touserdata(L, lua_upvalueindex(1));
    struct error_trace *trace = &host->trace;
    lua_Debug at;
    *trace = (struct error_trace){0};
    for (int level = 1; level <= LEVELS_MAX && lua_getstack(L, level, &at); level++) {
        if (!lua_getinfo(L, "Sl", &at) || at.source[0] != '@' || at.currentline <= 0) {
            continue;
        }
        trace->more = trace->count == ERROR_PLACES_MAX;
        if (trace->more) {
            break;
        }
        snprintf(trace->places[trace->count++], sizeof trace->places[0], "%s:%d", at.short_src,
                 at.currentline);
    }
    return 1;
}

void error_text_describe(struct script_host *host, unsigned classifier, bool loading,
                         struct error_text *error) {
    lua_State *L = host->L;
    const char *place =
        host->trace.count > 0 ? host->trace.places[0] : host->failures[classifier].place;
    lua_getfield(L, STACK_HOST, "describe");
    lua_pushvalue(L, -2);
    if (loading) {
        lua_pushnil(L);
        place = host->trace.count > 0 ? place : "";
    } else {
        lua_pushinteger(L, (lua_Integer)classifier);
    }
    lua_pushstring(L, host->names[classifier]);
    lua_pushstring(L, place);
    if (lua_pcall(L, 4, 4, 0) == 0) {
        *error = (struct error_text){.file = lua_tostring(L, -4),
                                     .line = (unsigned)lua_tointeger(L, -3),
                                     .message = lua_tostring(L, -2),
                                     .source = lua_tostring(L, -1),
                                     .where = ""};
        return;
    }
    /* describe() failed, most likely out of memory. */
    *error =
        (struct error_text){.file = host->names[classifier],
                            .message = lua_isstring(L, -2) ? lua_tostring(L, -2) : "unknown error",
                            .source = "",
                            .where = ""};
}

void error_text_done(struct script_host *host) {
    host->trace.count = 0;
}

/* A helper module reports errors at its caller's line; the frames in between are left out. */
static unsigned first_caller(const struct error_trace *trace, const struct error_text *error) {
    char place[sizeof trace->places[0]];
    snprintf(place, sizeof place, "%s:%u", error->file, error->line);
    for (unsigned i = 0; i < trace->count; i++) {
        if (strcmp(trace->places[i], place) == 0) {
            return i + 1;
        }
    }
    return 1;
}

void error_text_format(const struct script_host *host, const struct error_text *error, char *text,
                       size_t size) {
    const struct error_trace *trace = &host->trace;
    char raw[SCRIPT_ERROR_TEXT], place[32] = "";
    if (error->line > 0) {
        snprintf(place, sizeof place, ":%u", error->line);
    }
    snprintf(raw, sizeof raw, "%s%s: %s%s%s%s%s%s", error->file, place, error->message,
             error->source[0] ? " | " : "", error->source, error->where[0] ? " (" : "",
             error->where, error->where[0] ? ")" : "");
    size_t used = escape_text(raw, text, size);
    for (unsigned i = first_caller(trace, error); i < trace->count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "\ncalled from %s", trace->places[i]);
    }
    if (trace->more && used < size) {
        snprintf(text + used, size - used, "\ncalled from more places");
    }
}
