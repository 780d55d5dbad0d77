#ifndef DPAE_STORE_STORE_INTERNAL_H
#define DPAE_STORE_STORE_INTERNAL_H

#include "store/mongo.h"
#include "store/outbox.h"
#include "store/spool.h"
#include "store/store.h"

#include <pthread.h>

/* Internals of the store, shared by its two threads. */
#define STORE_OUTBOX   131072u /* entries in memory, including verdicts without a state */
#define STORE_WAITING  32768u  /* limit of states and ended flows among them */
#define STORE_STATES   16384u /* states of live flows: above this, further ones are not requested */
#define STORE_FINALS   4096u  /* ended flows: the surplus goes to the spool if it has room */
#define STORE_ID_MAX   256
#define STORE_BULK_MIN 16u

struct store_source {
    char dpae_id[STORE_ID_MAX], interface[STORE_ID_MAX];
    struct write_source document;
};

struct store {
    const struct config *config;
    struct store_source sources[STORE_SOURCES_MAX];
    unsigned source_count;
    bool awaited;
    bool (*take_event)(void *context, bool states, struct event *event, unsigned *source);
    void *context;
    struct mongo *mongo; /* used by the writing thread only */
    pthread_t writer, collector;
    bool writing, collecting; /* the threads are running */

    pthread_mutex_t lock; /* protects the members below */
    pthread_cond_t news;  /* new events, or the end */
    struct outbox *outbox;
    struct spool *spool; /* NULL: no spool */
    struct store_counters counters;
    bool stop, last;          /* stop requested; no more events will come */
    uint64_t stop_at_ns;      /* monotonic deadline */
    uint64_t call_started_ns; /* of the current call; 0: no call */
    uint64_t retry_at_ns;     /* earliest time of the next attempt while the database is away */
    bool spool_full_logged;
};

/* Moves ended flows to the spool if necessary. Call it locked. */
void store_spool(struct store *store);
void store_spool_all(struct store *store); /* unconditionally */

/* store_writer.c */
void *store_writer(void *store);

#endif
