#ifndef DPAE_SCRIPT_EXPORT_H
#define DPAE_SCRIPT_EXPORT_H

/* For the functions that Lua finds by name through the FFI: they stay in the program's dynamic
 * symbol table although nothing in C may call them. Their names begin with dpae_.
 *
 * They return no bool: when LuaJIT records the call of a function that returns one, and the trace
 * has as many snapshots as it may (maxsnap), the abort leaves the Lua stack of the caller's caller
 * in force (crec_snap_caller() in lj_crecord.c, in every version so far), and the program crashes.
 */
#define DPAE_EXPORT __attribute__((visibility("default"), used))

/* What Lua may read but not write: nothing in C, const in what is given to ffi.cdef(). */
#define READ_ONLY

#endif
