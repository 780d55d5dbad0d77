#ifndef DPAE_CONTROL_HTTP_H
#define DPAE_CONTROL_HTTP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HTTP client of one control thread: the only user of libcurl. A connection for each lane, so that
 * a keepalive never waits behind advice or a policy. Time-outs on everything, replies bounded,
 * no redirects, no signals, no proxies from the environment.
 *
 * A kept connection that the server has closed is seen before a request goes out, and a new one is
 * made. When one ends after the request went out and before any reply, nobody knows whether it was
 * acted on: a GET or PUT is then repeated once (RFC 9110 section 9.2.2), a POST is not and ends
 * with status 0. */
enum http_lane { HTTP_SESSION, HTTP_KEEPALIVE, HTTP_ADVICE, HTTP_LANE_COUNT };

struct http_settings {
    const char *base_url; /* "http://10.1.0.3:8080/nmeta/v2/aux/": with the slash */
    /* NULL or empty: none. client_key empty: in client_cert; the token is token_file's first line,
     * read by http_new. */
    const char *ca_file, *client_cert, *client_key, *token_file;
    uint64_t connect_timeout_ms, timeout_ms;
    size_t reply_max;
};

struct http_reply {
    long status;      /* 0: none came; why is in error */
    const char *body; /* borrowed until the lane's next request; not terminated by the server's
                         doing, but a NUL follows */
    size_t length;
    char error[256];
};

struct http; /* not thread-safe: one thread only */

#define HTTP_FDS_MAX 8 /* of http_poll */

int http_global_init(struct error *error); /* once, before any thread */
/* Connects to nothing yet. -EINVAL or another negative errno when a file cannot be read or holds no
 * token, or when the URL is none. settings is not kept. On failure *http is NULL. */
int http_new(struct http **http, const struct http_settings *settings, struct error *error);
void http_free(struct http *http); /* NULL is allowed; aborts what is under way */

/* Starts a request on a lane that is idle. path is appended to the base URL as it is; body NULL:
 * none (copied). A GET may have a body: the read call has. Nothing is sent before http_poll().
 * -EBUSY when the lane is not idle. */
int http_start(struct http *http, enum http_lane lane, const char *method, const char *path,
               const char *body, struct error *error);
bool http_busy(const struct http *http, enum http_lane lane);
void http_abort(struct http *http, enum http_lane lane);

/* Works on all lanes until a request ends, one of the descriptors can be read, or timeout_ms (0 or
 * more) is over. Returns the mask of descriptors (bit i: fds[i]) that are readable. */
unsigned http_poll(struct http *http, const int *fds, unsigned fd_count, int timeout_ms);

/* True when the lane's request has ended since it was last asked; *reply is filled then. */
bool http_take(struct http *http, enum http_lane lane, struct http_reply *reply);

#endif
