#include "base/ring.h"

#include <stdatomic.h>
#include <string.h>

/* Positions count bytes since creation and never wrap (2^64). Each side writes one of them. */
struct ring_memory {
    _Alignas(64) _Atomic uint64_t written;
    _Alignas(64) _Atomic uint64_t read;
    _Alignas(64) uint8_t bytes[];
};

#define HEADER sizeof(uint32_t)

static uint64_t padded(uint32_t size) {
    return (HEADER + size + 7u) & ~UINT64_C(7);
}

size_t ring_bytes(uint32_t capacity) {
    return sizeof(struct ring_memory) + capacity;
}

void ring_attach(struct ring *ring, void *memory, uint32_t capacity) {
    ring->memory = memory;
    ring->bytes = ring->memory->bytes;
    ring->capacity = capacity;
}

static void copy_in(struct ring *ring, uint64_t at, const void *from, uint32_t size) {
    const uint32_t start = (uint32_t)at & (ring->capacity - 1);
    const uint32_t first = size < ring->capacity - start ? size : ring->capacity - start;
    memcpy(ring->bytes + start, from, first);
    memcpy(ring->bytes, (const uint8_t *)from + first, size - first);
}

static void copy_out(const struct ring *ring, uint64_t at, void *to, uint32_t size) {
    const uint32_t start = (uint32_t)at & (ring->capacity - 1);
    const uint32_t first = size < ring->capacity - start ? size : ring->capacity - start;
    memcpy(to, ring->bytes + start, first);
    memcpy((uint8_t *)to + first, ring->bytes, size - first);
}

bool ring_put(struct ring *ring, const void *record, uint32_t size) {
    const uint64_t written = atomic_load_explicit(&ring->memory->written, memory_order_relaxed);
    const uint64_t read = atomic_load_explicit(&ring->memory->read, memory_order_acquire);
    if (size == 0 || size > RING_RECORD_MAX || written - read + padded(size) > ring->capacity) {
        return false;
    }
    copy_in(ring, written, &size, HEADER);
    copy_in(ring, written + HEADER, record, size);
    atomic_store_explicit(&ring->memory->written, written + padded(size), memory_order_release);
    return true;
}

uint32_t ring_get(struct ring *ring, void *record, uint32_t max) {
    const uint64_t read = atomic_load_explicit(&ring->memory->read, memory_order_relaxed);
    const uint64_t written = atomic_load_explicit(&ring->memory->written, memory_order_acquire);
    const uint64_t waiting = written - read;
    if (waiting == 0) {
        return 0;
    }
    uint32_t size = 0;
    if (waiting >= HEADER && waiting <= ring->capacity) {
        copy_out(ring, read, &size, HEADER);
    }
    if (size == 0 || size > max || padded(size) > waiting) {
        atomic_store_explicit(&ring->memory->read, written, memory_order_release);
        return 0;
    }
    copy_out(ring, read + HEADER, record, size);
    atomic_store_explicit(&ring->memory->read, read + padded(size), memory_order_release);
    return size;
}

bool ring_empty(const struct ring *ring) {
    return atomic_load_explicit(&ring->memory->written, memory_order_acquire) ==
           atomic_load_explicit(&ring->memory->read, memory_order_acquire);
}
