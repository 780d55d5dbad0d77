#include "flow/table_internal.h"

#include <string.h>

/* Smaller steps back in time result from packet reordering. */
#define TIME_SET_BACK_NS UINT64_C(1000000000)

/* A day: longer than any idle timeout. */
#define TIME_LEAP_NS (UINT64_C(86400) * 1000000000)

static void list_remove(struct flow_table *table, enum flow_timeout timeout, uint32_t slot) {
    struct list *list = &table->lists[timeout];
    const struct link link = table->links[slot];
    if (link.previous == SLOT_NONE) {
        list->head = link.next;
    } else {
        table->links[link.previous].next = link.next;
    }
    if (link.next == SLOT_NONE) {
        list->tail = link.previous;
    } else {
        table->links[link.next].previous = link.previous;
    }
}

static void list_append(struct flow_table *table, enum flow_timeout timeout, uint32_t slot) {
    struct list *list = &table->lists[timeout];
    table->links[slot] = (struct link){.previous = list->tail, .next = SLOT_NONE};
    if (list->tail == SLOT_NONE) {
        list->head = slot;
    } else {
        table->links[list->tail].next = slot;
    }
    list->tail = slot;
}

/* Only a new member of a list can bring the deadline forward: a record that moves to the tail has a
 * predecessor, or is alone and already counted. */
static void list_enter(struct flow_table *table, enum flow_timeout timeout, uint32_t slot) {
    list_append(table, timeout, slot);
    table->flows[slot].timeout = timeout & 15;
    const uint64_t deadline = table->clock_ns + table->options.timeout_ns[timeout];
    if (deadline < table->deadline_ns) {
        table->deadline_ns = deadline;
    }
}

void table_enlist(struct flow_table *table, uint32_t slot) {
    list_enter(table, table->flows[slot].timeout, slot);
}

void table_touch(struct flow_table *table, uint32_t slot, enum flow_timeout timeout) {
    const enum flow_timeout old = table->flows[slot].timeout;
    if (old == timeout) {
        if (table->lists[old].tail != slot) {
            list_remove(table, old, slot);
            list_append(table, old, slot);
        }
        return;
    }
    list_remove(table, old, slot);
    list_enter(table, timeout, slot);
}

uint64_t table_idle_ns(const struct flow_table *table, uint32_t slot) {
    const struct flow *flow = &table->flows[slot];
    uint64_t last_ns = flow_last_ns(flow);
    if (flow->retransmissions != 0) {
        const struct flow_cold *cold = table_cold(table, slot);
        const uint64_t again_ns = cold->start_ns + cold->retransmitted_ms * UINT64_C(1000000);
        last_ns = again_ns > last_ns ? again_ns : last_ns;
    }
    if (last_ns <= table->clock_ns) {
        return table->clock_ns - last_ns;
    }
    return last_ns - table->clock_ns <= TIME_SET_BACK_NS ? 0 : UINT64_MAX;
}

void table_reset_lists(struct flow_table *table) {
    for (unsigned timeout = 0; timeout < FLOW_TIMEOUT_COUNT; timeout++) {
        table->lists[timeout] = (struct list){.head = SLOT_NONE, .tail = SLOT_NONE};
    }
    table->free = SLOT_NONE;
    table->count = 0;
    table->deadline_ns = UINT64_MAX;
}

/* Returns which of the flows at[], one per list or SLOT_NONE, is idle longest. */
static unsigned longest_idle(const struct flow_table *table,
                             const uint32_t at[FLOW_TIMEOUT_COUNT]) {
    unsigned oldest = FLOW_TIMEOUT_COUNT;
    uint64_t longest = 0;
    for (unsigned timeout = 0; timeout < FLOW_TIMEOUT_COUNT; timeout++) {
        if (at[timeout] != SLOT_NONE) {
            const uint64_t idle = table_idle_ns(table, at[timeout]);
            if (oldest == FLOW_TIMEOUT_COUNT || idle > longest) {
                oldest = timeout;
                longest = idle;
            }
        }
    }
    return oldest;
}

static void list_heads(const struct flow_table *table, uint32_t heads[FLOW_TIMEOUT_COUNT]) {
    for (unsigned timeout = 0; timeout < FLOW_TIMEOUT_COUNT; timeout++) {
        heads[timeout] = table->lists[timeout].head;
    }
}

/* Selects the record to evict: one with a reported end before any live flow. */
static uint32_t find_eviction_candidate(const struct flow_table *table) {
    const uint32_t closed = table->lists[FLOW_TIMEOUT_TCP_CLOSED].head;
    if (closed != SLOT_NONE && table->flows[closed].flags & FLOW_ENDED) {
        return closed;
    }
    uint32_t heads[FLOW_TIMEOUT_COUNT];
    list_heads(table, heads);
    return heads[longest_idle(table, heads)];
}

uint32_t table_allocate(struct flow_table *table, enum flow_timeout timeout) {
    if (table->free == SLOT_NONE && table->header->high_water == table->options.capacity) {
        table_end(table, find_eviction_candidate(table), FLOW_END_EVICTED);
    }
    uint32_t slot = table->free;
    if (slot != SLOT_NONE) {
        table->free = table->links[slot].next;
    } else {
        slot = table->header->high_water++;
    }
    memset(&table->flows[slot], 0, sizeof table->flows[slot]);
    list_enter(table, timeout, slot);
    table->count++;
    return slot;
}

