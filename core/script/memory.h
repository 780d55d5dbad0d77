#ifndef DPAE_SCRIPT_MEMORY_H
#define DPAE_SCRIPT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory of a VM: a cap, and who holds how much of it. Each block is charged to the classifier
 * that was current when it was made: to its account, which it keeps when its place in the set
 * changes. Who comes into its place later may find garbage of it charged to that.
 *
 * No request is refused: LuaJIT's compiled code does not survive that (lj_err_mem() takes a stale
 * frame for its own; mended in LuaJIT in 2023, not in Debian 12). Instead whoever meets the cap and
 * holds more than half of it is to be stopped, which happens within milliseconds, and the others go
 * on until the host has made room. Four times the cap is the end of the process. */
#define MEMORY_OWNERS 17 /* the classifiers and, last, all others */

struct script_memory {
    /* What the memory comes from: LuaJIT's own allocator, made for short-lived small blocks. */
    void *(*base)(void *context, void *block, size_t old_size, size_t new_size);
    void *base_context;
    size_t cap;
    size_t used;
    size_t held[MEMORY_OWNERS];     /* by account */
    size_t usual[MEMORY_OWNERS];    /* a running mean of that */
    uint8_t account[MEMORY_OWNERS]; /* by place */
    const uint32_t *owner;          /* who is current; borrowed */
    bool pressed;                   /* the cap was met since this was cleared */
    void (*stop)(void *context);    /* the current call is to be stopped */
    void (*give_up)(void *context); /* the process is to be ended */
    void *context;
};

/* A lua_Alloc; context is a struct script_memory. */
void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size);

/* Whether no more is in use than should be left after a collection. */
static inline bool memory_is_enough(const struct script_memory *memory) {
    return memory->used <= memory->cap / 4 * 3;
}

/* Gives each place its account. Before the first allocation. */
void memory_open(struct script_memory *memory);

/* What the classifier in this place holds. */
static inline size_t memory_held(const struct script_memory *memory, unsigned place) {
    return memory->held[memory->account[place]];
}

/* Takes what they hold now into the running mean; to be called every now and then. */
void memory_sample(struct script_memory *memory);
/* What this place holds now is its usual: it has just been loaded. */
void memory_settle(struct script_memory *memory, unsigned place);

/* Which place has grown most of late over what is usual for it, all others left aside; or, when
 * none has, holds most. After a collection. */
unsigned memory_culprit(const struct script_memory *memory);

#endif
