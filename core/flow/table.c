#include "flow/table_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The table's memory: its layout, and its recovery by a later worker. The flows and their cold data
 * are authoritative; index, lists and free slots are rebuilt from them. */
#define TABLE_MAGIC UINT64_C(0x32656c6261746466) /* "fdtable2"; changes with the layout */

struct layout {
    size_t flows, cold, links, index, holes, fragments, fragment_index, bytes;
    size_t cold_size;
    uint32_t holes_count;
};

static size_t align(size_t bytes, size_t to) {
    return (bytes + to - 1) / to * to;
}

static struct layout layout_of(const struct flow_table_options *options) {
    const size_t capacity = options->capacity;
    struct layout layout;
    layout.cold_size =
        sizeof(struct flow_cold) + options->packets_kept * sizeof(struct kept_packet);
    layout.holes_count = options->capacity / 64 + 16;
    layout.flows = align(sizeof(struct table_header), 128);
    layout.cold = layout.flows + capacity * sizeof(struct flow);
    layout.links = align(layout.cold + capacity * layout.cold_size, 64);
    layout.index = align(layout.links + capacity * sizeof(struct link), 64);
    layout.holes = align(layout.index + slot_index_size(options->capacity) * sizeof(uint64_t), 64);
    layout.fragments = layout.holes + layout.holes_count * sizeof(struct holes);
    layout.fragment_index = layout.fragments + options->fragments * sizeof(struct fragment);
    layout.bytes = layout.fragment_index + slot_index_size(options->fragments) * sizeof(uint64_t);
    return layout;
}

size_t flow_table_bytes(const struct flow_table_options *options) {
    return layout_of(options).bytes;
}

static void *map_memory(size_t bytes, int fd, struct error *error) {
    if (fd >= 0) {
        struct stat status;
        if (fstat(fd, &status) != 0 ||
            ((size_t)status.st_size < bytes && ftruncate(fd, (off_t)bytes) != 0)) {
            error_set(error, -errno, "flow table: cannot size its memory file to %zu bytes: %s",
                      bytes, strerror(errno));
            return NULL;
        }
    }
    const int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) {
        error_set(error, -errno,
                  "flow table: cannot map %zu MiB: %s; lower flow_table_size in config.yaml",
                  bytes >> 20, strerror(errno));
        return NULL;
    }
    /* A hint: without huge pages the table is only slower. */
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static void set_pointers(struct flow_table *table, const struct layout *layout) {
    uint8_t *memory = table->memory;
    table->bytes = layout->bytes;
    table->header = (struct table_header *)(void *)memory;
    table->flows = (struct flow *)(void *)(memory + layout->flows);
    table->cold = memory + layout->cold;
    table->cold_size = layout->cold_size;
    table->links = (struct link *)(void *)(memory + layout->links);
    table->index.entries = (uint64_t *)(void *)(memory + layout->index);
    table->index.size = slot_index_size(table->options.capacity);
    table->holes = (struct holes *)(void *)(memory + layout->holes);
    table->holes_count = layout->holes_count;
    table->fragments.entries = (struct fragment *)(void *)(memory + layout->fragments);
    table->fragments.capacity = table->options.fragments;
    table->fragments.index.entries = (uint64_t *)(void *)(memory + layout->fragment_index);
    table->fragments.index.size = slot_index_size(table->options.fragments);
    table->fragments.timeout_ns = table->options.fragment_timeout_ns;
}

struct survivor {
    uint64_t last_ns;
    uint32_t slot;
};

static int compare_last_packet(const void *a, const void *b) {
    const struct survivor *first = a;
    const struct survivor *second = b;
    return (first->last_ns > second->last_ns) - (first->last_ns < second->last_ns);
}

static bool is_recoverable(const struct flow_table *table, uint32_t slot) {
    const struct flow *flow = &table->flows[slot];
    return flow->flags & FLOW_USED && flow->timeout < FLOW_TIMEOUT_COUNT &&
           table->header->touched != slot + 1;
}

/* Memory of another table contains data that this one would misinterpret. */
static void clear(struct flow_table *table) {
    memset(table->index.entries, 0, table->index.size * sizeof table->index.entries[0]);
    memset(table->holes, 0, table->holes_count * sizeof table->holes[0]);
}

/* Recovers the flows of an earlier worker. Auxiliary data (open sequence gaps, fragments) starts
 * empty. */
static int recover(struct flow_table *table, struct error *error) {
    const uint32_t slots = table->header->high_water;
    struct survivor *survivors = malloc(((size_t)slots + 1) * sizeof *survivors);
    if (!survivors) {
        return error_set(error, -ENOMEM, "flow table: out of memory while recovering %u flows",
                         slots);
    }
    clear(table);
    for (uint32_t slot = slots; slot-- > 0;) {
        if (is_recoverable(table, slot)) {
            survivors[table->count++] =
                (struct survivor){.last_ns = flow_last_ns(&table->flows[slot]), .slot = slot};
        } else {
            table->flows[slot].flags = 0;
            table->links[slot].next = table->free;
            table->free = slot;
        }
    }
    qsort(survivors, table->count, sizeof *survivors, compare_last_packet);
    for (uint32_t i = 0; i < table->count; i++) {
        const uint32_t slot = survivors[i].slot;
        struct flow *flow = &table->flows[slot];
        flow->flags = (uint16_t)(flow->flags & ~FLOW_HOLES);
        table->clock_ns = survivors[i].last_ns;
        slot_index_insert(&table->index, table_hash_flow(table, flow), slot);
        table_enlist(table, slot);
    }
    table->header->touched = 0;
    free(survivors);
    return 0;
}

