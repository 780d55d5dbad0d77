#ifndef DPAE_BASE_RING_H
#define DPAE_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded queue of records from one writer to one reader, in memory that two processes share.
 * Values only: it holds no pointers. The reader does not trust the writer: whatever the memory
 * says, it reads only within it. */
struct ring_memory;

struct ring {
    struct ring_memory *memory; /* shared; not owned */
    uint8_t *bytes;
    uint32_t capacity; /* bytes for records, a power of two; not read from the shared memory */
};

#define RING_RECORD_MAX 16384

/* Bytes of shared memory for a ring of this capacity. */
size_t ring_bytes(uint32_t capacity);

/* Takes memory (64-byte aligned, ring_bytes() long; zeroed memory is an empty ring) as a ring. What
 * is in it stays: a later writer or reader goes on where the one before was. */
void ring_attach(struct ring *ring, void *memory, uint32_t capacity);

/* Adds a record of 1 to RING_RECORD_MAX bytes. False when there is no room: nothing was written. */
bool ring_put(struct ring *ring, const void *record, uint32_t size);

/* Takes the oldest record. Returns its size, 0 when the ring is empty. One that does not fit into
 * max bytes, or cannot be (a writer that died or went mad), empties the ring. */
uint32_t ring_get(struct ring *ring, void *record, uint32_t max);

bool ring_empty(const struct ring *ring);

#endif
