#include "control/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/credentials.h"
#include "control/scheme_hint.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX (64 << 10) /* all header lines of a reply */
#define TRIES_MAX   2

#define CLOSED_EARLY "the connection was closed after the request and before a reply"

/* libcurl's wording varies between versions, so our own words name the kind of failure first. */
static const struct {
    CURLcode code;
    const char *text;
} failures[] = {
    {CURLE_OPERATION_TIMEDOUT, "timed out"},
    {CURLE_PARTIAL_FILE, "the reply is truncated"},
    {CURLE_UNSUPPORTED_PROTOCOL, "not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, "not HTTP"},
    {CURLE_RECV_ERROR, "connection broken"},
    {CURLE_SEND_ERROR, "connection broken"},
    {CURLE_PEER_FAILED_VERIFICATION, "certificate rejected"},
    {CURLE_SSL_CERTPROBLEM, "client certificate or key unusable"},
};

/* One request at a time, on a handle with permanent options. */
struct lane {
    CURL *curl;
    size_t reply_max;
    bool busy;  /* between start and end */
    bool ended; /* and the reply was not yet taken */
    bool repeatable;
    unsigned tries;
    uint64_t start_ns;
    char method[8];
    char *url;

    char *body; /* body of the reply; room for size bytes and a NUL */
    size_t length, size;
    size_t header_bytes;
    char cause[128]; /* why this side aborted the request, or empty */
    char curl_error[CURL_ERROR_SIZE];
    struct http_reply reply;
};

struct http {
    CURLM *multi;
    struct curl_slist *headers;
    char *base_url;
    struct lane lanes[HTTP_LANE_COUNT];
};

int http_global_init(struct error *error) {
    const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        return error_set(error, -EIO, "cannot initialise libcurl: %s", curl_easy_strerror(code));
    }
    return 0;
}

static bool make_room(struct lane *lane, size_t needed) {
    if (needed <= lane->size) {
        return true;
    }
    size_t size = lane->size > 0 ? lane->size : 4096;
    while (size < needed) {
        size *= 2;
    }
    char *const body = realloc(lane->body, size + 1);
    if (!body) {
        return false;
    }
    lane->body = body;
    lane->size = size;
    return true;
}

static void set_too_long(struct lane *lane) {
    snprintf(lane->cause, sizeof lane->cause, "the reply is longer than %zu bytes",
             lane->reply_max);
}

/* Callbacks of libcurl; returning a different count aborts the request. */
static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct lane *const lane = context;
    (void)size;
    if (count > lane->reply_max - lane->length) {
        set_too_long(lane);
        return 0;
    }
    if (!make_room(lane, lane->length + count)) {
        snprintf(lane->cause, sizeof lane->cause, "out of memory");
        return 0;
    }
    memcpy(lane->body + lane->length, bytes, count);
    lane->length += count;
    return count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    struct lane *const lane = context;
    (void)bytes;
    (void)size;
    if (count > HEADERS_MAX - lane->header_bytes) {
        snprintf(lane->cause, sizeof lane->cause,
                 "the headers of the reply are longer than %d bytes", HEADERS_MAX);
        return 0;
    }
    lane->header_bytes += count;
    return count;
}

/* libcurl calls this each time before it sends the request. By itself it would resend up to five
 * times when a kept connection ends without a reply. */
static int allow_request(void *context, char *server_ip, char *own_ip, int server_port,
                         int own_port) {
    struct lane *const lane = context;
    (void)server_ip;
    (void)own_ip;
    (void)server_port;
    (void)own_port;
    if (lane->tries > 0 && (!lane->repeatable || lane->tries == TRIES_MAX)) {
        snprintf(lane->cause, sizeof lane->cause, CLOSED_EARLY);
        return CURL_PREREQFUNC_ABORT;
    }
    lane->tries++;
    return CURL_PREREQFUNC_OK;
}

static int check_url(const char *base_url, struct error *error) {
    CURLU *const url = curl_url();
    if (!url) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    const CURLUcode code = curl_url_set(url, CURLUPART_URL, base_url, 0);
    curl_url_cleanup(url);
    if (code != CURLUE_OK) {
        return error_set(error, -EINVAL, "%s is not a URL: %s", base_url, curl_url_strerror(code));
    }
    if (base_url[strlen(base_url) - 1] != '/') {
        return error_set(error, -EINVAL, "%s is not a base URL: it must end with a slash",
                         base_url);
    }
    return 0;
}

static bool set_bounds(CURL *curl, const struct http_settings *settings) {
    bool ok = true;
    ok &= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms) ==
          CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)settings->reply_max) ==
          CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    /* After a time-out in the resolver, do not wait for the resolver's thread, which would delay
     * the other lanes; the thread ends by itself. */
    ok &= curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    return ok;
}

