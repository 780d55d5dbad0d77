#ifndef DPAE_CONTROL_HTTP_H
#define DPAE_CONTROL_HTTP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HTTP client of one control thread: the only user of libcurl. Each lane has its own connection, so
 * that a keepalive never waits behind advice or a policy. Every step has a time-out and replies are
 * bounded; redirects, signals and proxies from the environment are disabled.
 *
 * When the server has closed a kept connection, the client notices before it sends a request, and
 * opens a new one. When a connection ends after the request was sent and before any reply, the
 * server may or may not have acted on it: a GET or PUT is then repeated once (RFC 9110 section
 * 9.2.2); a POST is not, and ends with status 0. */
enum http_lane { HTTP_SESSION, HTTP_KEEPALIVE, HTTP_ADVICE, HTTP_LANE_COUNT };

struct http_settings {
    const char *base_url; /* "http://10.1.0.3:8080/nmeta/v2/aux/": with the trailing slash */
    /* NULL or empty: not used. If client_key is empty, client_cert contains the key. http_new()
     * reads the token from the first line of token_file. */
    const char *ca_file, *client_cert, *client_key, *token_file;
    uint64_t connect_timeout_ms, timeout_ms;
    size_t reply_max;
};

struct http_reply {
    long status; /* 0: no reply; error says why */
    const char
        *body; /* borrowed until the lane's next request; NUL-terminated, and may contain NULs */
    size_t length;
    char error[256];
};

struct http; /* not thread-safe */

#define HTTP_FDS_MAX 8 /* maximum for http_poll() */

int http_global_init(struct error *error); /* once, before any thread */
/* Creates a client, without connecting. Does not keep settings. Returns -EINVAL or another negative
 * errno when a file cannot be read, the token or the URL is invalid. On failure *http is NULL. */
int http_new(struct http **http, const struct http_settings *settings, struct error *error);
void http_free(struct http *http); /* accepts NULL; aborts requests in progress */

/* Starts a request on an idle lane. path is appended unchanged to the base URL. body is copied;
 * NULL: no body. A GET may have a body, as the read call does. Nothing is sent before http_poll().
 * Returns -EBUSY when the lane is not idle. */
int http_start(struct http *http, enum http_lane lane, const char *method, const char *path,
               const char *body, struct error *error);
bool http_busy(const struct http *http, enum http_lane lane);
void http_abort(struct http *http, enum http_lane lane);

/* Works on all lanes until a request ends, a descriptor is readable, or timeout_ms (0 or more) has
 * passed. Returns the mask of readable descriptors (bit i: fds[i]). */
unsigned http_poll(struct http *http, const int *fds, unsigned fd_count, int timeout_ms);

/* Returns true once per request, after it has ended, and fills *reply. */
bool http_take(struct http *http, enum http_lane lane, struct http_reply *reply);

#endif
