#include "store/outbox.h"

#include "base/slot_index.h"
#include "event/event_wire.h"

#include <stdlib.h>
#include <string.h>

/* Limit per flow between two writes. The oldest ones are dropped: the latest advice matters
 * most. */
#define VERDICTS_MAX 32

struct entry_list {
    uint32_t first, last, count;
};

struct outbox {
    uint32_t capacity, used,
        free; /* used: slots ever taken; free: head of the free list, or SLOT_NONE */
    uint64_t version, dropped;
    struct slot_index index;
    struct entry_list lists[OUTBOX_LIST_COUNT];
    struct outbox_entry entries[];
};

struct outbox *outbox_new(uint32_t capacity) {
    struct outbox *outbox = calloc(1, sizeof *outbox + capacity * sizeof(struct outbox_entry));
    if (!outbox) {
        return NULL;
    }
    outbox->capacity = capacity;
    outbox->free = SLOT_NONE;
    for (unsigned i = 0; i < OUTBOX_LIST_COUNT; i++) {
        outbox->lists[i] = (struct entry_list){.first = SLOT_NONE, .last = SLOT_NONE};
    }
    outbox->index.size = slot_index_size(capacity);
    outbox->index.entries = calloc(outbox->index.size, sizeof *outbox->index.entries);
    if (!outbox->index.entries) {
        free(outbox);
        return NULL;
    }
    return outbox;
}

void outbox_free(struct outbox *outbox) {
    if (outbox) {
        for (uint32_t slot = 0; slot < outbox->used; slot++) {
            free(outbox->entries[slot].event);
            free(outbox->entries[slot].verdicts);
        }
        free(outbox->index.entries);
        free(outbox);
    }
}

static void unlink_entry(struct outbox *outbox, uint32_t slot) {
    const struct outbox_entry *entry = &outbox->entries[slot];
    struct entry_list *list = &outbox->lists[entry->list];
    if (entry->previous == SLOT_NONE) {
        list->first = entry->next;
    } else {
        outbox->entries[entry->previous].next = entry->next;
    }
    if (entry->next == SLOT_NONE) {
        list->last = entry->previous;
    } else {
        outbox->entries[entry->next].previous = entry->previous;
    }
    list->count--;
}

static void link_last(struct outbox *outbox, uint32_t slot, enum outbox_list which) {
    struct outbox_entry *entry = &outbox->entries[slot];
    struct entry_list *list = &outbox->lists[which];
    entry->list = (uint8_t)which;
    entry->previous = list->last;
    entry->next = SLOT_NONE;
    if (list->last == SLOT_NONE) {
        list->first = slot;
    } else {
        outbox->entries[list->last].next = slot;
    }
    list->last = slot;
    list->count++;
}

/* The source is part of the key: two interfaces may see the same flow with the same start time,
 * as the kernel's time stamp stays with a forwarded frame. */
