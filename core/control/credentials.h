#ifndef DPAE_CONTROL_CREDENTIALS_H
#define DPAE_CONTROL_CREDENTIALS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The files that authenticate this program and the controller to each other. Checking them at start
 * reports faults before the first request. Paths may be NULL or empty: not given. Each function
 * returns 0 or a negative errno. */
#define CREDENTIALS_TOKEN 4096

static inline bool credentials_given(const char *path) {
    return path != NULL && path[0] != '\0';
}

/* Checks that the given files are readable, and that a key has its certificate. */
int credentials_check(const char *ca_file, const char *client_cert, const char *client_key,
                      struct error *error);

/* Reads the first line of the file at path, without its line end, which must be a bearer token (RFC
 * 6750 section 2.1, b64token). On failure wipes token. */
int credentials_read_token(const char *path, char token[CREDENTIALS_TOKEN], struct error *error);

#endif
