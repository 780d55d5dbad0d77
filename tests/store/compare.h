#ifndef DPAE_TESTS_STORE_COMPARE_H
#define DPAE_TESTS_STORE_COMPARE_H

#include "server.h"

#include <stdio.h>

/* Flows as JSON lines against flows as documents. Every "flow_end" of the file (others are passed
 * over) has to be in the collection exactly once, with every field the same, and nothing else.
 * Returns how many there are. */
size_t compare_flows(FILE *lines, mongoc_client_t *client, const char *collection);

#endif
