#ifndef DPAE_STORE_MONGO_INTERNAL_H
#define DPAE_STORE_MONGO_INTERNAL_H

#include "store/mongo.h"

#include <mongoc/mongoc.h>

/* Internals of the MongoDB client, shared by the mongo_*.c files. */
#define MONGO_IDENTITIES "identity"

#define MONGO_TIMEOUT_MS 2000

struct mongo {
    const struct config *config;
    mongoc_uri_t *uri;
    mongoc_client_t *client; /* created by the first call that needs it */
    mongoc_collection_t *collections[STORE_COLLECTION_COUNT];
    char name[512];
};

/* Parses the configured URI, or text if not NULL; time-outs that it does not set become
 * timeout_ms. Owned by the caller. On failure returns NULL and fills error. */
mongoc_uri_t *mongo_read_uri(const struct config *config, const char *text, int timeout_ms,
                             struct error *error);

/* Hosts and database, for messages. */
void mongo_describe(const mongoc_uri_t *uri, const char *database, char *text, size_t size);

/* Connects unless connected. */
int mongo_connect(struct mongo *mongo, struct error *error);

/* Fills error from the library's. Returns -EHOSTUNREACH if no server is reachable, else -EIO. */
int mongo_fail(struct error *error, const bson_error_t *from);

#endif
