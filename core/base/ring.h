#ifndef DPAE_BASE_RING_H
#define DPAE_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded queue of records from one writer to one reader, in memory shared by two processes. It
 * holds values, never pointers. The reader does not trust the writer: no content of the shared
 * memory makes it read outside that memory. */
struct ring_memory;

struct ring {
    struct ring_memory *memory; /* shared; not owned */
    uint8_t *bytes;
    uint32_t capacity; /* bytes for records, a power of two; not read from the shared memory */
};

#define RING_RECORD_MAX 16384

/* Returns the bytes of shared memory for a ring of this capacity. */
size_t ring_bytes(uint32_t capacity);

/* Attaches to the ring in memory (64-byte aligned, ring_bytes() long; zeroed memory is an empty
 * ring). Records in it are kept: a new writer or reader continues where its predecessor stopped. */
void ring_attach(struct ring *ring, void *memory, uint32_t capacity);

/* Appends a record of 1 to RING_RECORD_MAX bytes. Returns false, and writes nothing, when the ring
 * lacks room. */
bool ring_put(struct ring *ring, const void *record, uint32_t size);

/* Takes the oldest record. Returns its size, or 0 when the ring is empty. A record that exceeds max
 * bytes or is invalid (its writer crashed or misbehaved) empties the ring. */
uint32_t ring_get(struct ring *ring, void *record, uint32_t max);

bool ring_empty(const struct ring *ring);

#endif
