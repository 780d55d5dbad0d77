#include "bytes/pattern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* LuaJIT's own functions are unbounded: call them only where ours ends soon. */
enum { BUDGET = 20000, RESULT_MAX = 1 << 16 };

/* Pattern items that the bytes of a coded input stand for. */
static const char *const items[] = {
    "a",     "b",    "A",     "1",     " ",      ".",      "%",   "[",     "]",    "(",    ")",
    "^",     "$",    "*",     "+",     "-",      "?",      "x",   "%a",    "%A",   "%d",   "%s",
    "%w",    "%x",   "%p",    "%z",    "%1",     "%2",     "%0",  "%%",    "%b()", "%bab", "%f[",
    "[a]",   "[^a]", "[a-c]", "[^%w]", "[a-]",   "[]]",    "[^]", "[%a-]", "()",   "(a",   "(.-)",
    "(%a*)", ".-",   ".*",    "a?",    "%f[%a]", "%f[^b]", "ab",  "\n",    "\xff",
};
enum { ITEMS = sizeof items / sizeof *items };

struct input {
    const char *text, *pattern, *with; /* each NUL-terminated */
    size_t text_length, pattern_length, with_length;
    int32_t init;
};

static lua_State *L;

static void fail(const struct input *input, const char *label) {
    fprintf(stderr, "%s: another result than LuaJIT's: pattern '%s' init %d text '%s' with '%s'\n",
            label, input->pattern, input->init, input->text, input->with);
    abort();
}

/* Calls LuaJIT's string.NAME with text, pattern, with (unless it is NULL) and number. */
static int call(const struct input *input, const char *name, const char *with, int32_t number) {
    lua_settop(L, 0);
    lua_getglobal(L, "string");
    lua_getfield(L, 1, name);
    lua_remove(L, 1);
    lua_pushlstring(L, input->text, input->text_length);
    lua_pushlstring(L, input->pattern, input->pattern_length);
    if (with) {
        lua_pushlstring(L, with, input->with_length);
    }
    lua_pushinteger(L, number);
    return lua_pcall(L, with ? 4 : 3, LUA_MULTRET, 0);
}

static void check_problem(const struct input *input, const char *label, int status, int problem) {
    if (status != LUA_ERRRUN || strcmp(lua_tostring(L, -1), dpae_pattern_problem(problem)) != 0) {
        fail(input, label);
    }
}

static void check_text(const struct input *input, const char *label, int index, int32_t first,
                       int32_t last) {
    size_t length;
    const char *expected = lua_tolstring(L, index, &length);
    if (first < 1 || last < first - 1 || last > (int32_t)input->text_length ||
        lua_type(L, index) != LUA_TSTRING || length != (size_t)last - (size_t)first + 1 ||
        memcmp(expected, input->text + first - 1, length) != 0) {
        fail(input, label);
    }
}

/* Compares the captures of match with LuaJIT's from index on. */
static void check_captures(const struct input *input, const char *label, int index, int captures,
                           const struct pattern_match *match) {
    if (lua_gettop(L) != index + captures - 1) {
        fail(input, label);
    }
    for (int i = 1; i <= captures; i++, index++) {
        if (match->last[i] != -1) {
            check_text(input, label, index, match->first[i], match->last[i]);
        } else if (lua_type(L, index) != LUA_TNUMBER ||
                   lua_tointeger(L, index) != match->first[i]) {
            fail(input, label);
        }
    }
}

/* string.find() searches for a pattern without special characters as plain text. */
static void check_plain_find(const struct input *input) {
    const int32_t first =
        dpae_pattern_find_plain(input->text, (uint32_t)input->text_length, input->pattern,
                                (uint32_t)input->pattern_length, input->init);
    if (call(input, "find", NULL, input->init) != 0 || lua_tointeger(L, 1) != first ||
        (first && lua_tointeger(L, 2) != first + (int32_t)input->pattern_length - 1)) {
        fail(input, "plain find");
    }
}

