#include "script/host.h"

#include "base/clock.h"
#include "policy/policy.h"
#include "script/dns.h"
#include "script/embedded.h"
#include "script/histogram.h"
#include "script/host_state.h"
#include "script/http.h"
#include "script/quic.h"
#include "script/settings.h"
#include "script/source.h"
#include "script/ssh.h"
#include "script/tls.h"
#include "script/tokens.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SCRIPT_CLASSIFIERS_MAX >= POLICY_CLASSIFIERS_MAX, "a policy's set fits");
_Static_assert(SCRIPT_NAME_MAX >= POLICY_NAME_MAX, "its names, too");

/* Lua finds these by name only: taking their addresses makes the linker bring their files in. */
static const void *const used_by_lua[] __attribute__((used)) = {
    (const void *)dpae_flow_payload,      (const void *)dpae_log_add,
    (const void *)dpae_http_request,      (const void *)dpae_tls_client_hello,
    (const void *)dpae_tls_ja3,           (const void *)dpae_quic_initial,
    (const void *)dpae_ssh_banner,        (const void *)dpae_dns_query,
    (const void *)dpae_histogram_entropy, (const void *)dpae_tokens_find};

static struct script_host *host_of(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* read_source(path): the text, or nil and what is wrong. */
static int read_source(lua_State *L) {
    struct error error;
    char *text;
    size_t length;
    if (source_read(luaL_checkstring(L, 1), &text, &length, &error) != 0) {
        lua_pushnil(L);
        lua_pushstring(L, error.message);
        return 2;
    }
    lua_pushlstring(L, text, length);
    free(text);
    return 1;
}

/* list_directory(path): the names in it, a list; empty when it cannot be read. */
static int list_directory(lua_State *L) {
    DIR *directory = opendir(luaL_checkstring(L, 1));
    const struct dirent *entry;
    lua_newtable(L);
    while (directory && (entry = readdir(directory))) {
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
    }
    if (directory) {
        closedir(directory);
    }
    return 1;
}

/* settings(name): the table of a classifier's own settings. */
static int settings(lua_State *L) {
    const struct script_host *host = host_of(L);
    const char *name = luaL_checkstring(L, 1);
    const struct yaml_node *all = host->settings;
    const struct yaml_node *node = all && all->kind == YAML_MAPPING ? yaml_find(all, name) : NULL;
    if (node && node->kind != YAML_MAPPING) {
        lua_pushfstring(L,
                        "the settings of %s in the configuration must be a mapping, as in: "
                        "%s: { limit: 10 }",
                        name, name);
        return lua_error(L);
    }
    settings_push(L, node);
    return 1;
}

static void push_treatments(lua_State *L) {
    lua_newtable(L);
    for (int treatment = TREATMENT_NONE + 1; treatment < TREATMENT_COUNT; treatment++) {
        lua_pushinteger(L, treatment);
        lua_setfield(L, -2, treatment_name((enum treatment)treatment));
    }
}

static void push_function(lua_State *L, struct script_host *host, lua_CFunction function) {
    lua_pushlightuserdata(L, host);
    lua_pushcclosure(L, function, 1);
}

/* What host.lua is given: see there. */
static void push_given(lua_State *L, struct script_host *host) {
    lua_newtable(L);
    lua_pushlightuserdata(L, &host->exchange);
    lua_setfield(L, -2, "exchange");
    lua_pushlightuserdata(L, &host->log);
    lua_setfield(L, -2, "log_queue");
    push_treatments(L);
    lua_setfield(L, -2, "treatments");
    push_function(L, host, read_source);
    lua_setfield(L, -2, "read_source");
    push_function(L, host, list_directory);
    lua_setfield(L, -2, "list_directory");
    push_function(L, host, settings);
    lua_setfield(L, -2, "settings");
    lua_pushstring(L, host->classifiers_directory);
    lua_setfield(L, -2, "classifiers_directory");
    lua_pushstring(L, host->lua_directory);
    lua_setfield(L, -2, "lua_directory");
    if (host->profile) {
        lua_pushlightuserdata(L, host->profile);
        lua_setfield(L, -2, "profile");
    }
}

/* Runs protected: opens the libraries and host.lua, leaves its result. */
static int open_vm(lua_State *L) {
    struct script_host *host = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_newtable(L);
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        lua_pushlstring(L, (const char *)file->text, file->length);
        lua_setfield(L, -2, file->name);
    }
    lua_getfield(L, -1, "host.lua");
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (luaL_loadbufferx(L, text, length, "=host.lua", "t") != 0) {
        return lua_error(L);
    }
    lua_pushvalue(L, -3);
    push_given(L, host);
    lua_call(L, 2, 1);
    return 1;
}

static char *copy_directory(const char *path) {
    char *copy = strdup(path);
    for (size_t length = copy ? strlen(copy) : 0; length > 1 && copy[length - 1] == '/';) {
        copy[--length] = '\0';
    }
    return copy;
}

int script_host_new(struct script_host **out, const struct script_options *options,
                    struct error *error) {
    int result = 0;
    struct script_host *host = calloc(1, sizeof *host);
    *out = NULL;
    if (!host) {
        return error_set(error, -ENOMEM, "out of memory for the script host");
    }
    host->classifiers_directory = copy_directory(options->classifiers_directory);
    host->lua_directory = copy_directory(options->lua_directory);
    host->settings = options->settings;
    host->errors_max = options->errors_max;
    host->L = luaL_newstate();
    if (options->profile) {
        host->profile = calloc(SCRIPT_CLASSIFIERS_MAX, sizeof *host->profile);
    }
    if (options->profile != (host->profile != NULL) || !host->classifiers_directory ||
        !host->lua_directory || !host->L) {
        result = error_set(error, -ENOMEM, "out of memory for the Lua VM");
        goto out;
    }
    script_run_open(host);
    lua_pushnil(host->L);
    lua_pushcfunction(host->L, open_vm);
    lua_pushlightuserdata(host->L, host);
    if (lua_pcall(host->L, 1, 1, STACK_HANDLER) != 0) {
        result =
            error_set(error, -EINVAL, "the Lua VM does not start: %s", lua_tostring(host->L, -1));
        goto out;
    }
    *out = host;
    host = NULL;
out:
    script_host_free(host);
    return result;
}

