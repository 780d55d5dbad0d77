#ifndef DPAE_SCRIPT_MEMORY_H
#define DPAE_SCRIPT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory of a VM: counts its use and decides when to check whether classifiers hold too
 * much.
 *
 * A check takes place each time an eighth of the cap has been allocated, garbage or not; if
 * more than the cap is in use then, due is set. The resulting decision depends on what a full
 * collection leaves (holdings.lua), so the collector's own pace does not matter.
 *
 * No request is refused: LuaJIT's compiled code does not survive that (lj_err_mem() takes a
 * stale frame for its own; fixed in LuaJIT in 2023, not in Debian 12). A call reaches a check
 * of the limits within few steps (steps.lua); at four times the cap the process ends.
 *
 * A step may be slow in a large table: an insertion may move all keys of the hash part, 4 ms
 * for MEMORY_KEYS_MAX of them, so no table may have more. And the larger the largest block in
 * use, the more often calls check their limits. */
#define MEMORY_KEYS_MAX 131072
#define MEMORY_LEVELS   12

struct script_memory {
    /* LuaJIT's own allocator, made for short-lived small blocks. */
    void *(*base)(void *context, void *block, size_t old_size, size_t new_size);
    void *base_context;
    size_t cap;
    size_t used;
    uint64_t allocated;             /* bytes in total, freed or not */
    uint64_t next_check;            /* value of allocated at which the next check takes place */
    bool *due;                      /* borrowed */
    unsigned large[MEMORY_LEVELS];  /* blocks in use by size: 1 MiB << i up to twice that; keys of
                                       tables count eightfold */
    double *slice;                  /* steps between checks in a new slice; borrowed */
    const uint32_t *current;        /* the running classifier; borrowed */
    uint32_t *oversized;            /* mask: classifiers with a table of too many keys; borrowed */
    void (*give_up)(void *context); /* must end the process */
    void *context;
};

/* A lua_Alloc; context is a struct script_memory. */
void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size);

#endif