static bool left_by_earlier_worker(const struct flow_table *table) {
    const struct table_header *header = table->header;
    return header->magic == TABLE_MAGIC && header->capacity == table->options.capacity &&
           header->packets_kept == table->options.packets_kept &&
           header->high_water <= header->capacity;
}

/* Recovers the flows that an earlier worker left, or creates an empty table. */
static int recover_or_create(struct flow_table *table, bool shared, struct error *error) {
    table_reset_lists(table);
    table->closed = SLOT_NONE;
    fragment_reset(&table->fragments);
    if (left_by_earlier_worker(table)) {
        return recover(table, error);
    }
    if (shared) {
        clear(table);
    }
    *table->header = (struct table_header){.magic = TABLE_MAGIC,
                                           .capacity = table->options.capacity,
                                           .packets_kept = table->options.packets_kept};
    return 0;
}

int flow_table_open(struct flow_table **out, const struct flow_table_options *options, int fd,
                    void (*on_end)(void *context, struct flow *flow, enum flow_end_reason reason),
                    void *context, struct error *error) {
    *out = NULL;
    if (options->capacity == 0 || options->capacity > FLOW_TABLE_CAPACITY_MAX ||
        options->packets_kept > 255 || options->fragments == 0) {
        return error_set(
            error, -EINVAL,
            "flow table: expected 1 to %u flows, at most 255 kept packets, at least 1 fragment",
            FLOW_TABLE_CAPACITY_MAX);
    }
    struct flow_table *table = calloc(1, sizeof *table);
    if (!table) {
        return error_set(error, -ENOMEM, "flow table: out of memory");
    }
    table->options = *options;
    table->on_end = on_end;
    table->context = context;
    const struct layout layout = layout_of(options);
    table->memory = map_memory(layout.bytes, fd, error);
    if (!table->memory) {
        free(table);
        return error->code;
    }
    set_pointers(table, &layout);
    if (recover_or_create(table, fd >= 0, error) != 0) {
        flow_table_close(table);
        return error->code;
    }
    *out = table;
    return 0;
}

void flow_table_close(struct flow_table *table) {
    if (table) {
        munmap(table->memory, table->bytes);
        free(table);
    }
}

void flow_table_expire(struct flow_table *table, uint64_t now_ns) {
    flow_table_settle(table);
    table_advance(table, now_ns);
}

void flow_table_flush(struct flow_table *table) {
    flow_table_settle(table);
    table_end_all(table);
    for (uint32_t at = table->fragments.oldest; at != SLOT_NONE;
         at = table->fragments.entries[at].newer) {
        const struct fragment *fragment = &table->fragments.entries[at];
        table->counters.fragments_orphaned += fragment->known ? 0 : fragment->waiting;
    }
    fragment_reset(&table->fragments);
}

uint32_t flow_slot(const struct flow_table *table, const struct flow *flow) {
    return table_slot(table, flow);
}

uint64_t flow_start_ns(const struct flow_table *table, const struct flow *flow) {
    return table_cold(table, table_slot(table, flow))->start_ns;
}

uint64_t flow_gap_ns(const struct flow_table *table) {
    return table->gap_ns;
}

bool flow_kept_packet(const struct flow_table *table, const struct flow *flow, uint32_t i,
                      struct flow_kept_packet *packet) {
    if (i >= table->options.packets_kept || i >= flow_packet_count(flow)) {
        return false;
    }
    const struct kept_packet *kept = &table_cold(table, table_slot(table, flow))->kept[i];
    if (kept->length == 0) {
        return false;
    }
    packet->offset_ns = kept->offset_ns;
    packet->length = (uint32_t)kept->length;
    packet->tcp_flags = kept->tcp_flags;
    packet->end = (uint8_t)kept->end;
    return true;
}

const struct flow_counters *flow_table_counters(const struct flow_table *table) {
    return &table->counters;
}

uint32_t flow_table_count(const struct flow_table *table) {
    return table->count;
}

void flow_table_set_times(struct flow_table *table, const struct flow_table_options *options) {
    memcpy(table->options.timeout_ns, options->timeout_ns, sizeof options->timeout_ns);
    table->options.reuse_idle_ns = options->reuse_idle_ns;
    table->options.fragment_timeout_ns = options->fragment_timeout_ns;
    table->fragments.timeout_ns = options->fragment_timeout_ns;
    table->deadline_ns = 0;
}

uint32_t flow_table_slots(const struct flow_table *table) {
    return table->header->high_water;
}

struct flow *flow_in_slot(const struct flow_table *table, uint32_t slot) {
    struct flow *flow = &table->flows[slot];
    return (flow->flags & (FLOW_USED | FLOW_ENDED)) == FLOW_USED ? flow : NULL;
}