static void check_find(const struct input *input) {
    static struct pattern_match match;
    const int result = dpae_pattern_find(input->text, (uint32_t)input->text_length, input->pattern,
                                         input->init, BUDGET, &match);
    if (match.steps > BUDGET) {
        abort();
    }
    if (dpae_pattern_is_plain(input->pattern, (uint32_t)input->pattern_length)) {
        check_plain_find(input);
    } else if (result != PATTERN_OVER) {
        const int status = call(input, "find", NULL, input->init);
        if (result < 0) {
            check_problem(input, "find", status, result);
        } else if (status != 0 || lua_tointeger(L, 1) != (result ? match.first[0] : 0) ||
                   lua_tointeger(L, 2) != (result ? match.last[0] : 0)) {
            fail(input, "find");
        } else if (result > 0) {
            check_captures(input, "find", 3, result - 1, &match);
        }
    }
    if (result == PATTERN_OVER) {
        return;
    }
    const int status = call(input, "match", NULL, input->init);
    if (result < 0) {
        check_problem(input, "match", status, result);
    } else if (status != 0 || (result == 0 && !lua_isnil(L, 1))) {
        fail(input, "match");
    } else if (result == 1) {
        check_text(input, "match", 1, match.first[0], match.last[0]);
    } else if (result > 1) {
        check_captures(input, "match", 1, result - 1, &match);
    }
}

static void check_replace(const struct input *input) {
    static struct pattern_match match;
    static char out[RESULT_MAX];
    const int32_t most = input->init < 0 ? (int32_t)input->text_length + 1 : input->init;
    const int result =
        dpae_pattern_replace(input->text, (uint32_t)input->text_length, input->pattern, input->with,
                             (uint32_t)input->with_length, most, BUDGET, &match, out, RESULT_MAX);
    if (match.steps > BUDGET) {
        abort();
    }
    if (result == PATTERN_OVER || result == PATTERN_TOO_LONG) {
        return;
    }
    const int status = call(input, "gsub", input->with, most);
    if (result < 0) {
        check_problem(input, "gsub", status, result);
        return;
    }
    size_t length;
    const char *expected = lua_tolstring(L, 1, &length);
    if (status != 0 || lua_tointeger(L, 2) != result || length != match.length ||
        memcmp(expected, out, length) != 0) {
        fail(input, "gsub");
    }
}

/* Returns an exact-size copy that ends with a NUL, as Lua's strings do. */
static char *copy(const uint8_t *bytes, size_t *length, bool is_coded) {
    size_t size = 0;
    for (size_t i = 0; i < *length; i++) {
        size += is_coded ? strlen(items[bytes[i] % ITEMS]) : 1;
    }
    char *text = malloc(size + 1);
    if (!text) {
        abort();
    }
    size = 0;
    for (size_t i = 0; i < *length; i++) {
        const char *item = is_coded ? items[bytes[i] % ITEMS] : (const char *)&bytes[i];
        const size_t more = is_coded ? strlen(item) : 1;
        memcpy(text + size, item, more);
        size += more;
    }
    text[size] = '\0';
    *length = size;
    return text;
}

static size_t min(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Input: byte 0 is init. Bit 7 of byte 1 selects coded input; its other bits are the length of the
 * pattern, in units of 8 bytes when bit 7 of byte 2 is set. Byte 2 is the length of the
 * replacement. Pattern, replacement and text follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) {
        return 0;
    }
    if (!L) {
        L = luaL_newstate();
        luaL_openlibs(L);
    }
    const bool is_coded = data[1] & 0x80;
    const size_t expected = (data[1] & 0x7fu) * (data[2] & 0x80 ? 8u : 1u);
    size_t pattern_length = min(expected, size - 3);
    size_t with_length = min(data[2] % 32u, size - 3 - pattern_length);
    size_t text_length = size - 3 - pattern_length - with_length;
    char *text = copy(data + 3 + pattern_length + with_length, &text_length, is_coded);
    char *with = copy(data + 3 + pattern_length, &with_length, is_coded);
    char *pattern = copy(data + 3, &pattern_length, is_coded);
    const struct input input = {
        .text = text,
        .pattern = pattern,
        .with = with,
        .text_length = text_length,
        .pattern_length = pattern_length,
        .with_length = with_length,
        .init = (int8_t)data[0],
    };
    check_find(&input);
    check_replace(&input);
    free(text);
    free(with);
    free(pattern);
    return 0;
}
