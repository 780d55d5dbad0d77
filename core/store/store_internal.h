#ifndef DPAE_STORE_STORE_INTERNAL_H
#define DPAE_STORE_STORE_INTERNAL_H

#include "store/mongo.h"
#include "store/outbox.h"
#include "store/spool.h"
#include "store/store.h"

#include <pthread.h>

/* The inside of the store, for its two threads. */
#define STORE_OUTBOX   131072u /* entries in memory, those of verdicts without a state, too */
#define STORE_WAITING  32768u  /* states and ended flows among them */
#define STORE_STATES   16384u  /* states of flows that go on: more are not wanted */
#define STORE_FINALS   4096u   /* ended flows: what is more goes to the spool, if it takes them */
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
    struct mongo *mongo; /* of the writing thread */
    pthread_t writer, collector;
    bool writing, collecting; /* the threads run */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t news;  /* something came, or the end */
    struct outbox *outbox;
    struct spool *spool; /* NULL: none */
    struct store_counters counters;
    bool stop, last;          /* asked to end; and nothing more will come */
    uint64_t stop_at_ns;      /* monotonic: no longer than until then */
    uint64_t call_started_ns; /* of the call that is under way; 0: none */
    uint64_t retry_at_ns;     /* the database is away: not before then */
    bool spool_full_told;
};

/* Puts ended flows into the spool when it is time to. Locked. */
void store_spool(struct store *store);
void store_spool_all(struct store *store); /* whether or not */

/* store_writer.c */
void *store_writer(void *store);

#endif
