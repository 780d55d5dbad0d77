#include "script/settings.h"

#include <lauxlib.h>

static void push_scalar(lua_State *L, const struct yaml_node *node) {
    double number;
    bool boolean;
    if (yaml_as_double(node, &number)) {
        lua_pushnumber(L, number);
    } else if (yaml_as_bool(node, &boolean)) {
        lua_pushboolean(L, boolean);
    } else {
        lua_pushlstring(L, node->text, node->count);
    }
}

void settings_push(lua_State *L, const struct yaml_node *node) {
    luaL_checkstack(L, 4, "settings");
    if (node && node->kind == YAML_SCALAR) {
        push_scalar(L, node);
        return;
    }
    lua_newtable(L);
    for (size_t i = 0; node && i < node->count; i++) {
        if (node->kind == YAML_MAPPING) {
            lua_pushlstring(L, node->keys[i]->text, node->keys[i]->count);
            settings_push(L, node->items[i]);
            lua_settable(L, -3);
        } else {
            settings_push(L, node->items[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
    }
}
