#include "script/host.h"

#include "base/clock.h"
#include "base/hash.h"
#include "bytes/dns.h"
#include "bytes/histogram.h"
#include "bytes/http.h"
#include "bytes/pattern.h"
#include "bytes/quic.h"
#include "bytes/regex.h"
#include "bytes/ssh.h"
#include "bytes/tls.h"
#include "bytes/tokens.h"
#include "policy/policy.h"
#include "script/embedded.h"
#include "script/host_internal.h"
#include "script/settings.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SCRIPT_CLASSIFIERS_MAX >= POLICY_CLASSIFIERS_MAX,
               "every classifier of a policy has a place");

/* Lua finds these by name only; taking their addresses makes the linker keep them. */
static const void *const used_by_lua[] __attribute__((used)) = {
    (const void *)dpae_flow_payload,      (const void *)dpae_log_add,
    (const void *)dpae_http_request,      (const void *)dpae_tls_client_hello,
    (const void *)dpae_tls_ja3,           (const void *)dpae_quic_initial,
    (const void *)dpae_ssh_banner,        (const void *)dpae_dns_query,
    (const void *)dpae_histogram_entropy, (const void *)dpae_tokens_find,
    (const void *)dpae_profile_clock,     (const void *)dpae_why_add,
    (const void *)dpae_limits_look,       (const void *)dpae_regex_match,
    (const void *)dpae_pattern_find};

static struct script_host *host_of(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(1));
}

static bool is_noted(const struct script_host *host, const char *path, const char *text,
                     size_t length, struct error *error) {
    struct rehearsal_record *noted = host->options.noted;
    if (noted && host->exchange.current != SCRIPT_NO_CLASSIFIER &&
        !admission_note(noted, path, text, length)) {
        (void)error_set(error, -EFBIG,
                        "is too much: the files of all classifiers together are limited to %u MiB, "
                        "and a helper module counts once for each classifier that requires it",
                        ADMISSION_BYTES >> 20);
        return false;
    }
    return true;
}

/* read_source(classifier, path): the text of a file of the classifier; or nil, the problem, and
 * whether the problem lies outside the file. */
static int read_source(lua_State *L) {
    const struct script_host *host = host_of(L);
    const char *path = luaL_checkstring(L, 2);
    struct error error;
    char *text;
    size_t length;
    const bool read = load_read(host, luaL_checkstring(L, 1), path, &text, &length, &error) == 0;
    if (!read || !is_noted(host, path, text, length, &error)) {
        free(text);
        lua_pushnil(L);
        lua_pushstring(L, error.message);
        lua_pushboolean(L, read || host->options.admitted);
        return 3;
    }
    lua_pushlstring(L, text, length);
    free(text);
    return 1;
}

/* hash(before, text): 64-bit FNV-1a over text, continuing from before ("": a new hash), as 16
 * hexadecimal digits. */
static int hash(lua_State *L) {
    const char *before = luaL_checkstring(L, 1);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    const uint64_t value =
        hash_bytes(*before ? strtoull(before, NULL, 16) : HASH_START, text, length);
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, value);
    lua_pushstring(L, digits);
    return 1;
}

/* list_directory(path): the list of its entries; empty if it cannot be read. */
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

/* settings(name): the settings table of a classifier. */
static int settings(lua_State *L) {
    const struct script_host *host = host_of(L);
    const char *name = luaL_checkstring(L, 1);
    const struct yaml_node *all = host->options.settings;
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

static void push_limits(lua_State *L, const struct script_options *options) {
    const struct {
        const char *name;
        lua_Number value;
    } limits[] = {{"steps", options->steps},         {"budget_us", options->budget_us},
                  {"load_steps", SCRIPT_LOAD_STEPS}, {"load_budget_us", SCRIPT_LOAD_BUDGET_US},
                  {"memory_mb", options->memory_mb}, {"table_keys", MEMORY_KEYS_MAX}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        lua_pushnumber(L, limits[i].value);
        lua_setfield(L, -2, limits[i].name);
    }
}

/* The argument `given` of host.lua. */
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
    push_function(L, host, hash);
    lua_setfield(L, -2, "hash");
    push_function(L, host, list_directory);
    lua_setfield(L, -2, "list_directory");
    push_function(L, host, settings);
    lua_setfield(L, -2, "settings");
    lua_pushstring(L, host->classifiers_directory);
    lua_setfield(L, -2, "classifiers_directory");
    lua_pushstring(L, host->lua_directory);
    lua_setfield(L, -2, "lua_directory");
    push_limits(L, &host->options);
    lua_setfield(L, -2, "limits");
    if (host->profile) {
        lua_pushlightuserdata(L, host->profile);
        lua_setfield(L, -2, "profile");
    }
}

/* Runs protected: opens the libraries, runs host.lua and leaves its result. */
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
    host->options = *options;
    host->exchange.current = SCRIPT_NO_CLASSIFIER;
    host->memory = (struct script_memory){.cap = (size_t)options->memory_mb << 20,
                                          .due = &host->exchange.memory_due,
                                          .slice = &host->exchange.next_slice,
                                          .current = &host->exchange.current,
                                          .oversized = &host->exchange.oversized};
    host->exchange.next_slice = LIMITS_SLICE;
    quarantine_schedule(host);
    host->lender = luaL_newstate();
    if (host->lender) {
        host->memory.base = lua_getallocf(host->lender, &host->memory.base_context);
        host->L = lua_newstate(memory_allocate, &host->memory);
    }
    if (options->profile) {
        host->profile = calloc(SCRIPT_CLASSIFIERS_MAX, sizeof *host->profile);
    }
    if (options->profile != (host->profile != NULL) || !host->classifiers_directory ||
        !host->lua_directory || !host->L) {
        result = error_set(error, -ENOMEM, "out of memory for the Lua VM");
        goto out;
    }
    result = limits_open(host, options, error);
    if (result != 0) {
        goto out;
    }
    run_open(host);
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
        limits_close(host);
        lua_close(host->L);
    }
    if (host->lender) {
        lua_close(host->lender);
    }
    free(host->classifiers_directory);
    free(host->lua_directory);
    free(host->profile);
    free(host);
}

void script_host_set_generation(struct script_host *host, uint32_t generation) {
    host->generation = generation;
}

const struct script_source *script_host_source(const struct script_host *host,
                                               unsigned classifier) {
    return &host->sources[classifier];
}

uint32_t script_host_ready(const struct script_host *host) {
    return host->ready;
}

struct script_exchange *script_host_exchange(struct script_host *host) {
    return &host->exchange;
}

void script_host_forget_flow(struct script_host *host, uint32_t slot) {
    struct script_exchange *exchange = &host->exchange;
    /* When the list is full, Lua checks all flows that it has tables for. */
    if (exchange->forgotten_count < exchange->forgotten_capacity) {
        exchange->forgotten[exchange->forgotten_count++] = slot;
    }
}

void script_host_flush_log(struct script_host *host) {
    log_queue_flush(&host->log, clock_monotonic_ns());
    host->counters.log_lines_dropped = host->log.dropped;
    host->counters.memory_bytes = host->memory.used;
}

void script_host_divert_log(struct script_host *host, struct log_queue_taker taker) {
    host->log.taker = taker;
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

const struct script_error_class *script_host_error_class(const struct script_host *host,
                                                         unsigned classifier, unsigned number) {
    const struct script_failures *failures = &host->failures[classifier];
    return number < failures->class_count ? &failures->classes[number] : NULL;
}