void table_release(struct flow_table *table, uint32_t slot) {
    struct flow *flow = &table->flows[slot];
    table->counters.unstored += flow->unstored;
    tcp_forget(table, flow);
    slot_index_erase(&table->index, table_hash_flow(table, flow), slot);
    list_remove(table, flow->timeout, slot);
    flow->flags = 0;
    table->links[slot].next = table->free;
    table->free = slot;
    table->count--;
}

static void report_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason) {
    struct flow *flow = &table->flows[slot];
    if (!(flow->flags & FLOW_ENDED)) {
        flow->flags |= FLOW_ENDED;
        flow->end_reason = reason & 7u;
        table->counters.ended[reason]++;
        table->on_end(table->context, flow, reason);
    } else if (flow->unstored) {
        table->on_end(table->context, flow, (enum flow_end_reason)flow->end_reason);
    }
}

void table_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason) {
    report_end(table, slot, reason);
    table_release(table, slot);
}

void table_report(struct flow_table *table, uint32_t slot, enum flow_end_reason reason) {
    report_end(table, slot, reason);
    table_touch(table, slot, FLOW_TIMEOUT_TCP_CLOSED);
}

/* Leaves all unlinking to the end, which saves most of the time with a million flows. */
void table_end_all(struct flow_table *table) {
    const bool many = table->count > table->index.size / 64;
    uint32_t at[FLOW_TIMEOUT_COUNT];
    list_heads(table, at);
    for (unsigned list; (list = longest_idle(table, at)) != FLOW_TIMEOUT_COUNT;) {
        const uint32_t slot = at[list];
        struct flow *flow = &table->flows[slot];
        at[list] = table->links[slot].next;
        report_end(table, slot, FLOW_END_STOP);
        table->counters.unstored += flow->unstored;
        tcp_forget(table, flow);
        if (!many) {
            slot_index_erase(&table->index, table_hash_flow(table, flow), slot);
        }
        flow->flags = 0;
    }
    if (many) {
        memset(table->index.entries, 0, table->index.size * sizeof table->index.entries[0]);
    }
    table_reset_lists(table);
    table->header->high_water = 0;
}

/* A flow that timed out waiting for the last acknowledgement of its FINs did end by FIN. */
static enum flow_end_reason idle_reason(const struct flow *flow) {
    const unsigned both = FLOW_FIN_0 | FLOW_FIN_1;
    return (flow->flags & both) == both ? FLOW_END_FIN : FLOW_END_IDLE;
}

static void expire(struct flow_table *table) {
    table->deadline_ns = UINT64_MAX;
    for (unsigned timeout = 0; timeout < FLOW_TIMEOUT_COUNT; timeout++) {
        const uint64_t limit = table->options.timeout_ns[timeout];
        for (uint32_t head; (head = table->lists[timeout].head) != SLOT_NONE;) {
            const uint64_t idle = table_idle_ns(table, head);
            if (idle < limit) {
                const uint64_t deadline = table->clock_ns + (limit - idle);
                if (deadline < table->deadline_ns) {
                    table->deadline_ns = deadline;
                }
                break;
            }
            report_end(table, head, idle_reason(&table->flows[head]));
            if (table->flows[head].unstored) {
                table->deadline_ns = table->clock_ns; /* try again at the next packet */
                return;
            }
            table_release(table, head);
        }
    }
}

/* Ends flows with a latest packet in the future: they are at the tails of the lists. */
static void end_future_flows(struct flow_table *table) {
    for (unsigned timeout = 0; timeout < FLOW_TIMEOUT_COUNT; timeout++) {
        for (uint32_t tail; (tail = table->lists[timeout].tail) != SLOT_NONE;) {
            if (table_idle_ns(table, tail) != UINT64_MAX) {
                break;
            }
            table_end(table, tail, idle_reason(&table->flows[tail]));
        }
    }
}

/* Returns true for an isolated packet from far ahead: a wrong clock, a damaged record. If the next
 * packet has such a time, too, time has advanced. */
static bool is_isolated_leap(struct flow_table *table, uint64_t time_ns) {
    if (table->clock_ns == 0 || time_ns < table->clock_ns ||
        time_ns - table->clock_ns < TIME_LEAP_NS) {
        table->leap_ns = 0;
        return false;
    }
    const bool confirmed = table->leap_ns != 0 && time_ns > table->leap_ns - TIME_SET_BACK_NS &&
                           time_ns - table->leap_ns < TIME_LEAP_NS;
    table->leap_ns = confirmed ? 0 : time_ns;
    return !confirmed;
}

/* The clock follows packet time. It ignores packets that are slightly late or far ahead, and goes
 * back when the input does (at a second capture file, for example): flows seen "later" then end. */
void table_advance(struct flow_table *table, uint64_t time_ns) {
    const bool back = time_ns < table->clock_ns;
    if ((back && table->clock_ns - time_ns <= TIME_SET_BACK_NS) ||
        is_isolated_leap(table, time_ns)) {
        return;
    }
    table->clock_ns = time_ns;
    if (back) {
        end_future_flows(table);
    }
    if (back || time_ns >= table->deadline_ns) {
        expire(table);
    }
}
