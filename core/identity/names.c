#include "identity/names.h"

#include "base/clock.h"
#include "base/siphash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAGIC  UINT64_C(0x64706165206e6d31)
#define WRITERS_MAX  16
#define CAPACITY_MAX (1u << 24)
#define KNOWN_MIN_NS (300 * NS_PER_S)
#define KNOWN_MAX_NS (86400 * NS_PER_S)

enum { BUCKET = 4, READ_TRIES = 3 };

struct record {
    uint8_t client[16], server[16];
    uint8_t ip_version; /* of both addresses; 0: unused */
    uint8_t unused[7];
    uint64_t since_ns, until_ns; /* packet time */
    char name[NAMES_TEXT];
};

enum { RECORD_WORDS = sizeof(struct record) / sizeof(uint64_t) };
_Static_assert(sizeof(struct record) % sizeof(uint64_t) == 0, "copied in words");

/* One writer, many readers: the version is odd during a write, and different afterwards. */
struct entry {
    _Atomic uint64_t version;
    _Atomic uint64_t words[RECORD_WORDS];
};

struct header {
    uint64_t magic;
    uint64_t key[2];
    uint32_t buckets; /* per part */
    uint32_t writers;
    uint8_t unused[32];
    struct entry entries[];
};

struct names {
    struct header *header; /* shared */
    size_t bytes;
    uint32_t buckets, writers; /* copied once from the shared memory, then trusted */
    uint64_t key[2];
    unsigned writer;

    /* the CNAME chain of the latest packet */
    uint64_t packet_ns;
    uint8_t packet_client[16];
    char requested[NAMES_TEXT], target[NAMES_TEXT];
};

static uint32_t buckets_of(const struct names_options *options) {
    const uint32_t part = (options->capacity + options->writers - 1) / options->writers;
    return (part + BUCKET - 1) / BUCKET;
}

static size_t bytes_of(uint32_t buckets, uint32_t writers) {
    return sizeof(struct header) + (size_t)buckets * BUCKET * writers * sizeof(struct entry);
}

static int check(const struct names_options *options, struct error *error) {
    if (options->capacity == 0 || options->capacity > CAPACITY_MAX || options->writers == 0 ||
        options->writers > WRITERS_MAX) {
        return error_set(error, -EINVAL,
                         "table of names: expected 1 to %u names and 1 to %d writers", CAPACITY_MAX,
                         WRITERS_MAX);
    }
    return 0;
}

static struct header header_of(const struct names_options *options) {
    return (struct header){.magic = NAMES_MAGIC,
                           .key = {options->key[0], options->key[1]},
                           .buckets = buckets_of(options),
                           .writers = options->writers};
}

int names_format(int fd, const struct names_options *options, struct error *error) {
    const struct header header = header_of(options);
    if (check(options, error) != 0) {
        return error->code;
    }
    /* Truncating to 0 first removes any earlier table. */
    if (ftruncate(fd, 0) != 0 ||
        ftruncate(fd, (off_t)bytes_of(header.buckets, header.writers)) != 0) {
        return error_set(error, -errno, "table of names: %s", strerrordesc_np(errno));
    }
    if (pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header) {
        return error_set(error, errno ? -errno : -EIO, "table of names: cannot be written");
    }
    return 0;
}

static struct entry *part_bucket(const struct names *names, unsigned part, uint64_t hash) {
    const uint64_t bucket = (uint64_t)part * names->buckets + hash % names->buckets;
    return &names->header->entries[bucket * BUCKET];
}

static void write_record(struct entry *entry, const struct record *record) {
    uint64_t words[RECORD_WORDS];
    memcpy(words, record, sizeof words);
    /* A version that is already odd was left by a writer that died. */
    const uint64_t version = atomic_load_explicit(&entry->version, memory_order_relaxed) | 1;
    atomic_store_explicit(&entry->version, version, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (unsigned i = 0; i < RECORD_WORDS; i++) {
        atomic_store_explicit(&entry->words[i], words[i], memory_order_relaxed);
    }
    atomic_store_explicit(&entry->version, version + 1, memory_order_release);
}

/* Returns false when the record is being written all the time, or was left half written. */
static bool read_record(const struct entry *entry, struct record *record) {
    uint64_t words[RECORD_WORDS];
    for (unsigned tries = 0; tries < READ_TRIES; tries++) {
        const uint64_t version = atomic_load_explicit(&entry->version, memory_order_acquire);
        for (unsigned i = 0; i < RECORD_WORDS; i++) {
            words[i] = atomic_load_explicit(&entry->words[i], memory_order_relaxed);
        }
        atomic_thread_fence(memory_order_acquire);
        if (version % 2 == 0 &&
            atomic_load_explicit(&entry->version, memory_order_relaxed) == version) {
            memcpy(record, words, sizeof words);
            record->name[NAMES_TEXT - 1] = '\0';
            return true;
        }
    }
    return false;
}

/* fd -1: private memory. */
static int attach(struct names **out, const struct header *header, int fd, unsigned writer,
                  struct error *error) {
    struct names *names = calloc(1, sizeof *names);
    if (!names) {
        return error_set(error, -ENOMEM, "table of names: out of memory");
    }
    names->buckets = header->buckets;
    names->writers = header->writers;
    names->writer = writer;
    memcpy(names->key, header->key, sizeof names->key);
    names->bytes = bytes_of(header->buckets, header->writers);
    const int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *memory = mmap(NULL, names->bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) {
        const int code = errno;
        free(names);
        return error_set(error, -code, "table of names: %s", strerrordesc_np(code));
    }
    names->header = memory;
    *out = names;
    return 0;
}

int names_open(struct names **names, int fd, unsigned writer, struct error *error) {
    struct header header;
    struct stat status;
    *names = NULL;
    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header || fstat(fd, &status) != 0 ||
        header.magic != NAMES_MAGIC || header.buckets == 0 || header.buckets > CAPACITY_MAX ||
        header.writers == 0 || header.writers > WRITERS_MAX || writer >= header.writers ||
        (size_t)status.st_size != bytes_of(header.buckets, header.writers)) {
        return error_set(error, -EINVAL, "table of names: the memory contains no valid table");
    }
    return attach(names, &header, fd, writer, error);
}

