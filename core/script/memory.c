#include "script/memory.h"

#include "script/limits.h"

#define OCCASIONS   8 /* in as many bytes as the cap has */
#define LARGE_BYTES ((size_t)1 << 20)
#define KEY_BYTES   24

/* Seldom: what happens at an occasion. */
static void look(struct script_memory *memory) {
    memory->occasion = memory->allocated + memory->cap / OCCASIONS;
    if (memory->used > memory->cap) {
        *memory->due = true;
    }
    if (memory->used / 4 > memory->cap) {
        memory->give_up(memory->context);
    }
}

/* Whether a block is that of the keys of a table, with the room that LuaJIT gives them: a power of
 * two, of 24 bytes each. Other blocks of such sizes have a header. */
static bool holds_keys(size_t size, size_t keys) {
    const size_t room = size / KEY_BYTES;
    return size % KEY_BYTES == 0 && room > keys && (room & (room - 1)) == 0;
}

/* The larger a block is, the higher its class. */
static unsigned class_of(size_t size) {
    unsigned class = 0;
    while (class < MEMORY_CLASSES - 1 && size >= LARGE_BYTES << (class + 1)) {
        class ++;
    }
    return class;
}

/* Half the steps from one look to the next for blocks of each class. */
static double slice_for(const struct script_memory *memory) {
    for (unsigned class = MEMORY_CLASSES; class > 0; class --) {
        if (memory->large[class - 1] > 0) {
            return LIMITS_SLICE >> class > 0 ? LIMITS_SLICE >> class : 1;
        }
    }
    return LIMITS_SLICE;
}

/* Seldom: a large block comes, goes, or changes its size. */
static void note_large(struct script_memory *memory, size_t before, size_t after) {
    if (before >= LARGE_BYTES) {
        memory->large[class_of(before)]--;
    }
    if (after >= LARGE_BYTES) {
        memory->large[class_of(after)]++;
    }
    if (holds_keys(after, MEMORY_KEYS_MAX)) {
        *memory->oversized = *memory->current;
    }
    *memory->slice = slice_for(memory);
}

void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    struct script_memory *memory = context;
    const size_t before = block ? old_size : 0;
    void *made = memory->base(memory->base_context, block, before, new_size);
    if (new_size > 0 && !made) {
        return NULL;
    }
    memory->used += new_size - before;
    if (new_size >= LARGE_BYTES || before >= LARGE_BYTES) {
        note_large(memory, before, new_size);
    }
    if (new_size > before) {
        memory->allocated += new_size - before;
        if (memory->allocated >= memory->occasion) {
            look(memory);
        }
    }
    return made;
}
