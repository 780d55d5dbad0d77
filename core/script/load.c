#include "base/log.h"
#include "policy/policy.h"
#include "script/arrange.h"
#include "script/host_internal.h"
#include "script/source.h"

#include <errno.h>
#include <limits.h>
#include <luajit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls a function of host.lua with the arguments on top of the stack. On failure returns false
 * and leaves the error there. */
static bool call_host(struct script_host *host, const char *function, int arguments, int results) {
    lua_State *L = host->L;
    lua_getfield(L, STACK_HOST, function);
    lua_insert(L, -arguments - 1);
    return lua_pcall(L, arguments, results, STACK_HANDLER) == 0;
}

/* Prepares a new loop for the current set; the loop itself is made at the next run. */
static bool remake_loop(struct script_host *host) {
    lua_State *L = host->L;
    lua_pushnil(L);
    lua_replace(L, STACK_LOOP);
    if (!call_host(host, "loop", 0, 1)) {
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
        host->ready = 0;
        return false;
    }
    lua_replace(L, STACK_MAKE_LOOP);
    return true;
}

/* Turns the error on top of the stack into a fault. The message is cut so that the source line
 * fits. */
static void add_fault(struct script_host *host, unsigned classifier, struct faults *faults) {
    struct error_text error;
    error_text_describe(host, classifier, true, &error);
    const int most = (int)sizeof faults->items[0].message - (int)strlen(error.source) - 4;
    faults_add(faults, FAULT_ERROR, error.file, error.line, 0, "%.*s%s%s", most, error.message,
               error.source[0] ? " | " : "", error.source);
    error_text_done(host);
}

static int take_admitted(const struct admission *admitted, const char *classifier, const char *path,
                         char **text, size_t *length, struct error *error) {
    const char *found = admission_find(admitted, classifier, path, length);
    if (!found) {
        return error_set(error, -ENOENT, "failed to load in its rehearsal; see the log");
    }
    *text = malloc(*length + 1); /* an empty file needs a byte, too */
    if (!*text) {
        return error_set(error, -ENOMEM, "cannot be read: out of memory");
    }
    memcpy(*text, found, *length);
    return 0;
}

int load_read(const struct script_host *host, const char *classifier, const char *path, char **text,
              size_t *length, struct error *error) {
    const struct admission *admitted = host->options.admitted;
    *text = NULL;
    return admitted ? take_admitted(admitted, classifier, path, text, length, error)
                    : source_read(path, text, length, error);
}

uint64_t load_file_hash(const struct script_host *host, unsigned classifier) {
    const char *name = host->names[classifier];
    char path[PATH_MAX];
    struct error ignored;
    char *text;
    size_t length;
    const int wanted = snprintf(path, sizeof path, "%s/%s.lua", host->classifiers_directory, name);
    if (wanted >= (int)sizeof path || load_read(host, name, path, &text, &length, &ignored) != 0) {
        return 0;
    }
    const uint64_t hash = admission_hash(path, text, length);
    free(text);
    return hash;
}

/* host.add() returns file and line of classifier(), and the source hash. */
static bool add(struct script_host *host, unsigned classifier, struct faults *faults) {
    lua_State *L = host->L;
    struct rehearsal_record *noted = host->options.noted;
    lua_pushinteger(L, (lua_Integer)classifier);
    lua_pushstring(L, host->names[classifier]);
    host->exchange.current = classifier;
    host->exchange.loading = true;
    host->loading_file = load_file_hash(host, classifier);
    limits_enter(host, host->options.budget_us > 0 ? SCRIPT_LOAD_BUDGET_US : 0, true);
    const bool added = call_host(host, "add", 2, 3);
    limits_leave(host);
    host->exchange.current = SCRIPT_NO_CLASSIFIER;
    host->exchange.loading = false;
    host->exchange.oversized &= ~(1u << classifier);
    if (added) {
        snprintf(host->failures[classifier].place, sizeof host->failures[classifier].place, "%s:%d",
                 lua_tostring(L, -3), (int)lua_tointeger(L, -2));
        host->sources[classifier] =
            (struct script_source){.generation = host->generation,
                                   .hash = strtoull(lua_tostring(L, -1), NULL, 16),
                                   .file = host->loading_file};
    } else {
        add_fault(host, classifier, faults);
    }
    if (noted) {
        admission_end(noted, added);
    }
    lua_settop(L, STACK_HOST);
    return added;
}