static uint64_t index_hash(uint64_t hash, uint64_t start_ns, uint16_t source) {
    return (hash ^ start_ns ^ source) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t find(const struct outbox *outbox, uint64_t hash, uint64_t start_ns,
                     uint16_t source) {
    const uint64_t mixed = index_hash(hash, start_ns, source);
    uint32_t at = slot_index_home(&outbox->index, mixed);
    for (uint32_t slot; (slot = slot_index_next(&outbox->index, mixed, &at)) != SLOT_NONE;) {
        const struct outbox_entry *entry = &outbox->entries[slot];
        if (entry->hash == hash && entry->start_ns == start_ns && entry->source == source) {
            return slot;
        }
    }
    return SLOT_NONE;
}

static bool is_flow(const struct outbox_entry *entry) {
    return entry->hash != 0 || entry->start_ns != 0;
}

void outbox_remove(struct outbox *outbox, uint32_t slot) {
    struct outbox_entry *entry = &outbox->entries[slot];
    if (is_flow(entry)) {
        slot_index_erase(&outbox->index, index_hash(entry->hash, entry->start_ns, entry->source),
                         slot);
    }
    unlink_entry(outbox, slot);
    free(entry->event);
    free(entry->verdicts);
    *entry = (struct outbox_entry){.next = outbox->free, .list = OUTBOX_LIST_COUNT};
    outbox->free = slot;
}

void outbox_written(struct outbox *outbox, uint32_t slot, uint64_t version) {
    struct outbox_entry *entry = &outbox->entries[slot];
    if (entry->version == version) {
        outbox_remove(outbox, slot);
    }
}

/* SLOT_NONE if all slots are in use and no entry on the held list can be dropped. */
static uint32_t take(struct outbox *outbox) {
    if (outbox->free == SLOT_NONE && outbox->used < outbox->capacity) {
        return outbox->used++;
    }
    if (outbox->free == SLOT_NONE && outbox->lists[OUTBOX_HELD].first != SLOT_NONE) {
        const uint32_t oldest = outbox->lists[OUTBOX_HELD].first;
        outbox->dropped += outbox->entries[oldest].verdict_count;
        outbox_remove(outbox, oldest);
    }
    const uint32_t slot = outbox->free;
    if (slot != SLOT_NONE) {
        outbox->free = outbox->entries[slot].next;
    }
    return slot;
}

/* Finds or creates the entry of a flow. */
static uint32_t entry_of(struct outbox *outbox, uint64_t hash, uint64_t start_ns, uint16_t source,
                         uint64_t now_ns) {
    uint32_t slot = hash || start_ns ? find(outbox, hash, start_ns, source) : SLOT_NONE;
    if (slot == SLOT_NONE && (slot = take(outbox)) != SLOT_NONE) {
        outbox->entries[slot] = (struct outbox_entry){
            .hash = hash, .start_ns = start_ns, .source = source, .since_ns = now_ns};
        link_last(outbox, slot, OUTBOX_HELD);
        if (is_flow(&outbox->entries[slot])) {
            slot_index_insert(&outbox->index, index_hash(hash, start_ns, source), slot);
        }
    }
    return slot;
}

static bool add_verdict(struct outbox *outbox, struct outbox_entry *entry,
                        const struct event *event) {
    const struct event_verdict *verdict = &event->verdict;
    if (entry->verdict_count == VERDICTS_MAX) {
        outbox->dropped++;
        entry->verdict_count--;
        memmove(entry->verdicts, entry->verdicts + 1,
                entry->verdict_count * sizeof *entry->verdicts);
    }
    struct write_verdict *grown =
        realloc(entry->verdicts, (entry->verdict_count + 1) * sizeof *grown);
    if (!grown) {
        return false;
    }
    entry->verdicts = grown;
    struct write_verdict *last = &grown[entry->verdict_count++];
    *last = (struct write_verdict){
        .time_ns = event->time_ns,
        .packet = event->packet,
        .flow_packets = verdict->flow_packets,
        .actions = verdict->actions,
        .treatment = verdict->treatment,
    };
    memcpy(last->classifier, verdict->classifier, sizeof last->classifier);
    return true;
}

static bool set_event(struct outbox_entry *entry, const struct event *event) {
    const size_t size = event_size(event);
    struct event *copy = malloc(size);
    if (!copy) {
        return false;
    }
    memcpy(copy, event, size);
    free(entry->event);
    entry->event = copy;
    return true;
}

static enum outbox_list list_of(const struct event *event) {
    return event->kind == EVENT_FLOW_STATE ? OUTBOX_OPEN : OUTBOX_FINAL;
}

enum outbox_result outbox_add(struct outbox *outbox, const struct event *event, uint16_t source,
                              uint64_t now_ns) {
    const bool verdict = event->kind == EVENT_VERDICT;
    const bool flow = event->kind == EVENT_FLOW_STATE || event->kind == EVENT_FLOW_END;
    const uint64_t hash = verdict ? event->verdict.hash : flow ? event->flow_end.hash : 0;
    const uint64_t start_ns = verdict ? event->verdict.start_ns
                              : flow  ? event->flow_end.start_ns
                                      : 0;
    const uint32_t slot = entry_of(outbox, hash, start_ns, source, now_ns);
    if (slot == SLOT_NONE) {
        return OUTBOX_FULL;
    }
    struct outbox_entry *entry = &outbox->entries[slot];
    if (entry->list == OUTBOX_FINAL && event->kind == EVENT_FLOW_STATE) {
        return OUTBOX_TAKEN; /* the end is already here */
    }
    if (!(verdict ? add_verdict(outbox, entry, event) : set_event(entry, event))) {
        if (entry->list == OUTBOX_HELD && entry->verdict_count == 0) {
            outbox_remove(outbox, slot);
        }
        return OUTBOX_FULL; /* out of memory counts as no room */
    }
    entry->version = ++outbox->version;
    if (!verdict && list_of(event) != entry->list) {
        unlink_entry(outbox, slot);
        link_last(outbox, slot, list_of(event));
    }
    return OUTBOX_TAKEN;
}

uint32_t outbox_next(const struct outbox *outbox, enum outbox_list list, uint32_t slot) {
    return slot == SLOT_NONE ? outbox->lists[list].first : outbox->entries[slot].next;
}

struct outbox_entry *outbox_entry(struct outbox *outbox, uint32_t slot) {
    return &outbox->entries[slot];
}

uint32_t outbox_count(const struct outbox *outbox, enum outbox_list list) {
    return outbox->lists[list].count;
}

uint64_t outbox_dropped_verdicts(const struct outbox *outbox) {
    return outbox->dropped;
}
