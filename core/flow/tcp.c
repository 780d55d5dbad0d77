#include "flow/table_internal.h"

#include <string.h>

/* Tracks which sequence numbers of a direction were seen (RFC 9293 section 3.4): all before
 * next_seq except the holes. Comparisons are modulo 2^32. */

/* Reordered segments are closer together; a larger step back means another stream. */
#define REORDERING_MAX (1u << 24)

static bool before(uint32_t a, uint32_t b) {
    return (int32_t)(a - b) < 0;
}

static struct holes *holes_of(struct flow_table *table, const struct flow *flow) {
    return &table->holes[table_cold(table, table_slot(table, flow))->holes];
}

void tcp_forget(struct flow_table *table, struct flow *flow) {
    if (flow->flags & FLOW_HOLES) {
        memset(holes_of(table, flow), 0, sizeof(struct holes));
        flow->flags = (uint16_t)(flow->flags & ~FLOW_HOLES);
    }
}

/* The pool is allocated in rotation; when it is full, the oldest holder loses its entry. */
static struct holes *holes_allocate(struct flow_table *table, struct flow *flow) {
    const uint32_t at = table->holes_next;
    table->holes_next = at + 1 == table->holes_count ? 0 : at + 1;
    struct holes *holes = &table->holes[at];
    if (holes->owner != 0) {
        table->counters.holes_forgotten += holes->count;
        tcp_forget(table, &table->flows[holes->owner - 1]);
    }
    const uint32_t slot = table_slot(table, flow);
    holes->owner = slot + 1;
    table_cold(table, slot)->holes = at;
    flow->flags |= FLOW_HOLES;
    return holes;
}

static void hole_remove(struct holes *holes, unsigned i) {
    const unsigned below = (1u << i) - 1;
    holes->ends = (uint8_t)((holes->ends & below) | (holes->ends >> 1 & ~below));
    holes->count--;
    memmove(&holes->hole[i], &holes->hole[i + 1], (holes->count - i) * sizeof holes->hole[0]);
}

static void hole_add(struct flow_table *table, struct flow *flow, unsigned end, uint32_t start,
                     uint32_t stop) {
    struct holes *holes =
        flow->flags & FLOW_HOLES ? holes_of(table, flow) : holes_allocate(table, flow);
    if (holes->count == HOLES_MAX) {
        hole_remove(holes, 0);
        table->counters.holes_forgotten++;
    }
    const unsigned i = holes->count++;
    holes->hole[i].start = start;
    holes->hole[i].end = stop;
    holes->ends = (uint8_t)((holes->ends & ~(1u << i)) | end << i);
}

/* Removes [start, stop) from the direction's holes. Returns true when a hole overlapped it. */
static bool holes_fill(struct flow_table *table, struct flow *flow, unsigned end, uint32_t start,
                       uint32_t stop) {
    bool filled = false;
    struct holes *holes = holes_of(table, flow);
    for (unsigned i = 0; i < holes->count;) {
        const uint32_t hole_start = holes->hole[i].start;
        const uint32_t hole_end = holes->hole[i].end;
        const unsigned hole_of = (unsigned)holes->ends >> i & 1;
        if (hole_of != end || !before(start, hole_end) || !before(hole_start, stop)) {
            i++;
            continue;
        }
        filled = true;
        const bool left = before(hole_start, start);
        const bool right = before(stop, hole_end);
        if (left && right) {
            holes->hole[i].end = start;
            hole_add(table, flow, end, stop, hole_end);
            break;
        }
        if (!left && !right) {
            hole_remove(holes, i);
            continue;
        }
        holes->hole[i].start = left ? hole_start : stop;
        holes->hole[i].end = left ? start : hole_end;
        i++;
    }
    if (holes->count == 0) {
        tcp_forget(table, flow);
    }
    return filled;
}

static void count_gap(struct flow_table *table, struct flow *flow, unsigned end) {
    table->counters.sequence_gaps++;
    if (end == 0 && flow->gaps_0 < UINT16_MAX) {
        flow->gaps_0++;
    } else if (end == 1 && flow->gaps_1 < UINT16_MAX) {
        flow->gaps_1++;
    }
}

