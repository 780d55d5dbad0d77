#ifndef DPAE_SCRIPT_MEMORY_H
#define DPAE_SCRIPT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory of a VM: how much is in use, and when to look whether classifiers hold too much.
 *
 * Each eighth of the cap that is allocated, garbage or not, is an occasion to look: when more than
 * the cap is in use then, *due is set. What a look decides depends on what is left after a
 * collection (holdings.lua), so the collector's own pace does not matter.
 *
 * No request is refused: LuaJIT's compiled code does not survive that (lj_err_mem() takes a stale
 * frame for its own; mended in LuaJIT in 2023, not in Debian 12). A call comes by a look within
 * few steps (steps.lua); four times the cap is the end of the process.
 *
 * A step may be slow in a large table. One insertion may move all keys that are not those of a
 * list, 5 ms for MEMORY_KEYS_MAX of them, so no table may have more. And the larger the largest
 * block in use is, the sooner calls come by a look. */
#define MEMORY_KEYS_MAX 131072
#define MEMORY_LEVELS   12

struct script_memory {
    /* What the memory comes from: LuaJIT's own allocator, made for short-lived small blocks. */
    void *(*base)(void *context, void *block, size_t old_size, size_t new_size);
    void *base_context;
    size_t cap;
    size_t used;
    uint64_t allocated;             /* so far, freed or not */
    uint64_t occasion;              /* the next one, as allocated */
    bool *due;                      /* borrowed */
    unsigned large[MEMORY_LEVELS];  /* blocks in use of 1 MiB << i up to twice that, keys of tables
                                        counted eight times */
    double *slice;                  /* steps from one look to the next in a new slice; borrowed */
    const uint32_t *current;        /* the classifier that runs; borrowed */
    uint32_t *oversized;            /* mask of those with a table of too many keys; borrowed */
    void (*give_up)(void *context); /* the process is to be ended */
    void *context;
};

/* A lua_Alloc; context is a struct script_memory. */
void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size);

#endif
