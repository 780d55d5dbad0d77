#include "control/advice_queue.h"

#include "base/slot_index.h"
#include "control/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDENTITIES_MIN 256
#define IDENTITIES_PER_MESSAGE_MAX                                                                 \
    256 /* identities in one message: the maximum that a packet yields */

/* Each kind has its own ring, since their sizes differ much; order gives their relative age. */
struct waiting_verdict {
    struct event_verdict verdict;
    uint64_t order;
};

struct waiting_identity {
    struct identity identity;
    uint64_t packet;
    uint64_t order;
};

struct slot_ring {
    uint32_t size, first, count;
};

enum head_kind { HEAD_NONE, HEAD_VERDICT, HEAD_IDENTITY };

/* Outside the rings, so that later events cannot displace it. */
struct head {
    enum head_kind kind;
    bool offered; /* possibly in transit: nothing is merged into it */
    struct event_verdict verdict;
    char *body; /* identities only */
};

struct advice_queue {
    struct waiting_verdict *verdicts;
    struct waiting_identity *identities;
    struct slot_ring verdict_ring, identity_ring;
    struct slot_index flows; /* finds the verdict of a flow by its hash */
    struct head head;
    uint32_t capacity;
    uint64_t next_order;
    struct advice_counters counters;
};

static uint32_t slot_ring_at(const struct slot_ring *ring, uint32_t offset) {
    const uint64_t at = (uint64_t)ring->first + offset;
    return (uint32_t)(at < ring->size ? at : at - ring->size);
}

static uint32_t slot_ring_push(struct slot_ring *ring) {
    return slot_ring_at(ring, ring->count++);
}

static void slot_ring_pop(struct slot_ring *ring, uint32_t count) {
    ring->first = slot_ring_at(ring, count);
    ring->count -= count;
}

int advice_queue_new(struct advice_queue **queue, uint32_t capacity, struct error *error) {
    *queue = NULL;
    uint32_t identities = capacity / 8 > IDENTITIES_MIN ? capacity / 8 : IDENTITIES_MIN;
    identities = identities < capacity ? identities : capacity;
    struct advice_queue *const made = calloc(1, sizeof *made);
    if (made) {
        made->capacity = capacity;
        made->verdict_ring.size = capacity;
        made->identity_ring.size = identities;
        made->flows.size = slot_index_size(capacity);
        made->verdicts = calloc(capacity, sizeof *made->verdicts);
        made->identities = calloc(identities, sizeof *made->identities);
        made->flows.entries = calloc(made->flows.size, sizeof *made->flows.entries);
    }
    if (!made || !made->verdicts || !made->identities || !made->flows.entries) {
        advice_queue_free(made);
        return error_set(
            error, -ENOMEM,
            "out of memory for a queue of %u pieces of advice; reduce advice_queue_size", capacity);
    }
    *queue = made;
    return 0;
}

void advice_queue_free(struct advice_queue *queue) {
    if (!queue) {
        return;
    }
    free(queue->verdicts);
    free(queue->identities);
    free(queue->flows.entries);
    free(queue->head.body);
    free(queue);
}

static bool same_ends(const struct ends *a, const struct ends *b) {
    if (a->ip_version != b->ip_version || a->proto != b->proto) {
        return false;
    }
    const bool straight = a->port_a == b->port_a && a->port_b == b->port_b &&
                          memcmp(a->ip_a, b->ip_a, 16) == 0 && memcmp(a->ip_b, b->ip_b, 16) == 0;
    const bool crossed = a->port_a == b->port_b && a->port_b == b->port_a &&
                         memcmp(a->ip_a, b->ip_b, 16) == 0 && memcmp(a->ip_b, b->ip_a, 16) == 0;
    return straight || crossed;
}

static bool same_flow(const struct event_verdict *a, const struct event_verdict *b) {
    return a->hash == b->hash && same_ends(&a->ends, &b->ends);
}

static struct event_verdict *find_flow(const struct advice_queue *queue,
                                       const struct event_verdict *verdict) {
    uint32_t at = slot_index_home(&queue->flows, verdict->hash);
    for (uint32_t slot; (slot = slot_index_next(&queue->flows, verdict->hash, &at)) != SLOT_NONE;) {
        if (same_flow(&queue->verdicts[slot].verdict, verdict)) {
            return &queue->verdicts[slot].verdict;
        }
    }
    return NULL;
}

static struct event_verdict merged(const struct event_verdict *older,
                                   const struct event_verdict *newer) {
    struct event_verdict both = *newer;
    both.actions |= older->actions;
    if (!(newer->actions & EVENT_TREATMENT)) {
        both.treatment = older->treatment;
        memcpy(both.classifier, older->classifier, sizeof both.classifier);
    }
    return both;
}

static void pop_verdict(struct advice_queue *queue) {
    const uint32_t slot = queue->verdict_ring.first;
    slot_index_erase(&queue->flows, queue->verdicts[slot].verdict.hash, slot);
    slot_ring_pop(&queue->verdict_ring, 1);
}

/* Drops identities before verdicts. */
static void drop_oldest(struct advice_queue *queue) {
    if (queue->identity_ring.count > 0) {
        slot_ring_pop(&queue->identity_ring, 1);
        queue->counters.dropped_identities++;
    } else {
        pop_verdict(queue);
        queue->counters.dropped_verdicts++;
    }
}

static bool is_full(const struct advice_queue *queue) {
    return queue->verdict_ring.count + queue->identity_ring.count == queue->capacity;
}

