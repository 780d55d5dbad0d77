#ifndef DPAE_TESTS_STORE_COMPARE_H
#define DPAE_TESTS_STORE_COMPARE_H

#include "server.h"

#include <stdio.h>

/* Compares flows as JSON lines with flows as documents. Every "flow_end" of the file (other
 * lines are skipped) must be in the collection exactly once, with all fields equal, and no
 * other document. Returns their number. */
size_t compare_flows(FILE *lines, mongoc_client_t *client, const char *collection);

#endif
