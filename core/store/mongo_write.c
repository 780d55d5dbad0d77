#include "store/mongo.h"

#include "store/mongo_internal.h"

#include <errno.h>
#include <string.h>

enum { CODE_DUPLICATE_KEY = 11000 };

struct call {
    struct mongo *mongo;
    enum store_collection collection;
    const struct store_write *writes;
    uint8_t *results;
    struct error *error;
};

static bool document_in(const bson_t *whole, const char *key, bson_t *part) {
    bson_iter_t at;
    const uint8_t *bytes;
    uint32_t size;
    if (!bson_iter_init_find(&at, whole, key) || !BSON_ITER_HOLDS_DOCUMENT(&at)) {
        return false;
    }
    bson_iter_document(&at, &size, &bytes);
    return bson_init_static(part, bytes, size);
}

static bool parts_of(const struct store_write *write, enum store_collection *collection,
                     bson_t *filter, bson_t *update) {
    bson_t whole;
    bson_iter_t at;
    if (!bson_init_static(&whole, write->bytes, write->size) ||
        !bson_iter_init_find(&at, &whole, "c") || !BSON_ITER_HOLDS_INT32(&at)) {
        return false;
    }
    *collection = bson_iter_int32(&at) == STORE_IDENTITIES ? STORE_IDENTITIES : STORE_FLOWS;
    return document_in(&whole, "q", filter) && document_in(&whole, "u", update);
}

/* Selects the writes of one collection, and refuses damaged ones. */
static unsigned select_members(const struct call *call, unsigned count, uint16_t *members) {
    unsigned selected = 0;
    for (unsigned i = 0; i < count; i++) {
        enum store_collection collection;
        bson_t filter, update;
        if (!parts_of(&call->writes[i], &collection, &filter, &update)) {
            call->results[i] = MONGO_REFUSED;
            error_set(call->error, -EBADMSG, "a write is damaged");
        } else if (collection == call->collection) {
            members[selected++] = (uint16_t)i;
        }
    }
    return selected;
}

static bool add_member(mongoc_bulk_operation_t *bulk, const struct store_write *write,
                       bson_error_t *reason) {
    enum store_collection collection;
    bson_t filter, update, options = BSON_INITIALIZER;
    const bool added =
        BSON_APPEND_BOOL(&options, "upsert", true) &&
        parts_of(write, &collection, &filter, &update) &&
        mongoc_bulk_operation_update_one_with_opts(bulk, &filter, &update, &options, reason);
    bson_destroy(&options);
    return added;
}

static bool has_items(const bson_t *reply, const char *key) {
    bson_iter_t at, inner;
    return bson_iter_init_find(&at, reply, key) && BSON_ITER_HOLDS_ARRAY(&at) &&
           bson_iter_recurse(&at, &inner) && bson_iter_next(&inner);
}

/* Executes all of them as one bulk. Returns 1 if all were written, 0 if the server refused
 * some, or a negative errno. *reason says why. */
static int execute(const struct call *call, const uint16_t *members, unsigned count,
                   bson_error_t *reason) {
    bson_t options = BSON_INITIALIZER, reply = BSON_INITIALIZER;
    int result = 0;
    BSON_APPEND_BOOL(&options, "ordered", false);
    mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(
        call->mongo->collections[call->collection], &options);
    for (unsigned i = 0; i < count; i++) {
        if (!add_member(bulk, &call->writes[members[i]], reason)) {
            goto out;
        }
    }
    bson_destroy(&reply);
    if (mongoc_bulk_operation_execute(bulk, &reply, reason) != 0) {
        result = 1;
    } else if (!has_items(&reply, "writeErrors") || has_items(&reply, "writeConcernErrors")) {
        /* Also if too few members of a replica set confirmed the bulk: repeat it. */
        result = mongo_fail(call->error, reason);
    }
out:
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(&reply);
    bson_destroy(&options);
    return result;
}

/* Finds the refused write by halving: FerretDB 1.18 reports a wrong index and does not execute
 * the writes after it. This is rare, and writing twice is harmless. */
static int write_members(const struct call *call, const uint16_t *members, unsigned count) {
    bson_error_t reason = {0};
    const int written = count > 0 ? execute(call, members, count, &reason) : 1;
    if (written < 0) {
        return written;
    }
    if (written == 1) {
        for (unsigned i = 0; i < count; i++) {
            call->results[members[i]] = MONGO_WRITTEN;
        }
        return 0;
    }
    if (count > 1) {
        const int result = write_members(call, members, count / 2);
        return result != 0 ? result : write_members(call, members + count / 2, count - count / 2);
    }
    const bool duplicate = reason.code == CODE_DUPLICATE_KEY;
    call->results[members[0]] = duplicate ? MONGO_DUPLICATE : MONGO_REFUSED;
    if (!duplicate) {
        mongo_fail(call->error, &reason);
    }
    return 0;
}

int mongo_write(struct mongo *mongo, const struct store_write *writes, unsigned count,
                uint8_t *results, struct error *error) {
    uint16_t members[MONGO_WRITES_MAX];
    int result = mongo_connect(mongo, error);
    memset(results, MONGO_UNKNOWN, count);
    for (unsigned i = 0; result == 0 && i < STORE_COLLECTION_COUNT; i++) {
        const struct call call = {.mongo = mongo,
                                  .collection = (enum store_collection)i,
                                  .writes = writes,
                                  .results = results,
                                  .error = error};
        result = write_members(&call, members, select_members(&call, count, members));
    }
    return result;
}
