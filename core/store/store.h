#ifndef DPAE_STORE_STORE_H
#define DPAE_STORE_STORE_H

#include "base/error.h"
#include "config/config.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Flows and identities on their way to MongoDB, written behind: nobody who hands something over
 * waits for the database. Two threads. One collects: it empties the rings and puts what is over
 * into the spool file while the database is away, slow, or keeps a call waiting. The other has the
 * database's client to itself. */
struct store;

#define STORE_SOURCES_MAX CONFIG_INTERFACES_MAX

struct store_options {
    const struct config *config;               /* borrowed for the store's life */
    const char *interfaces[STORE_SOURCES_MAX]; /* sources of events, by number; copied */
    unsigned interface_count;
    bool apart;   /* the only interface, too, is named in dpae_id: not to be taken for the daemon */
    bool awaited; /* store_await() tells why the database cannot be used at first, not the log */
    bool spool;   /* ended flows wait in a file; otherwise in memory, and store_put() has no room */
    /* Where events come from, asked by the collecting thread; NULL: store_put() alone. False: there
     * is none now. states says whether states of flows that go on are wanted. */
    bool (*take_event)(void *context, bool states, struct event *event, unsigned *source);
    void *context;
};

/* Why something never came into the database. */
enum store_lost {
    STORE_LOST_ROOM,     /* spool and memory were full */
    STORE_LOST_REFUSED,  /* the server took others, but not this */
    STORE_LOST_VERDICTS, /* more than are kept of a flow between two writes, or of no known flow */
    STORE_LOST_SPOOL,    /* the spool file was damaged; what was lost of an earlier run's is 1 */
    STORE_LOST_END,      /* the program ended before */
    STORE_LOST_UNTAKEN,  /* it was never handed over: counted by the caller */
    STORE_LOST_COUNT
};

struct store_counters {
    uint64_t taken;      /* events handed over */
    uint64_t written;    /* writes that the server confirmed */
    uint64_t superseded; /* states whose flow's end was there already */
    uint64_t spooled;    /* writes that took the way over the spool */
    uint64_t expired;    /* documents removed */
    uint64_t restarted;  /* flows of earlier runs that were marked as ended */
    uint64_t lost[STORE_LOST_COUNT];
    uint64_t waiting, waiting_spool; /* now: in memory, in the spool */
    bool ready;                      /* indexes are made, writes may follow */
    bool up;                         /* the latest call succeeded */
    char trouble[256];               /* when not: why, */
    int trouble_code;                /* and -EHOSTUNREACH: there is no server to ask */
};

/* Checks the settings and the spool file, then starts the threads. The database need not be there.
 * On failure returns a negative errno and *store is NULL. */
int store_start(struct store **store, const struct store_options *options, struct error *error);

/* Waits for the first answer of the database. Returns 0, or a negative errno when it cannot be
 * used, with what to do. */
int store_await(struct store *store, struct error *error);

/* Takes a copy of event. False: no room; nothing was taken. Any thread. */
bool store_put(struct store *store, unsigned source, const struct event *event);

/* The same, but waits for room, for patience_ms at most while the database is away. */
bool store_put_waiting(struct store *store, unsigned source, const struct event *event,
                       unsigned patience_ms);

/* Writes what there is, for flush_ms at most while the database is there; what is left stays in the
 * spool for the next start, without one it is lost. Ends the threads, and frees store. *counters
 * (NULL is allowed) are the last. NULL is allowed. */
void store_stop(struct store *store, unsigned flush_ms, struct store_counters *counters);

void store_get_counters(struct store *store, struct store_counters *counters);
/* The counters as one line; what is zero is left out, but for what was written and lost. */
void store_describe(const struct store_counters *counters, char *text, size_t size);
const char *store_lost_name(enum store_lost reason);

/* Checks the settings alone, as store_start() does. */
int store_check(const struct config *config, struct error *error);

#endif
