#include "script/memory.h"

/* In front of each block; as large as Lua's objects are aligned. */
struct header {
    uint64_t owner;
};

static void charge(struct script_memory *memory, uint64_t owner, size_t more) {
    memory->used += more;
    memory->held[owner] += more;
    if (memory->used <= memory->cap) {
        return;
    }
    memory->pressed = true;
    if (memory->used / 4 > memory->cap) {
        memory->give_up(memory->context);
    } else if (memory->held[owner] > memory->cap / 2) {
        memory->stop(memory->context);
    }
}

static void discharge(struct script_memory *memory, uint64_t owner, size_t less) {
    memory->used -= less;
    memory->held[owner] -= less;
}

static uint64_t current_owner(const struct script_memory *memory) {
    return memory->account[*memory->owner < MEMORY_OWNERS ? *memory->owner : MEMORY_OWNERS - 1];
}

void memory_open(struct script_memory *memory) {
    for (unsigned i = 0; i < MEMORY_OWNERS; i++) {
        memory->account[i] = (uint8_t)i;
    }
}

void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    struct script_memory *memory = context;
    struct header *header = block ? (struct header *)block - 1 : NULL;
    const uint64_t before_owner = header ? header->owner : 0;
    const size_t before = header ? old_size : 0;
    /* A buffer that all share is charged to who makes it large. */
    const uint64_t owner = new_size > before ? current_owner(memory) : before_owner;
    discharge(memory, before_owner, before);
    if (new_size == 0) {
        (void)memory->base(memory->base_context, header, header ? sizeof *header + before : 0, 0);
        return NULL;
    }
    charge(memory, owner, new_size); /* first: it may be too much to try */
    struct header *made =
        memory->base(memory->base_context, header, header ? sizeof *header + before : 0,
                     sizeof *made + new_size);
    if (!made) {
        discharge(memory, owner, new_size);
        charge(memory, before_owner, before);
        return NULL;
    }
    made->owner = owner;
    return made + 1;
}

void memory_sample(struct script_memory *memory) {
    for (unsigned i = 0; i < MEMORY_OWNERS; i++) {
        memory->usual[i] = memory->usual[i] / 4 * 3 + memory->held[i] / 4;
    }
}

void memory_settle(struct script_memory *memory, unsigned place) {
    memory->usual[memory->account[place]] = memory_held(memory, place);
}

/* Who has held as much for long is not the reason that there is too little now. */
static size_t growth_of(const struct script_memory *memory, unsigned place) {
    const size_t usual = memory->usual[memory->account[place]];
    const size_t held = memory_held(memory, place);
    return held > usual ? held - usual : 0;
}

unsigned memory_culprit(const struct script_memory *memory) {
    unsigned biggest = 0, grown = 0;
    for (unsigned i = 1; i < MEMORY_OWNERS - 1; i++) {
        biggest = memory_held(memory, i) > memory_held(memory, biggest) ? i : biggest;
        grown = growth_of(memory, i) > growth_of(memory, grown) ? i : grown;
    }
    return growth_of(memory, grown) > 0 ? grown : biggest;
}