static bool set_wire(CURL *curl, const struct http_settings *settings, const char *token) {
    bool ok = true;
    ok &= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "dpae") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    if (credentials_given(settings->ca_file)) {
        ok &= curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file) == CURLE_OK;
        ok &= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    if (credentials_given(settings->client_cert)) {
        const char *const key =
            credentials_given(settings->client_key) ? settings->client_key : settings->client_cert;
        ok &= curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->client_cert) == CURLE_OK;
        ok &= curl_easy_setopt(curl, CURLOPT_SSLKEY, key) == CURLE_OK;
    }
    if (token[0] != '\0') {
        ok &= curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK;
        ok &= curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token) == CURLE_OK;
    }
    return ok;
}

static bool set_calls(struct lane *lane, const struct http *http) {
    CURL *const curl = lane->curl;
    bool ok = true;
    ok &= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, lane->curl_error) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PRIVATE, lane) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_WRITEDATA, lane) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_HEADERDATA, lane) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, allow_request) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PREREQDATA, lane) == CURLE_OK;
    return ok;
}

/* The empty Expect prevents libcurl from waiting for "100 Continue" before it sends a long body. */
static bool make_headers(struct http *http) {
    static const char *const lines[] = {"Content-Type: application/json", "Expect:"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct curl_slist *const longer = curl_slist_append(http->headers, lines[i]);
        if (!longer) {
            return false;
        }
        http->headers = longer;
    }
    return true;
}

static bool make_handles(struct http *http, const struct http_settings *settings,
                         const char *token) {
    http->base_url = strdup(settings->base_url);
    http->multi = curl_multi_init();
    if (!http->base_url || !http->multi || !make_headers(http) ||
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_LANE_COUNT) != CURLM_OK) {
        return false;
    }
    for (size_t i = 0; i < HTTP_LANE_COUNT; i++) {
        struct lane *const lane = &http->lanes[i];
        lane->reply_max = settings->reply_max;
        lane->curl = curl_easy_init();
        if (!lane->curl || !set_bounds(lane->curl, settings) ||
            !set_wire(lane->curl, settings, token) || !set_calls(lane, http)) {
            return false;
        }
    }
    return true;
}

int http_new(struct http **http, const struct http_settings *settings, struct error *error) {
    *http = NULL;
    char token[CREDENTIALS_TOKEN] = "";
    int result = check_url(settings->base_url, error);
    if (result == 0) {
        result = credentials_check(settings->ca_file, settings->client_cert, settings->client_key,
                                   error);
    }
    if (result == 0 && credentials_given(settings->token_file)) {
        result = credentials_read_token(settings->token_file, token, error);
    }
    if (result != 0) {
        return result;
    }
    struct http *const made = calloc(1, sizeof *made);
    if (!made || !make_handles(made, settings, token)) {
        result = error_set(error, -ENOMEM,
                           "cannot set up the HTTP client: out of memory, or "
                           "libcurl lacks TLS");
        http_free(made);
    } else {
        *http = made;
    }
    explicit_bzero(token, sizeof token);
    return result;
}

void http_free(struct http *http) {
    if (!http) {
        return;
    }
    for (size_t i = 0; i < HTTP_LANE_COUNT; i++) {
        struct lane *const lane = &http->lanes[i];
        http_abort(http, (enum http_lane)i);
        curl_easy_cleanup(lane->curl);
        free(lane->url);
        free(lane->body);
    }
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    free(http->base_url);
    free(http);
}

static bool set_request(struct lane *lane, const char *body) {
    CURL *const curl = lane->curl;
    const bool is_get = strcmp(lane->method, "GET") == 0;
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, lane->url) == CURLE_OK;
    if (is_get && !body) {
        ok &= curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    } else {
        const char *const sent = body ? body : "";
        ok &= curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK;
        ok &= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(sent)) ==
              CURLE_OK;
        ok &= curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, sent) == CURLE_OK;
    }
    ok &= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, lane->method) == CURLE_OK;
    return ok;
}

int http_start(struct http *http, enum http_lane which, const char *method, const char *path,
               const char *body, struct error *error) {
    struct lane *const lane = &http->lanes[which];
    if (lane->busy) {
        return error_set(error, -EBUSY, "%s %s: the lane is busy", method, path);
    }
    free(lane->url);
    if (asprintf(&lane->url, "%s%s", http->base_url, path) < 0) {
        lane->url = NULL;
        return error_set(error, -ENOMEM, "%s %s: out of memory", method, path);
    }
    snprintf(lane->method, sizeof lane->method, "%s", method);
    lane->repeatable = strcmp(method, "POST") != 0;
    lane->ended = false;
    lane->tries = 0;
    lane->length = 0;
    lane->header_bytes = 0;
    lane->cause[0] = '\0';
    lane->curl_error[0] = '\0';
    lane->start_ns = clock_monotonic_ns();
    if (!make_room(lane, 1) || !set_request(lane, body) ||
        curl_multi_add_handle(http->multi, lane->curl) != CURLM_OK) {
        return error_set(error, -ENOMEM, "%s %s: out of memory", method, path);
    }
    lane->busy = true;
    return 0;
}

