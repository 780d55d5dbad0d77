#include "store/mongo.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/mongo_internal.h"

#include <errno.h>

/* Work around the writes: indexes, flows of earlier runs, expired documents. */

struct wanted_index {
    enum store_collection collection;
    const char *name, *keys[2];
};

static const struct wanted_index indexes[] = {
    {STORE_FLOWS, "dpae_hash", {"hash"}},
    {STORE_FLOWS, "dpae_start", {"start_time"}},
    {STORE_FLOWS, "dpae_client_server", {"client", "server"}},
    {STORE_FLOWS, "dpae_unfinished", {"dpae_id", "end_reason"}},
    {STORE_IDENTITIES, "dpae_who", {"who"}},
    {STORE_IDENTITIES, "dpae_what", {"what"}},
};

static const struct wanted_index expiry[] = {
    {STORE_FLOWS, "dpae_expiry", {"expires_at"}},
    {STORE_IDENTITIES, "dpae_expiry", {"expires_at"}},
};

static bool append_index(bson_t *command, const char *collection, const struct wanted_index *wanted,
                         bool expires) {
    bson_t all, index, keys;
    bool put = BSON_APPEND_UTF8(command, "createIndexes", collection) &&
               BSON_APPEND_ARRAY_BEGIN(command, "indexes", &all) &&
               BSON_APPEND_DOCUMENT_BEGIN(&all, "0", &index) &&
               BSON_APPEND_UTF8(&index, "name", wanted->name) &&
               BSON_APPEND_DOCUMENT_BEGIN(&index, "key", &keys);
    for (unsigned i = 0; put && i < 2 && wanted->keys[i]; i++) {
        put = BSON_APPEND_INT32(&keys, wanted->keys[i], 1);
    }
    put = put && bson_append_document_end(&index, &keys);
    if (put && expires) {
        /* The documents contain their time of expiry. */
        put = BSON_APPEND_INT32(&index, "expireAfterSeconds", 0);
    }
    return put && bson_append_document_end(&all, &index) && bson_append_array_end(command, &all);
}

/* On false, *reason says why the server did not create it. */
static bool make_index(struct mongo *mongo, const struct wanted_index *wanted, bool expires,
                       bson_error_t *reason) {
    mongoc_collection_t *collection = mongo->collections[wanted->collection];
    bson_t command = BSON_INITIALIZER, reply;
    if (!append_index(&command, mongoc_collection_get_name(collection), wanted, expires)) {
        bson_destroy(&command);
        bson_set_error(reason, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "out of memory");
        return false;
    }
    const bool made =
        mongoc_collection_write_command_with_opts(collection, &command, NULL, &reply, reason);
    bson_destroy(&reply);
    bson_destroy(&command);
    return made;
}

/* Whether the server answered with an error. */
static bool is_refusal(const bson_error_t *reason) {
    return reason->domain == MONGOC_ERROR_SERVER;
}

static int refuse_index(const struct wanted_index *wanted, const bson_error_t *reason,
                        struct error *error) {
    mongo_fail(error, reason);
    if (!is_refusal(reason)) {
        return error->code;
    }
    log_warning(LOG_NMETA_DPAE, "database: cannot create index %s: %s", wanted->name,
                error->message);
    return 0;
}

/* If the server does not expire documents, the same index helps to find them. */
static int make_expiry(struct mongo *mongo, bool *expires, struct error *error) {
    bson_error_t reason;
    *expires = true;
    for (size_t i = 0; i < sizeof expiry / sizeof *expiry; i++) {
        if (make_index(mongo, &expiry[i], true, &reason)) {
            continue;
        }
        if (!is_refusal(&reason)) {
            return mongo_fail(error, &reason);
        }
        if (*expires) {
            log_warning(LOG_NMETA_DPAE,
                        "database: the server does not expire documents (%s); dpae removes its "
                        "expired documents itself, once a minute",
                        reason.message);
        }
        *expires = false;
        if (!make_index(mongo, &expiry[i], false, &reason) &&
            refuse_index(&expiry[i], &reason, error) != 0) {
            return error->code;
        }
    }
    return 0;
}

int mongo_prepare(struct mongo *mongo, bool *expires, struct error *error) {
    bson_error_t reason;
    if (mongo_connect(mongo, error) != 0) {
        return error->code;
    }
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        if (!make_index(mongo, &indexes[i], false, &reason) &&
            refuse_index(&indexes[i], &reason, error) != 0) {
            return error->code;
        }
    }
    *expires = true;
    return mongo->config->mongo_retention_days > 0 ? make_expiry(mongo, expires, error) : 0;
}

