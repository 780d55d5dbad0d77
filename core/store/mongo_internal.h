#ifndef DPAE_STORE_MONGO_INTERNAL_H
#define DPAE_STORE_MONGO_INTERNAL_H

#include "store/mongo.h"

#include <mongoc/mongoc.h>

/* The inside of the files that talk to the server. */
#define MONGO_IDENTITIES "identity"

#define MONGO_TIMEOUT_MS 2000

struct mongo {
    const struct config *config;
    mongoc_uri_t *uri;
    mongoc_client_t *client; /* made by the first call that needs it */
    mongoc_collection_t *collections[STORE_COLLECTION_COUNT];
    char name[512];
};

/* The URI of the configuration, or of text when it is not NULL; time-outs that it does not name are
 * set to timeout_ms. Owned by the caller; NULL, and error filled, when it cannot be one. */
mongoc_uri_t *mongo_read_uri(const struct config *config, const char *text, int timeout_ms,
                             struct error *error);

/* Hosts and database, for people. */
void mongo_describe(const mongoc_uri_t *uri, const char *database, char *text, size_t size);

/* Connects unless that was done. */
int mongo_connect(struct mongo *mongo, struct error *error);

/* Fills error from the library's. Returns -EHOSTUNREACH when there is no server to ask, else -EIO.
 */
int mongo_fail(struct error *error, const bson_error_t *from);

#endif
