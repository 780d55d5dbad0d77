#ifndef DPAE_STORE_STORE_H
#define DPAE_STORE_STORE_H

#include "base/error.h"
#include "config/config.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Writes flows and identities to MongoDB in the background: callers never block on the
 * database. Of its two threads, the collector empties the rings and moves the surplus to the
 * spool file while the database is away or slow; the writer owns the database client. */
struct store;

#define STORE_SOURCES_MAX CONFIG_INTERFACES_MAX

struct store_options {
    const struct config *config;               /* borrowed for the store's life */
    const char *interfaces[STORE_SOURCES_MAX]; /* sources of events, by index; copied */
    unsigned interface_count;
    bool apart; /* put the interface into dpae_id even if there is only one, to differ from the
                   daemon's */
    bool
        awaited; /* store_await() reports why the database cannot be used at first; do not log it */
    bool spool;  /* keep ended flows in a file; otherwise in memory, and store_put() may fail */
    /* Source of events, called by the collecting thread; NULL: store_put() only. False: no
     * event now. states: states of live flows are welcome. */
    bool (*take_event)(void *context, bool states, struct event *event, unsigned *source);
    void *context;
};

/* Why an event never reached the database. */
enum store_lost {
    STORE_LOST_ROOM,     /* spool and memory are full */
    STORE_LOST_REFUSED,  /* the server refused it, but took others */
    STORE_LOST_VERDICTS, /* too many per flow between two writes, or for an unknown flow */
    STORE_LOST_SPOOL,    /* the spool file is damaged; damage from an earlier run counts as 1 */
    STORE_LOST_END,      /* the program ended first */
    STORE_LOST_UNTAKEN,  /* never handed over: counted by the caller */
    STORE_LOST_COUNT
};

struct store_counters {
    uint64_t taken;      /* events accepted */
    uint64_t written;    /* writes confirmed by the server */
    uint64_t superseded; /* states that arrived after their flow's end */
    uint64_t spooled;    /* writes that passed through the spool */
    uint64_t expired;    /* documents removed */
    uint64_t restarted;  /* flows of earlier runs marked as ended */
    uint64_t lost[STORE_LOST_COUNT];
    uint64_t waiting, waiting_spool; /* current number in memory and in the spool */
    bool ready;                      /* indexes exist, writes may follow */
    bool up;                         /* the latest call succeeded */
    char trouble[256];               /* otherwise: the reason, */
    int trouble_code;                /* and -EHOSTUNREACH if no server is reachable */
};

/* Checks the settings and the spool file, then starts the threads. The database may be away. On
 * failure returns a negative errno and sets *store to NULL. */
int store_start(struct store **store, const struct store_options *options, struct error *error);

/* Waits for the first answer of the database. Returns 0, or a negative errno and a message with
 * a remedy. */
int store_await(struct store *store, struct error *error);

/* Takes a copy of event; thread-safe. False: no room, and the event was not taken. */
bool store_put(struct store *store, unsigned source, const struct event *event);

/* As store_put(), but waits for room, up to patience_ms while the database is away. */
bool store_put_waiting(struct store *store, unsigned source, const struct event *event,
                       unsigned patience_ms);

/* Writes the remaining events, for up to flush_ms while the database is up; the rest stays in
 * the spool for the next start, or, without a spool, is lost. Ends the threads and frees store.
 * *counters receives the final counters. Both pointers may be NULL. */
void store_stop(struct store *store, unsigned flush_ms, struct store_counters *counters);

void store_get_counters(struct store *store, struct store_counters *counters);
/* Formats the counters as one line, without zeros except for "written" and "lost". */
void store_describe(const struct store_counters *counters, char *text, size_t size);
const char *store_lost_name(enum store_lost reason);

/* Checks only the settings, like store_start(). */
int store_check(const struct config *config, struct error *error);

#endif