static uint64_t number_in(const bson_t *reply, const char *key) {
    bson_iter_t at;
    const bool there = bson_iter_init_find(&at, reply, key) && BSON_ITER_HOLDS_NUMBER(&at);
    const int64_t number = there ? bson_iter_as_int64(&at) : 0;
    return number > 0 ? (uint64_t)number : 0;
}

int mongo_end_earlier(struct mongo *mongo, const struct write_source *source, uint64_t *count,
                      struct error *error) {
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, reply, part;
    bson_error_t reason;
    *count = 0;
    bool done = mongo_connect(mongo, error) == 0;
    if (!done) {
        return error->code;
    }
    bson_set_error(&reason, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "out of memory");
    bson_init(&reply);
    done = BSON_APPEND_UTF8(&filter, "dpae_id", source->dpae_id) &&
           BSON_APPEND_NULL(&filter, "end_reason") &&
           BSON_APPEND_DOCUMENT_BEGIN(&filter, "run", &part) &&
           BSON_APPEND_DATE_TIME(&part, "$ne", (int64_t)(source->run_ns / NS_PER_MS)) &&
           bson_append_document_end(&filter, &part) &&
           BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &part) &&
           BSON_APPEND_UTF8(&part, "end_reason", "restart") &&
           bson_append_document_end(&update, &part);
    if (done) {
        bson_destroy(&reply);
        done = mongoc_collection_update_many(mongo->collections[STORE_FLOWS], &filter, &update,
                                             NULL, &reply, &reason);
    }
    *count = number_in(&reply, "modifiedCount");
    bson_destroy(&reply);
    bson_destroy(&update);
    bson_destroy(&filter);
    return done ? 0 : mongo_fail(error, &reason);
}

/* Fills selector with {_id: {$in: [the oldest expired documents of this DPAE]}}. Returns their
 * number, or -1. */
static int find_expired(mongoc_collection_t *collection, const struct write_source *source,
                        uint64_t now_ns, unsigned max, bson_t *selector, bson_error_t *reason) {
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER, part, list;
    int found = 0;
    bool fine = BSON_APPEND_DOCUMENT_BEGIN(&filter, "expires_at", &part) &&
                BSON_APPEND_DATE_TIME(&part, "$lt", (int64_t)(now_ns / NS_PER_MS)) &&
                bson_append_document_end(&filter, &part) &&
                BSON_APPEND_UTF8(&filter, "dpae_id", source->dpae_id) &&
                BSON_APPEND_INT64(&options, "limit", max) &&
                BSON_APPEND_DOCUMENT_BEGIN(&options, "projection", &part) &&
                BSON_APPEND_INT32(&part, "_id", 1) && bson_append_document_end(&options, &part) &&
                BSON_APPEND_DOCUMENT_BEGIN(selector, "_id", &part) &&
                BSON_APPEND_ARRAY_BEGIN(&part, "$in", &list);
    if (fine) {
        mongoc_cursor_t *cursor =
            mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
        const bson_t *document;
        bson_iter_t id;
        while (fine && mongoc_cursor_next(cursor, &document)) {
            const char *key;
            char buffer[16];
            bson_uint32_to_string((uint32_t)found, &key, buffer, sizeof buffer);
            fine =
                bson_iter_init_find(&id, document, "_id") && bson_append_iter(&list, key, -1, &id);
            found++;
        }
        fine = fine && !mongoc_cursor_error(cursor, reason);
        mongoc_cursor_destroy(cursor);
        fine = bson_append_array_end(&part, &list) && bson_append_document_end(selector, &part) &&
               fine;
    }
    bson_destroy(&filter);
    bson_destroy(&options);
    return fine ? found : -1;
}

int mongo_expire(struct mongo *mongo, const struct write_source *source, uint64_t now_ns,
                 unsigned max, uint64_t *count, struct error *error) {
    *count = 0;
    if (mongo_connect(mongo, error) != 0) {
        return error->code;
    }
    for (unsigned i = 0; i < STORE_COLLECTION_COUNT; i++) {
        bson_t selector = BSON_INITIALIZER, reply = BSON_INITIALIZER;
        bson_error_t reason;
        bson_set_error(&reason, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "out of memory");
        const int found =
            find_expired(mongo->collections[i], source, now_ns, max, &selector, &reason);
        bool done = found >= 0;
        if (found > 0) {
            bson_destroy(&reply);
            done = mongoc_collection_delete_many(mongo->collections[i], &selector, NULL, &reply,
                                                 &reason);
        }
        *count += number_in(&reply, "deletedCount");
        bson_destroy(&reply);
        bson_destroy(&selector);
        if (!done) {
            return mongo_fail(error, &reason);
        }
    }
    return 0;
}