int names_new(struct names **names, uint32_t capacity, const uint64_t key[2], struct error *error) {
    const struct names_options options = {
        .capacity = capacity, .writers = 1, .key = {key[0], key[1]}};
    *names = NULL;
    if (check(&options, error) != 0) {
        return error->code;
    }
    const struct header header = header_of(&options);
    return attach(names, &header, -1, 0, error);
}

void names_close(struct names *names) {
    if (names) {
        munmap(names->header, names->bytes);
        free(names);
    }
}

static bool keys_equal(const struct record *record, const struct record *other) {
    return record->ip_version == other->ip_version &&
           memcmp(record->client, other->client, sizeof record->client) == 0 &&
           memcmp(record->server, other->server, sizeof record->server) == 0;
}

static uint64_t hash_of(const struct names *names, const struct record *record) {
    uint64_t hash[2];
    siphash_128(names->key, record->client, sizeof record->client + sizeof record->server + 1,
                hash);
    return hash[0];
}

/* Writes to the entry of the same addresses, else to an unused one or the oldest. */
static void store_record(struct names *names, const struct record *record) {
    struct entry *bucket = part_bucket(names, names->writer, hash_of(names, record));
    struct entry *target_entry = NULL;
    uint64_t oldest_ns = UINT64_MAX;
    for (unsigned i = 0; i < BUCKET; i++) {
        struct record existing;
        if (!read_record(&bucket[i], &existing)) {
            existing = (struct record){0}; /* left half written by an earlier writer */
        }
        if (keys_equal(&existing, record)) {
            target_entry = &bucket[i];
            break;
        }
        const uint64_t since_ns = existing.ip_version ? existing.since_ns : 0;
        if (!target_entry || since_ns < oldest_ns) {
            target_entry = &bucket[i];
            oldest_ns = since_ns;
        }
    }
    write_record(target_entry, record);
}

/* In a packet, a CNAME precedes the records of its target (RFC 1034 section 3.6.2). */
static const char *requested_name(const struct names *names, const char *name) {
    return strcmp(name, names->target) == 0 ? names->requested : name;
}

static void follow_alias(struct names *names, const struct identity_dns *dns) {
    if (strlen(dns->name) >= NAMES_TEXT || strlen(dns->target) >= NAMES_TEXT) {
        return;
    }
    if (strcmp(dns->name, names->target) != 0) {
        memcpy(names->requested, dns->name, strlen(dns->name) + 1);
    }
    memcpy(names->target, dns->target, strlen(dns->target) + 1);
}

static void begin_packet(struct names *names, const struct identity *identity) {
    if (identity->time_ns != names->packet_ns ||
        memcmp(identity->dns.client, names->packet_client, sizeof names->packet_client) != 0) {
        names->packet_ns = identity->time_ns;
        memcpy(names->packet_client, identity->dns.client, sizeof names->packet_client);
        names->requested[0] = names->target[0] = '\0';
    }
}

static uint64_t known_ns(uint32_t ttl_s) {
    const uint64_t ttl_ns = ttl_s * NS_PER_S;
    return ttl_ns < KNOWN_MIN_NS ? KNOWN_MIN_NS : ttl_ns > KNOWN_MAX_NS ? KNOWN_MAX_NS : ttl_ns;
}

void names_note(struct names *names, const struct identity *identity) {
    enum { A = 1, CNAME = 5, AAAA = 28 };
    const struct identity_dns *dns = &identity->dns;
    if (identity->kind != IDENTITY_DNS) {
        return;
    }
    begin_packet(names, identity);
    if (dns->type == CNAME) {
        follow_alias(names, dns);
        return;
    }
    const int ip_version = dns->type == A ? 4 : dns->type == AAAA ? 6 : 0;
    const char *name = requested_name(names, dns->name);
    /* A client of the other IP version reaches the server from an address unknown here. */
    if (ip_version != dns->client_version || strlen(name) >= NAMES_TEXT) {
        return;
    }
    struct record record = {.ip_version = (uint8_t)ip_version,
                            .since_ns = identity->time_ns,
                            .until_ns = identity->time_ns + known_ns(dns->ttl)};
    memcpy(record.client, dns->client, sizeof record.client);
    memcpy(record.server, dns->address, sizeof record.server);
    memcpy(record.name, name, strlen(name) + 1);
    store_record(names, &record);
}

size_t names_find(const struct names *names, const uint8_t client[16], const uint8_t server[16],
                  int ip_version, uint64_t time_ns, char text[NAMES_TEXT]) {
    struct record key = {.ip_version = (uint8_t)ip_version}, found;
    uint64_t latest_ns = 0;
    memcpy(key.client, client, sizeof key.client);
    memcpy(key.server, server, sizeof key.server);
    const uint64_t hash = hash_of(names, &key);
    text[0] = '\0';
    for (unsigned part = 0; part < names->writers; part++) {
        const struct entry *bucket = part_bucket(names, part, hash);
        for (unsigned i = 0; i < BUCKET; i++) {
            if (read_record(&bucket[i], &found) && keys_equal(&found, &key) &&
                time_ns < found.until_ns && found.since_ns >= latest_ns) {
                latest_ns = found.since_ns;
                memcpy(text, found.name, sizeof found.name);
            }
        }
    }
    return strlen(text);
}
