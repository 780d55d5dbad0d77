#include "script/memory.h"

#define OCCASIONS 8 /* in as many bytes as the cap has */

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

void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    struct script_memory *memory = context;
    const size_t before = block ? old_size : 0;
    void *made = memory->base(memory->base_context, block, before, new_size);
    if (new_size > 0 && !made) {
        return NULL;
    }
    memory->used += new_size - before;
    if (new_size > before) {
        memory->allocated += new_size - before;
        if (memory->allocated >= memory->occasion) {
            look(memory);
        }
    }
    return made;
}
