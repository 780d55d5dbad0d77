#include "base/siphash.h"
#include "base/slot_index.h"
#include "identity/identity.h"

#include <stdlib.h>
#include <string.h>

/* An identity is stored as a 128-bit keyed hash: without the key, an attacker cannot construct two
 * identities that collide. */
struct entry {
    uint64_t hash[2];
    uint64_t reported_ns;
    uint32_t older, newer; /* list in order of reporting, SLOT_NONE at its ends */
};

struct identity_cache {
    uint64_t key[2];
    uint64_t refresh_ns;
    uint32_t capacity;
    uint32_t used;
    uint32_t oldest, newest;
    struct slot_index index; /* keyed by hash[0] */
    struct entry *entries;
};

struct identity_cache *identity_cache_new(uint32_t capacity, uint64_t refresh_ns, uint64_t seed) {
    struct identity_cache *cache = calloc(1, sizeof *cache);
    if (!cache || capacity > UINT32_MAX / 2) {
        goto fail;
    }
    cache->key[0] = seed;
    cache->key[1] = ~seed;
    cache->refresh_ns = refresh_ns;
    cache->capacity = capacity;
    cache->oldest = cache->newest = SLOT_NONE;
    cache->index.size = slot_index_size(capacity);
    cache->index.entries = calloc(cache->index.size, sizeof *cache->index.entries);
    cache->entries = calloc(capacity, sizeof *cache->entries);
    if (!cache->index.entries || !cache->entries) {
        goto fail;
    }
    return cache;
fail:
    identity_cache_free(cache);
    return NULL;
}

void identity_cache_free(struct identity_cache *cache) {
    if (cache) {
        free(cache->index.entries);
        free(cache->entries);
        free(cache);
    }
}

void identity_cache_set_refresh(struct identity_cache *cache, uint64_t refresh_ns) {
    cache->refresh_ns = refresh_ns;
}

/* An identity in canonical form, each of its members at most once. */
struct canonical {
    uint8_t bytes[sizeof(struct identity)];
    size_t size;
};

static void put(struct canonical *canonical, const void *bytes, size_t size) {
    memcpy(canonical->bytes + canonical->size, bytes, size);
    canonical->size += size;
}

static void put_text(struct canonical *canonical, const char *text) {
    put(canonical, text,
        strlen(text) + 1); /* including the NUL: "a", "bc" differs from "ab", "c" */
}

static void put_arp(struct canonical *canonical, const struct identity_arp *arp) {
    put(canonical, &arp->operation, sizeof arp->operation);
    put(canonical, arp->sender_ip, sizeof arp->sender_ip);
    put(canonical, arp->sender_mac, sizeof arp->sender_mac);
    put(canonical, arp->target_ip, sizeof arp->target_ip);
    put(canonical, arp->target_mac, sizeof arp->target_mac);
}

static void put_lldp(struct canonical *canonical, const struct identity_lldp *lldp) {
    put_text(canonical, lldp->system_name);
    put_text(canonical, lldp->port_id);
    put_text(canonical, lldp->port_description);
    put_text(canonical, lldp->management_address);
}

static void put_dns(struct canonical *canonical, const struct identity_dns *dns) {
    put(canonical, &dns->type, sizeof dns->type);
    put(canonical, dns->client, sizeof dns->client);
    put(canonical, &dns->client_version, sizeof dns->client_version);
    put(canonical, dns->address, sizeof dns->address);
    put_text(canonical, dns->name);
    put_text(canonical, dns->target);
}

static void put_dhcp(struct canonical *canonical, const struct identity_dhcp *dhcp) {
    put(canonical, &dhcp->message_type, sizeof dhcp->message_type);
    put(canonical, dhcp->client_mac, sizeof dhcp->client_mac);
    put(canonical, dhcp->requested_ip, sizeof dhcp->requested_ip);
    put(canonical, dhcp->assigned_ip, sizeof dhcp->assigned_ip);
    put(canonical, dhcp->server_ip, sizeof dhcp->server_ip);
    put_text(canonical, dhcp->host_name);
    put_text(canonical, dhcp->vendor_class);
}

