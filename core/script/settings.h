#ifndef DPAE_SCRIPT_SETTINGS_H
#define DPAE_SCRIPT_SETTINGS_H

#include "base/yaml.h"

#include <lua.h>

/* Pushes a document's node as a Lua value: a mapping as a table, a sequence as an array, a scalar
 * as number, boolean or string; keys are strings. NULL is an empty table. May raise a Lua error
 * (out of memory). */
void settings_push(lua_State *L, const struct yaml_node *node);

#endif