/* Compiled code refers to objects of removed classifiers, so it goes first. */
static void free_dropped(const struct script_host *host) {
    (void)luaJIT_setmode(host->L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_FLUSH);
    lua_gc(host->L, LUA_GCCOLLECT, 0);
}

bool load_classifier(struct script_host *host, unsigned classifier, struct faults *faults) {
    const bool replaces = host->ready >> classifier & 1;
    if (!add(host, classifier, faults) || !remake_loop(host)) {
        return false;
    }
    if (replaces) {
        free_dropped(host);
    }
    host->ready |= 1u << classifier;
    return true;
}

void load_drop(struct script_host *host, unsigned classifier) {
    lua_State *L = host->L;
    host->ready &= ~(1u << classifier);
    lua_pushinteger(L, (lua_Integer)classifier);
    if (!call_host(host, "drop", 1, 0)) {
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
    }
    (void)remake_loop(host);
    free_dropped(host);
}

static int check_name(const char *name, struct faults *faults) {
    if (policy_classifier_name_valid(name)) {
        return 0;
    }
    faults_add(
        faults, FAULT_ERROR, name, 0, 0,
        "is not a valid classifier name: use letters, digits and _, fewer than %d characters",
        SCRIPT_NAME_MAX);
    return -EINVAL;
}

/* Whether any of its files has changed since it was last loaded. */
static bool has_changed(struct script_host *host, unsigned classifier) {
    lua_State *L = host->L;
    lua_pushinteger(L, (lua_Integer)classifier);
    const bool changed = !call_host(host, "changed", 1, 1) || lua_toboolean(L, -1);
    lua_settop(L, STACK_HOST);
    return changed;
}

/* Remembers the source of a classifier that is not loaded, so that a change loads it. */
static void note_source(struct script_host *host, unsigned classifier) {
    lua_State *L = host->L;
    lua_pushinteger(L, (lua_Integer)classifier);
    lua_pushstring(L, host->names[classifier]);
    if (!call_host(host, "note", 2, 0)) {
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
    }
}

static bool load_changed(struct script_host *host, unsigned classifier, struct faults *faults) {
    const bool loaded = load_classifier(host, classifier, faults);
    if (loaded) {
        quarantine_clear(host, classifier);
    }
    return loaded;
}

static int load_all(struct script_host *host, const char *const *names, uint32_t kept,
                    struct faults *faults) {
    int result = 0;
    for (unsigned i = 0; i < host->count; i++) {
        if (check_name(names[i], faults) != 0) {
            result = -EINVAL;
            continue;
        }
        bool loaded = true;
        memcpy(host->names[i], names[i], strlen(names[i]) + 1);
        if (host->options.noted && !admission_begin(host->options.noted, i, names[i])) {
            loaded = false;
        } else if (kept >> i & 1) {
            loaded = !has_changed(host, i) || load_changed(host, i, faults);
        } else if (quarantine_applies(host, i)) {
            note_source(host, i);
        } else {
            loaded = load_classifier(host, i, faults);
        }
        result = loaded ? result : -EINVAL;
    }
    return result;
}

int script_host_load(struct script_host *host, const char *const *names, unsigned count,
                     struct faults *faults) {
    uint32_t kept;
    host->count = count < SCRIPT_CLASSIFIERS_MAX ? count : SCRIPT_CLASSIFIERS_MAX;
    memcpy(host->names[SCRIPT_NO_CLASSIFIER], "classifiers", sizeof "classifiers");
    if (!arrange_places(host, names, host->count, &kept) || !remake_loop(host)) {
        faults_add(faults, FAULT_ERROR, "classifiers", 0, 0,
                   "cannot be loaded at all, probably for lack of memory; see the log");
        return -ENOMEM;
    }
    free_dropped(host);
    int result = load_all(host, names, kept, faults);
    if (count > SCRIPT_CLASSIFIERS_MAX) {
        faults_add(faults, FAULT_ERROR, names[SCRIPT_CLASSIFIERS_MAX], 0, 0,
                   "is left out: a set has up to %d classifiers", SCRIPT_CLASSIFIERS_MAX);
        result = -EINVAL;
    }
    quarantine_schedule(host);
    return result;
}

uint32_t script_host_reload(struct script_host *host, uint32_t generation, struct faults *faults) {
    uint32_t reloaded = 0;
    host->generation = generation;
    for (unsigned i = 0; i < host->count; i++) {
        if (policy_classifier_name_valid(host->names[i]) && has_changed(host, i) &&
            load_changed(host, i, faults)) {
            reloaded |= 1u << i;
        }
    }
    return reloaded;
}