void script_host_free(struct script_host *host) {
    if (!host) {
        return;
    }
    if (host->L) {
        lua_close(host->L);
    }
    free(host->classifiers_directory);
    free(host->lua_directory);
    free(host->profile);
    free(host);
}

/* Calls a function of host.lua with the arguments on top of the stack. Returns false and leaves a
 * message when it failed, which only happens for want of memory. */
static bool call_host(struct script_host *host, const char *function, int arguments, int results) {
    lua_State *L = host->L;
    lua_getfield(L, STACK_HOST, function);
    lua_insert(L, -arguments - 1);
    return lua_pcall(L, arguments, results, 0) == 0;
}

/* host.add() returns message or nil, file and line. */
static bool add_classifier(struct script_host *host, unsigned i, struct faults *faults) {
    lua_State *L = host->L;
    lua_pushinteger(L, (lua_Integer)i);
    lua_pushstring(L, host->names[i]);
    bool added = call_host(host, "add", 2, 3);
    if (!added) {
        faults_add(faults, FAULT_ERROR, host->names[i], 0, 0, "%s", lua_tostring(L, -1));
    } else if (!lua_isnil(L, -3)) {
        faults_add(faults, FAULT_ERROR, lua_tostring(L, -2), (unsigned)lua_tointeger(L, -1), 0,
                   "%s", lua_tostring(L, -3));
        added = false;
    } else {
        snprintf(host->failures[i].place, sizeof host->failures[i].place, "%s:%d",
                 lua_tostring(L, -2), (int)lua_tointeger(L, -1));
    }
    lua_settop(L, STACK_HOST);
    return added;
}

static int check_name(const char *name, struct faults *faults) {
    if (policy_classifier_name_valid(name)) {
        return 0;
    }
    faults_add(faults, FAULT_ERROR, name, 0, 0,
               "is no name for a classifier: letters, digits and _ only, less than %d of them",
               SCRIPT_NAME_MAX);
    return -EINVAL;
}

static int add_all(struct script_host *host, const char *const *names, struct faults *faults) {
    int result = 0;
    for (unsigned i = 0; i < host->count; i++) {
        if (check_name(names[i], faults) != 0) {
            result = -EINVAL;
            continue;
        }
        memcpy(host->names[i], names[i], strlen(names[i]) + 1);
        if (add_classifier(host, i, faults)) {
            host->ready |= 1u << i;
        } else {
            result = -EINVAL;
        }
    }
    return result;
}

int script_host_load(struct script_host *host, const char *const *names, unsigned count,
                     struct faults *faults) {
    lua_State *L = host->L;
    host->ready = 0;
    host->count = count < SCRIPT_CLASSIFIERS_MAX ? count : SCRIPT_CLASSIFIERS_MAX;
    memset(host->names, 0, sizeof host->names);
    memset(host->failures, 0, sizeof host->failures);
    memset(&host->counters, 0, sizeof host->counters);
    if (host->profile) {
        memset(host->profile, 0, SCRIPT_CLASSIFIERS_MAX * sizeof *host->profile);
    }
    memset(host->exchange.succeeded, 0, sizeof host->exchange.succeeded);
    lua_pushnil(L);
    lua_replace(L, STACK_LOOP);
    if (!call_host(host, "clear", 0, 0)) {
        goto failed;
    }
    int result = add_all(host, names, faults);
    if (count > SCRIPT_CLASSIFIERS_MAX) {
        faults_add(faults, FAULT_ERROR, names[SCRIPT_CLASSIFIERS_MAX], 0, 0,
                   "is left out: a set has at most %d classifiers", SCRIPT_CLASSIFIERS_MAX);
        result = -EINVAL;
    }
    if (!call_host(host, "loop", 0, 1)) {
        goto failed;
    }
    lua_replace(L, STACK_MAKE_LOOP);
    return result;
failed:
    faults_add(faults, FAULT_ERROR, "classifiers", 0, 0, "%s", lua_tostring(L, -1));
    lua_settop(L, STACK_HOST);
    host->ready = 0;
    return -ENOMEM;
}

uint32_t script_host_ready(const struct script_host *host) {
    return host->ready;
}

struct script_exchange *script_host_exchange(struct script_host *host) {
    return &host->exchange;
}

void script_host_forget_flow(struct script_host *host, uint32_t slot) {
    struct script_exchange *exchange = &host->exchange;
    /* There is room for every flow that has a table; others have nothing to free. */
    if (exchange->forgotten_count < exchange->forgotten_capacity) {
        exchange->forgotten[exchange->forgotten_count++] = slot;
    }
}

void script_host_flush_log(struct script_host *host) {
    log_queue_flush(&host->log, clock_monotonic_ns());
    host->counters.log_lines_dropped = host->log.dropped;
}

const struct script_counters *script_host_counters(const struct script_host *host) {
    return &host->counters;
}

const struct script_profile *script_host_profile(const struct script_host *host) {
    return host->profile;
}

const char *script_host_name(const struct script_host *host, unsigned classifier) {
    return host->names[classifier];
}

const char *script_host_last_error(const struct script_host *host, unsigned classifier) {
    return host->failures[classifier].last;
}
