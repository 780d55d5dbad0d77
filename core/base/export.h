#ifndef DPAE_BASE_EXPORT_H
#define DPAE_BASE_EXPORT_H

/* Marks functions that Lua finds by name through the FFI. They stay in the program's dynamic symbol
 * table even when no C code calls them. Their names begin with dpae_.
 *
 * They never return a bool. To record a call that does, LuaJIT takes a snapshot of the caller with
 * the Lua stack shifted (crec_snap_caller() in lj_crecord.c). When that snapshot exceeds the
 * trace's limit, the error leaves the stack shifted, and the interpreter calls data. */
#define DPAE_EXPORT __attribute__((visibility("default"), used))

/* Marks members that Lua may read but not write: empty in C, const in the text passed to
 * ffi.cdef(). */
#define READ_ONLY

#endif
