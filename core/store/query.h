#ifndef DPAE_STORE_QUERY_H
#define DPAE_STORE_QUERY_H

#include "base/address.h"
#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/* A query for stored flows, of all DPAEs that share the database, newest start first. */
struct store_query {
    const char *uri;       /* NULL: the configured one */
    const char *client;    /* address; NULL: any */
    const char *treatment; /* NULL: any */
    double since;          /* earliest start time, seconds since 1970; 0: any */
    uint64_t limit;        /* 0: all */
    bool json;             /* also return whole documents */
};

/* The fields shown of a flow. Text is safe on a terminal; "" if unknown. */
struct store_flow {
    double start, end;
    char client[ADDRESS_IP_TEXT], server[ADDRESS_IP_TEXT];
    uint32_t client_port, server_port;
    char proto[16], treatment[32], end_reason[16], dpae_id[128];
    uint64_t packets, bytes;
};

/* Calls on_flow for each flow. json is the whole document if requested (MongoDB's relaxed
 * Extended JSON, control characters escaped), else NULL; both arguments are valid during the
 * call. *damaged counts skipped documents: their text is not UTF-8 and cannot become JSON.
 * Stops when on_flow returns a value other than 0 and returns it; otherwise returns 0 or a
 * negative errno. Uses the memory of one page. */
int store_query_run(const struct config *config, const struct store_query *query,
                    int (*on_flow)(void *context, const struct store_flow *flow, const char *json),
                    void *context, uint64_t *damaged, struct error *error);

#endif
