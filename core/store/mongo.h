#ifndef DPAE_STORE_MONGO_H
#define DPAE_STORE_MONGO_H

#include "base/error.h"
#include "config/config.h"
#include "store/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The database: one client, used by one thread. Every call may block for the time-outs of the URI,
 * 2 s each unless it says otherwise. No message holds a password. */
struct mongo;

/* Reads the settings (mongo_uri, or mongo_addr and mongo_port); talks to nobody yet. The
 * configuration is borrowed for the life of mongo. */
int mongo_open(struct mongo **mongo, const struct config *config, struct error *error);
void mongo_close(struct mongo *mongo); /* NULL is allowed */

/* After a failure: the next call connects anew. The library would not try a server again for 5 s
 * that it found away, and looks SRV records up only once. */
void mongo_disconnect(struct mongo *mongo);

/* Where it is, for people: hosts and database, without user and password. */
const char *mongo_name(const struct mongo *mongo);

/* The keys of the configuration that say where it is. */
const char *mongo_setting(const struct config *config);

/* Puts in front of the error of a call which database (mongo_name()) it is about, and when nobody
 * is there (-EHOSTUNREACH) what to do behind it; uri is what stands for the configuration's, or
 * NULL. Returns error->code. */
int mongo_explain(struct error *error, const char *name, const struct config *config,
                  const char *uri);

/* Makes collections and indexes unless they are there. *expires says whether the server removes
 * what is expired; when not, mongo_expire() is to be called. An index that the server refuses is a
 * line in the log, not an error. */
int mongo_prepare(struct mongo *mongo, bool *expires, struct error *error);

/* Marks the unfinished flows of an earlier run of this DPAE as ended by "restart": those whose run
 * is not the source's. *count is how many. */
int mongo_end_earlier(struct mongo *mongo, const struct write_source *source, uint64_t *count,
                      struct error *error);

/* Removes up to max documents of this DPAE that are expired. *count is how many. */
int mongo_expire(struct mongo *mongo, const struct write_source *source, uint64_t now_ns,
                 unsigned max, uint64_t *count, struct error *error);

#define MONGO_WRITES_MAX 1000

enum mongo_result {
    MONGO_UNKNOWN, /* maybe written, maybe not: to be written again */
    MONGO_WRITTEN,
    MONGO_DUPLICATE, /* another document is there that the filter does not take */
    MONGO_REFUSED    /* the message is in error */
};

/* Executes writes, at most MONGO_WRITES_MAX, as one unordered bulk for each collection. results has
 * count places. Returns 0 when the server answered, otherwise a negative errno; those that it did
 * not answer for are MONGO_UNKNOWN. */
int mongo_write(struct mongo *mongo, const struct store_write *writes, unsigned count,
                uint8_t *results, struct error *error);

#endif
