#ifndef DPAE_SCRIPT_SETTINGS_H
#define DPAE_SCRIPT_SETTINGS_H

#include "base/yaml.h"

#include <lua.h>

/* Pushes a YAML node as a Lua value: a mapping as a table with string keys, a sequence as an
 * array, a scalar as number, boolean or string, NULL as an empty table. May raise a Lua error
 * (out of memory). */
void settings_push(lua_State *L, const struct yaml_node *node);

#endif