uint32_t flow_first_missing(const struct flow_table *table, const struct flow *flow, unsigned end,
                            uint32_t seq) {
    uint32_t first = seq;
    if (!(flow->flags & FLOW_HOLES)) {
        return first;
    }
    const struct holes *holes = &table->holes[table_cold(table, table_slot(table, flow))->holes];
    for (unsigned i = 0; i < holes->count; i++) {
        const uint32_t start = holes->hole[i].start;
        if (((unsigned)holes->ends >> i & 1) == end && before(start, first)) {
            first = start;
        }
    }
    return first;
}

/* Returns how many sequence numbers are in the direction's holes. */
static uint64_t missing_bytes(struct flow_table *table, const struct flow *flow, unsigned end) {
    uint64_t sum = 0;
    if (flow->flags & FLOW_HOLES) {
        const struct holes *holes = holes_of(table, flow);
        for (unsigned i = 0; i < holes->count; i++) {
            const bool counts = ((unsigned)holes->ends >> i & 1) == end;
            sum += counts ? holes->hole[i].end - holes->hole[i].start : 0;
        }
    }
    return sum;
}

/* Returns true when the direction may have passed start: the numbers in between do not exceed its
 * bytes sent plus those missing. */
static bool sent_before(struct flow_table *table, const struct flow *flow, unsigned end,
                        uint32_t start) {
    return before(start, flow->next_seq[end]) &&
           flow->next_seq[end] - start <=
               flow_end_bytes(flow, end) + missing_bytes(table, flow, end);
}

/* Tracks a segment that does not begin where the direction left off. Returns true when part of it
 * is new. */
static bool track_out_of_order(struct flow_table *table, struct flow *flow, unsigned end,
                               uint32_t start, uint32_t stop) {
    const uint32_t next = flow->next_seq[end];
    if (before(next, start)) {
        count_gap(table, flow, end);
        hole_add(table, flow, end, next, start);
        flow->next_seq[end] = stop;
        return true;
    }
    bool has_new_data = !sent_before(table, flow, end, start);
    if (has_new_data && next - start > REORDERING_MAX) {
        tcp_forget(table, flow);
        flow->next_seq[end] = stop;
        return true;
    }
    if (flow->flags & FLOW_HOLES && holes_fill(table, flow, end, start, stop)) {
        has_new_data = true;
    }
    if (before(next, stop)) {
        flow->next_seq[end] = stop;
        has_new_data = true;
    }
    return has_new_data;
}

bool tcp_track(struct flow_table *table, struct flow *flow, unsigned end,
               const struct packet *packet) {
    const uint8_t flags = packet->tcp_flags;
    const unsigned seq_known = end ? FLOW_SEQ_KNOWN_1 : FLOW_SEQ_KNOWN_0;
    const uint32_t data = flags & TCP_RST ? 0 : packet->payload_length;
    const uint32_t length = data + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
    const uint32_t start = packet->tcp_seq;
    const uint32_t stop = start + length;
    const uint32_t next = flow->next_seq[end];

    if (!(flow->flags & seq_known)) {
        flow->next_seq[end] = stop;
        flow->flags = (uint16_t)(flow->flags | seq_known);
        return false;
    }
    if (length == 0) {
        return false;
    }
    if (start == next) {
        flow->next_seq[end] = stop;
        return false;
    }
    /* A SYN with an unrelated number is another attempt to open. */
    if (flags & TCP_SYN && !sent_before(table, flow, end, start)) {
        if (!(flow->flags & (end ? FLOW_SYN_0 : FLOW_SYN_1))) {
            tcp_forget(table, flow);
            flow->next_seq[end] = stop;
        }
        return false;
    }
    const bool first_syn = flags & TCP_SYN && !(flow->flags & (end ? FLOW_SYN_1 : FLOW_SYN_0));
    return !track_out_of_order(table, flow, end, start, stop) && !first_syn;
}