static void put_ndp(struct canonical *canonical, const struct identity_ndp *ndp) {
    put(canonical, ndp->target, sizeof ndp->target);
    put(canonical, ndp->target_mac, sizeof ndp->target_mac);
}

static void put_identity(struct canonical *canonical, const struct identity *identity) {
    put(canonical, &identity->kind, sizeof identity->kind);
    put(canonical, identity->src_mac, sizeof identity->src_mac);
    switch (identity->kind) {
    case IDENTITY_ARP:
        put_arp(canonical, &identity->arp);
        break;
    case IDENTITY_LLDP:
        put_lldp(canonical, &identity->lldp);
        break;
    case IDENTITY_DNS:
        put_dns(canonical, &identity->dns);
        break;
    case IDENTITY_DHCP:
        put_dhcp(canonical, &identity->dhcp);
        break;
    case IDENTITY_NDP:
        put_ndp(canonical, &identity->ndp);
        break;
    case IDENTITY_KIND_COUNT:
        break;
    }
}

/* Far from any real time. */
#define NEVER_REPORTED UINT64_MAX

static uint32_t find(const struct identity_cache *cache, const uint64_t hash[2]) {
    uint32_t at = slot_index_home(&cache->index, hash[0]);
    uint32_t slot;
    while ((slot = slot_index_next(&cache->index, hash[0], &at)) != SLOT_NONE) {
        const struct entry *entry = &cache->entries[slot];
        if (entry->hash[0] == hash[0] && entry->hash[1] == hash[1]) {
            break;
        }
    }
    return slot;
}

static void unlink_entry(struct identity_cache *cache, const struct entry *entry) {
    if (entry->older == SLOT_NONE) {
        cache->oldest = entry->newer;
    } else {
        cache->entries[entry->older].newer = entry->newer;
    }
    if (entry->newer == SLOT_NONE) {
        cache->newest = entry->older;
    } else {
        cache->entries[entry->newer].older = entry->older;
    }
}

static void link_newest(struct identity_cache *cache, uint32_t slot) {
    struct entry *entry = &cache->entries[slot];
    entry->older = cache->newest;
    entry->newer = SLOT_NONE;
    if (cache->newest == SLOT_NONE) {
        cache->oldest = slot;
    } else {
        cache->entries[cache->newest].newer = slot;
    }
    cache->newest = slot;
}

/* Returns a slot that is in neither list nor index: an unused one, else the oldest. */
static uint32_t allocate_slot(struct identity_cache *cache) {
    if (cache->used < cache->capacity) {
        return cache->used++;
    }
    const uint32_t slot = cache->oldest;
    unlink_entry(cache, &cache->entries[slot]);
    slot_index_erase(&cache->index, cache->entries[slot].hash[0], slot);
    return slot;
}

/* A single time far ahead must not suppress an identity until then. */
static bool is_due(const struct entry *entry, uint64_t now_ns, uint64_t refresh_ns) {
    const uint64_t apart =
        now_ns >= entry->reported_ns ? now_ns - entry->reported_ns : entry->reported_ns - now_ns;
    return apart >= refresh_ns;
}

bool identity_cache_admit(struct identity_cache *cache, const struct identity *identity) {
    struct canonical canonical;
    uint64_t hash[2];
    canonical.size = 0;
    put_identity(&canonical, identity);
    siphash_128(cache->key, canonical.bytes, canonical.size, hash);

    uint32_t slot = find(cache, hash);
    if (slot != SLOT_NONE) {
        if (!is_due(&cache->entries[slot], identity->time_ns, cache->refresh_ns)) {
            return false;
        }
        unlink_entry(cache, &cache->entries[slot]);
    } else {
        slot = allocate_slot(cache);
        memcpy(cache->entries[slot].hash, hash, sizeof hash);
        slot_index_insert(&cache->index, hash[0], slot);
    }
    cache->entries[slot].reported_ns = identity->time_ns;
    link_newest(cache, slot);
    return true;
}

void identity_cache_withdraw(struct identity_cache *cache) {
    if (cache->newest != SLOT_NONE) {
        cache->entries[cache->newest].reported_ns = NEVER_REPORTED;
    }
}
