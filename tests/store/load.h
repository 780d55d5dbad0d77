#ifndef DPAE_TESTS_STORE_LOAD_H
#define DPAE_TESTS_STORE_LOAD_H

#include "base/ring.h"
#include "event/writer.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <stdio.h>

/* Live traffic without an interface: new flows at a given rate through the real pipeline. Its
 * events go to a file of JSON lines and, through a ring like a worker's, to the real store. */
#define LOAD_RING (4u << 20)

struct load {
    struct config config;
    char folder[64]; /* of the spool and the lines */
    struct policy *policy;
    struct pipeline *pipeline;
    struct store *store;
    struct ring ring;
    void *ring_memory;
    FILE *lines;
    struct event_writer writer;
    bool states;              /* the store requests states */
    uint32_t flows;           /* begun so far */
    uint64_t cpu_ns, packets; /* pipeline CPU time and packets; the caller may reset them */
};

/* uri and id are copied into a configuration, which may be changed until load_open(). */
void load_configure(struct load *load, const char *uri, const char *id);
void load_open(struct load *load);
/* Generates `rate` new flows per second. Each flow has 6 packets within half a second and ends. */
void load_run(struct load *load, unsigned rate, double seconds);
/* Waits until the store is idle; false after the limit. *took is the time. */
bool load_await(struct load *load, double limit, double *took);
/* Ends all flows and the store; *counters are the final ones. */
void load_end(struct load *load, struct store_counters *counters);
/* The lines, from the start. */
FILE *load_lines(struct load *load);
void load_close(struct load *load);

#endif