static void put_verdict(struct advice_queue *queue, const struct event_verdict *verdict) {
    struct head *const head = &queue->head;
    const bool in_head =
        head->kind == HEAD_VERDICT && !head->offered && same_flow(&head->verdict, verdict);
    struct event_verdict *const waiting = in_head ? &head->verdict : find_flow(queue, verdict);
    if (waiting) {
        *waiting = merged(waiting, verdict);
        queue->counters.merged++;
        return;
    }
    if (is_full(queue)) {
        drop_oldest(queue);
    }
    const uint32_t slot = slot_ring_push(&queue->verdict_ring);
    queue->verdicts[slot] = (struct waiting_verdict){*verdict, queue->next_order++};
    slot_index_insert(&queue->flows, verdict->hash, slot);
}

static void put_identity(struct advice_queue *queue, const struct event *event) {
    struct slot_ring *const ring = &queue->identity_ring;
    if (is_full(queue) && ring->count == 0) {
        queue->counters.dropped_identities++;
        return;
    }
    if (is_full(queue) || ring->count == ring->size) {
        drop_oldest(queue);
    }
    struct waiting_identity *const place = &queue->identities[slot_ring_push(ring)];
    place->identity = event->identity;
    place->packet = event->packet;
    place->order = queue->next_order++;
}

void advice_queue_put(struct advice_queue *queue, const struct event *event) {
    if (event->kind == EVENT_VERDICT) {
        queue->counters.taken++;
        put_verdict(queue, &event->verdict);
    } else if (event->kind == EVENT_IDENTITY) {
        queue->counters.taken++;
        put_identity(queue, event);
    }
}

bool advice_queue_empty(const struct advice_queue *queue) {
    return queue->head.kind == HEAD_NONE && queue->verdict_ring.count == 0 &&
           queue->identity_ring.count == 0;
}

static bool same_packet(const struct waiting_identity *a, const struct waiting_identity *b) {
    return a->identity.kind == b->identity.kind && a->packet == b->packet &&
           a->identity.time_ns == b->identity.time_ns &&
           memcmp(a->identity.src_mac, b->identity.src_mac, sizeof a->identity.src_mac) == 0;
}

/* Moves the oldest identities that fit in one message to the head. Returns false when memory is
 * exhausted. */
static bool take_identities(struct advice_queue *queue) {
    const struct slot_ring *const ring = &queue->identity_ring;
    const struct waiting_identity *const first = &queue->identities[ring->first];
    const struct identity *group[IDENTITIES_PER_MESSAGE_MAX] = {&first->identity};
    uint32_t count = 1;
    while (first->identity.kind == IDENTITY_DNS && count < ring->count &&
           count < IDENTITIES_PER_MESSAGE_MAX) {
        const struct waiting_identity *const next = &queue->identities[slot_ring_at(ring, count)];
        if (!same_packet(first, next)) {
            break;
        }
        group[count++] = &next->identity;
    }
    bool skipped = false;
    char *const body = message_identity_body(group, count, &skipped);
    if (!body && !skipped) {
        return false;
    }
    slot_ring_pop(&queue->identity_ring, count);
    if (skipped) {
        queue->counters.skipped += count;
    } else {
        queue->counters.merged += count - 1;
        queue->head = (struct head){.kind = HEAD_IDENTITY, .body = body};
    }
    return true;
}

/* Moves the oldest entry of both kinds to the head, unless it is skipped. Returns false when memory
 * is exhausted. */
static bool take_oldest(struct advice_queue *queue) {
    const struct waiting_verdict *const verdict = &queue->verdicts[queue->verdict_ring.first];
    const struct waiting_identity *const identity = &queue->identities[queue->identity_ring.first];
    const bool identity_next = queue->identity_ring.count > 0 &&
                               (queue->verdict_ring.count == 0 || identity->order < verdict->order);
    if (identity_next) {
        return take_identities(queue);
    }
    queue->head = (struct head){.kind = HEAD_VERDICT, .verdict = verdict->verdict};
    pop_verdict(queue);
    return true;
}

char *advice_queue_head(struct advice_queue *queue, bool all_flows) {
    struct head *const head = &queue->head;
    while (!advice_queue_empty(queue)) {
        if (head->kind == HEAD_NONE && !take_oldest(queue)) {
            return NULL;
        }
        if (head->kind == HEAD_IDENTITY) {
            head->offered = true;
            return strdup(head->body);
        }
        if (head->kind == HEAD_VERDICT) {
            bool skipped = false;
            char *const body = message_verdict_body(&head->verdict, all_flows, &skipped);
            if (!skipped) {
                head->offered = true;
                return body;
            }
            head->kind = HEAD_NONE;
            queue->counters.skipped++;
        }
    }
    return NULL;
}

static void keep_head(struct advice_queue *queue) {
    struct head *const head = &queue->head;
    struct event_verdict *const newer =
        head->kind == HEAD_VERDICT ? find_flow(queue, &head->verdict) : NULL;
    head->offered = false;
    if (newer) {
        *newer = merged(&head->verdict, newer);
        head->kind = HEAD_NONE;
        queue->counters.merged++;
    }
}

void advice_queue_done(struct advice_queue *queue, enum advice_outcome outcome) {
    if (queue->head.kind == HEAD_NONE) {
        return;
    }
    if (outcome == ADVICE_KEPT) {
        keep_head(queue);
        return;
    }
    if (outcome == ADVICE_SENT) {
        queue->counters.sent++;
    } else {
        queue->counters.refused++;
    }
    free(queue->head.body);
    queue->head = (struct head){.kind = HEAD_NONE};
}

const struct advice_counters *advice_queue_counters(const struct advice_queue *queue) {
    return &queue->counters;
}
