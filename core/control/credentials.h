#ifndef DPAE_CONTROL_CREDENTIALS_H
#define DPAE_CONTROL_CREDENTIALS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The files by which this program and the controller know each other, looked at when the program
 * starts: otherwise they would fail at the first request, and again at each. Paths may be NULL or
 * empty: none. Each returns 0 or a negative errno. */
#define CREDENTIALS_TOKEN 4096

static inline bool credentials_given(const char *path) {
    return path != NULL && path[0] != '\0';
}

/* Whether the files that are given can be read, and a key has its certificate. */
int credentials_check(const char *ca_file, const char *client_cert, const char *client_key,
                      struct error *error);

/* The first line of the file at path without its end, which must be a bearer token (RFC 6750
 * section 2.1, b64token). Otherwise token is wiped. */
int credentials_read_token(const char *path, char token[CREDENTIALS_TOKEN], struct error *error);

#endif
