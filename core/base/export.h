#ifndef DPAE_BASE_EXPORT_H
#define DPAE_BASE_EXPORT_H

/* For the functions that Lua finds by name through the FFI: they stay in the program's dynamic
 * symbol table although nothing in C may call them. Their names begin with dpae_.
 *
 * None of them returns a bool. To record a call that does, LuaJIT takes a snapshot of the caller
 * with the Lua stack shifted (crec_snap_caller() in lj_crecord.c); when that snapshot is one too
 * many for the trace, the error leaves the stack shifted, and the interpreter calls data. */
#define DPAE_EXPORT __attribute__((visibility("default"), used))

/* What Lua may read but not write: nothing in C, const in what is given to ffi.cdef(). */
#define READ_ONLY

#endif
