#ifndef DPAE_STORE_QUERY_H
#define DPAE_STORE_QUERY_H

#include "base/address.h"
#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/* Stored flows, of all DPAEs that share the database, newest start first. */
struct store_query {
    const char *uri;       /* NULL: as configured */
    const char *client;    /* address; NULL: any */
    const char *treatment; /* NULL: any */
    double since;          /* start time at least, seconds since 1970; 0: any */
    uint64_t limit;        /* 0: all */
    bool json;             /* whole documents are wanted, too */
};

/* What is shown of a flow. Text is safe on a terminal; "" is what is not known. */
struct store_flow {
    double start, end;
    char client[ADDRESS_IP_TEXT], server[ADDRESS_IP_TEXT];
    uint32_t client_port, server_port;
    char proto[16], treatment[32], end_reason[16], dpae_id[128];
    uint64_t packets, bytes;
};

/* Calls on_flow for each flow, with it and, when wanted, the whole document as JSON (MongoDB's
 * relaxed Extended JSON, all control characters escaped; otherwise NULL); both are valid during the
 * call. *damaged is how many documents cannot be JSON, since text in them is not UTF-8: they are
 * left out. It ends early when on_flow returns something else than 0, and returns that; otherwise 0
 * or a negative errno. Memory is that of one page. */
int store_query_run(const struct config *config, const struct store_query *query,
                    int (*on_flow)(void *context, const struct store_flow *flow, const char *json),
                    void *context, uint64_t *damaged, struct error *error);

#endif