bool http_busy(const struct http *http, enum http_lane lane) {
    return http->lanes[lane].busy;
}

void http_abort(struct http *http, enum http_lane which) {
    struct lane *const lane = &http->lanes[which];
    if (lane->busy) {
        (void)curl_multi_remove_handle(http->multi,
                                       lane->curl); /* the handle was added: cannot fail */
    }
    lane->busy = false;
    lane->ended = false;
}

static void log_request(const struct lane *lane) {
    if (!log_enabled(LOG_REQUESTS, LOG_LEVEL_DEBUG)) {
        return;
    }
    const struct http_reply *const reply = &lane->reply;
    const double ms = (double)(clock_monotonic_ns() - lane->start_ns) / (double)NS_PER_MS;
    if (reply->status != 0) {
        log_debug(LOG_REQUESTS, "%s %s: %ld, %zu bytes, %.1f ms", lane->method, lane->url,
                  reply->status, reply->length, ms);
    } else {
        log_debug(LOG_REQUESTS, "%s %s: no reply after %.1f ms: %s", lane->method, lane->url, ms,
                  reply->error);
    }
}

static const char *failure_text(CURLcode code) {
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (failures[i].code == code) {
            return failures[i].text;
        }
    }
    return NULL;
}

/* Writes why there is no reply to text. */
static void describe_failure(struct lane *lane, CURLcode code, char *text, size_t size) {
    const char *detail = lane->curl_error[0] ? lane->curl_error : curl_easy_strerror(code);
    const char *kind = failure_text(code);
    if (code == CURLE_FILESIZE_EXCEEDED) {
        set_too_long(lane);
    } else if (code == CURLE_GOT_NOTHING) {
        snprintf(lane->cause, sizeof lane->cause, CLOSED_EARLY);
    }
    if (lane->cause[0]) {
        snprintf(text, size, "%s", lane->cause);
    } else {
        snprintf(text, size, "%s%s%.200s", kind ? kind : "", kind ? ": " : "", detail);
    }
    const char *hint = scheme_hint(lane->url, text);
    if (hint) {
        snprintf(text, size, "%s", hint);
    }
}

static void end_request(struct http *http, struct lane *lane, CURLcode code) {
    struct http_reply *const reply = &lane->reply;
    lane->body[lane->length] = '\0';
    *reply = (struct http_reply){.body = lane->body, .length = lane->length};
    if (code == CURLE_OK &&
        curl_easy_getinfo(lane->curl, CURLINFO_RESPONSE_CODE, &reply->status) != CURLE_OK) {
        reply->status = 0;
    }
    if (reply->status == 0) {
        describe_failure(lane, code, reply->error, sizeof reply->error);
    }
    (void)curl_multi_remove_handle(http->multi, lane->curl); /* the handle was added: cannot fail */
    lane->busy = false;
    lane->ended = true;
    log_request(lane);
}

/* Returns true when a request has ended. */
static bool perform(struct http *http) {
    int running = 0;
    const CURLMcode code = curl_multi_perform(http->multi, &running);
    if (code != CURLM_OK) {
        log_error(LOG_REQUESTS, "libcurl failed: %s", curl_multi_strerror(code));
    }
    bool ended = false;
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
        char *lane = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &lane) == CURLE_OK) {
            end_request(http, (struct lane *)(void *)lane, message->data.result);
            ended = true;
        }
    }
    return ended;
}

unsigned http_poll(struct http *http, const int *fds, unsigned fd_count, int timeout_ms) {
    struct curl_waitfd waits[HTTP_FDS_MAX];
    const uint64_t end_ns = clock_monotonic_ns() + (unsigned)timeout_ms * NS_PER_MS;
    fd_count = fd_count <= HTTP_FDS_MAX ? fd_count : HTTP_FDS_MAX;
    for (;;) {
        const bool ended = perform(http);
        const uint64_t now_ns = clock_monotonic_ns();
        const bool timed_out = ended || now_ns >= end_ns;
        const int wait_ms = timed_out ? 0 : (int)((end_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
        for (unsigned i = 0; i < fd_count; i++) {
            waits[i] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
        }
        const CURLMcode code = curl_multi_poll(http->multi, waits, fd_count, wait_ms, NULL);
        unsigned readable = 0;
        for (unsigned i = 0; i < fd_count && code == CURLM_OK; i++) {
            readable |= waits[i].revents != 0 ? 1u << i : 0;
        }
        if (readable != 0 || timed_out || code != CURLM_OK) {
            return readable;
        }
    }
}

bool http_take(struct http *http, enum http_lane which, struct http_reply *reply) {
    struct lane *const lane = &http->lanes[which];
    if (!lane->ended) {
        return false;
    }
    lane->ended = false;
    *reply = lane->reply;
    return true;
}
