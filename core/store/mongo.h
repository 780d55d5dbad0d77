#ifndef DPAE_STORE_MONGO_H
#define DPAE_STORE_MONGO_H

#include "base/error.h"
#include "config/config.h"
#include "store/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The database client, used by one thread. Every call may block for the time-outs of the URI,
 * by default 2 s each. Messages never contain a password. */
struct mongo;

/* Reads the settings (mongo_uri, or mongo_addr and mongo_port) without connecting. The
 * configuration is borrowed for the life of mongo. */
int mongo_open(struct mongo **mongo, const struct config *config, struct error *error);
void mongo_close(struct mongo *mongo); /* NULL is allowed */

/* Makes the next call connect again. Call it after a failure: the library would not retry an
 * unreachable server for 5 s, and looks up SRV records only once. */
void mongo_disconnect(struct mongo *mongo);

/* Hosts and database for messages, without user and password. */
const char *mongo_name(const struct mongo *mongo);

/* The configuration keys that set the address. */
const char *mongo_setting(const struct config *config);

/* Completes the error of a call: puts the database (mongo_name()) in front and, if no server is
 * reachable (-EHOSTUNREACH), a remedy behind. uri is the URI given in place of the configured
 * one, or NULL. Returns error->code. */
int mongo_explain(struct error *error, const char *name, const struct config *config,
                  const char *uri);

/* Creates missing collections and indexes. *expires: the server removes expired documents
 * itself; otherwise call mongo_expire(). An index that the server refuses is logged and is not
 * an error. */
int mongo_prepare(struct mongo *mongo, bool *expires, struct error *error);

/* Marks unfinished flows of earlier runs of this DPAE as ended by "restart": those with a run
 * other than the source's. Their number goes to *count. */
int mongo_end_earlier(struct mongo *mongo, const struct write_source *source, uint64_t *count,
                      struct error *error);

/* Removes up to max expired documents of this DPAE. Their number goes to *count. */
int mongo_expire(struct mongo *mongo, const struct write_source *source, uint64_t now_ns,
                 unsigned max, uint64_t *count, struct error *error);

#define MONGO_WRITES_MAX 1000

enum mongo_result {
    MONGO_UNKNOWN, /* possibly written: write again */
    MONGO_WRITTEN,
    MONGO_DUPLICATE, /* a document with this key exists that the filter does not match */
    MONGO_REFUSED    /* error has the message */
};

/* Executes up to MONGO_WRITES_MAX writes, one unordered bulk per collection. results has count
 * entries. Returns 0 if the server answered, otherwise a negative errno; unanswered writes are
 * MONGO_UNKNOWN. */
int mongo_write(struct mongo *mongo, const struct store_write *writes, unsigned count,
                uint8_t *results, struct error *error);

#endif
