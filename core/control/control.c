#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "control/control_internal.h"
#include "control/credentials.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define EVENTS_PER_ROUND 1024
#define WAIT_MAX_MS      1000
#define RATE_LIMIT_NS    (10 * NS_PER_S)

bool control_rate_limit_allows(struct control_rate_limit *timing, unsigned *left_out) {
    const uint64_t now_ns = clock_monotonic_ns();
    if (now_ns < timing->next_ns) {
        timing->left_out++;
        return false;
    }
    *left_out = timing->left_out;
    *timing = (struct control_rate_limit){.next_ns = now_ns + RATE_LIMIT_NS};
    return true;
}

/* ---- the loop ---- */

/* Returns true when more events may be pending. */
static bool take_events(struct control *control) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    struct event event;
    int count = 0;
    while (count < EVENTS_PER_ROUND && callbacks->take_event(callbacks->context, &event)) {
        advice_queue_put(control->queue, &event);
        count++;
    }
    return count == EVENTS_PER_ROUND;
}

static const char *phase_name(enum join_phase phase) {
    switch (phase) {
    case JOIN_CREATE:
        return "create";
    case JOIN_READ:
        return "discovery";
    case JOIN_CONFIRM:
        return "confirmation";
    case JOIN_POLICY:
        return "policy";
    case JOIN_START:
        return "tc state";
    case JOIN_UP:
        return "up";
    case JOIN_WAIT:
        return "waiting to join";
    }
    return "unknown";
}

static void publish_state(struct control *control) {
    struct control_state state = {.up = control->up && !control->stopping,
                                  .mode = join_mode(control->join),
                                  .sessions = join_count(control->join),
                                  .advice = *advice_queue_counters(control->queue)};
    snprintf(state.phase, sizeof state.phase, "%s", phase_name(join_phase(control->join)));
    memcpy(state.last_note, control->note, sizeof state.last_note);
    const bool changed = control->state.since_ns == 0 || control->state.up != state.up;
    state.since_ns = changed ? clock_wall_ns() : control->state.since_ns;
    (void)pthread_mutex_lock(&control->lock); /* a plain mutex, correctly used: cannot fail */
    control->state = state;
    (void)pthread_mutex_unlock(&control->lock);
}

static int wait_ms(uint64_t until_ns) {
    const uint64_t now_ns = clock_monotonic_ns();
    const uint64_t ms = until_ns > now_ns ? (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    return ms < WAIT_MAX_MS ? (int)ms : WAIT_MAX_MS;
}

/* The value of an eventfd has no meaning here. */
static void clear(int fd) {
    eventfd_t value;
    (void)eventfd_read(fd, &value);
}

static void take_replies(struct control *control) {
    struct http_reply reply;
    if (http_take(control->http, HTTP_ADVICE, &reply)) {
        control_advice_take_reply(control, &reply);
    }
    if (http_take(control->http, HTTP_SESSION, &reply)) {
        control_session_take_reply(control, control->call, &reply);
    }
    if (http_take(control->http, HTTP_KEEPALIVE, &reply)) {
        control_session_take_reply(control, JOIN_CALL_KEEPALIVE, &reply);
    }
}

static void apply_timing(struct control *control) {
    (void)pthread_mutex_lock(&control->lock);
    const struct join_timing timing = control->timing;
    const bool changed = control->timing_changed;
    control->timing_changed = false;
    (void)pthread_mutex_unlock(&control->lock);
    if (changed) {
        control_session_set_timing(control, &timing);
    }
}

static void run_round(struct control *control) {
    apply_timing(control);
    const bool more = take_events(control);
    control_advice_send(control);
    publish_state(control);
    const int fds[] = {control->options.event_fd, control->stop_fd, control->frame_fd};
    const unsigned fd_count = control->frame_fd >= 0 ? 3 : 2;
    const unsigned readable =
        http_poll(control->http, fds, fd_count, more ? 0 : wait_ms(control->wake_ns));
    if (readable & 1) {
        clear(control->options.event_fd);
    }
    if (readable & 2) {
        control->stopping = true;
        return;
    }
    if (readable & 4) {
        control_session_take_frames(control);
    }
    take_replies(control);
    control_session_tick(control);
}

/* Sends the queued advice over the existing session. */
static void flush(struct control *control) {
    const uint64_t end_ns = clock_monotonic_ns() + atomic_load(&control->flush_ms) * NS_PER_MS;
    const int fds[] = {control->options.event_fd};
    struct http_reply reply;
    while (clock_monotonic_ns() < end_ns) {
        const bool more = take_events(control);
        control_advice_send(control);
        if (!http_busy(control->http, HTTP_ADVICE) && !more) {
            break;
        }
        if (http_poll(control->http, fds, 1, more ? 0 : wait_ms(end_ns)) != 0) {
            clear(control->options.event_fd);
        }
        if (http_take(control->http, HTTP_ADVICE, &reply)) {
            control_advice_take_reply(control, &reply);
        }
    }
    http_abort(control->http, HTTP_ADVICE);
}

static void log_end(const struct control *control) {
    const struct advice_counters *const advice = advice_queue_counters(control->queue);
    const uint64_t waiting = advice->taken - advice->merged - advice->sent - advice->refused -
                             advice->skipped - advice->dropped_verdicts -
                             advice->dropped_identities;
    log_info(LOG_CONTROLPLANE,
             "%s: ended after %u session%s; advice: %ju taken, %ju merged, %ju sent, %ju refused, "
             "%ju not for this controller, %ju dropped, %ju unsent",
             control->options.if_name, join_count(control->join),
             plural(join_count(control->join), "", "s"), advice->taken, advice->merged,
             advice->sent, advice->refused, advice->skipped,
             advice->dropped_verdicts + advice->dropped_identities, waiting);
}

static void *run(void *context) {
    struct control *const control = context;
    control_session_begin(control);
    while (!control->stopping) {
        run_round(control);
    }
    control_session_end(control);
    flush(control);
    log_end(control);
    return NULL;
}

/* ---- set-up ---- */

static uint64_t to_ns(double seconds) {
    return (uint64_t)(seconds * (double)NS_PER_S);
}

/* Returns SCHEME "://" ADDRESS ":" PORT "/" PATH "/", owned by the caller. */
static char *make_base_url(const struct config *config) {
    const char *const address = config->nmeta_controller_address;
    const char *const path = config->nmeta_api_path;
    const char *const scheme = strstr(address, "://") ? "" : "http://";
    const char *const slash = path[0] == '\0' || path[strlen(path) - 1] == '/' ? "" : "/";
    char *url = NULL;
    const int length =
        asprintf(&url, "%s%s:%u/%s%s", scheme, address, config->nmeta_controller_port, path, slash);
    return length >= 0 ? url : NULL;
}

static int make_http(struct control *control, struct error *error) {
    const struct config *const config = control->options.config;
    char *const url = make_base_url(config);
    if (!url) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    uint64_t timeout_ms = to_ns(config->controller_timeout) / NS_PER_MS;
    timeout_ms = timeout_ms > 0 ? timeout_ms : 1; /* 0 would mean no limit to libcurl */
    const struct http_settings settings = {.base_url = url,
                                           .ca_file = config->controller_ca_file,
                                           .client_cert = config->controller_client_cert,
                                           .client_key = config->controller_client_key,
                                           .token_file = config->controller_token_file,
                                           .connect_timeout_ms = timeout_ms,
                                           .timeout_ms = timeout_ms,
                                           .reply_max = MESSAGE_REPLY_MAX};
    const int result = http_new(&control->http, &settings, error);
    if (result == 0 && credentials_given(settings.token_file) && strncmp(url, "https://", 8) != 0) {
        log_warning(LOG_CONTROLPLANE,
                    "the bearer token is sent unencrypted; make nmeta_controller_address "
                    "start with https://");
    }
    free(url);
    return result;
}

static struct join_timing timing_of(const struct config *config) {
    const double reads = config->phase3_sniff_wait_time * config->phase3_queue_reads;
    const double capture = config->phase3_sniff_dc_timeout;
    return (struct join_timing){
        .keepalive_ns = to_ns(config->keepalive_interval),
        .policy_poll_ns = to_ns(config->policy_poll_interval),
        .tc_state_ns = to_ns(config->tc_state_interval),
        .keepalive_retries = config->keepalive_retries,
        .confirm_wait_ns = to_ns(reads < capture ? reads : capture),
    };
}

static int make_join(struct control *control, struct error *error) {
    char hostname[MESSAGE_HOSTNAME] = "";
    if (gethostname(hostname, sizeof hostname - 1) != 0) {
        return error_set(error, -errno, "cannot get the host name of this machine: %s",
                         strerrordesc_np(errno));
    }
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        return error_set(error, -EIO, "cannot get random numbers from the kernel");
    }
    const struct join_settings settings = {
        .hostname = hostname,
        .if_name = control->options.if_name,
        .timing = timing_of(control->options.config),
        .epoch_ns = clock_wall_ns() - clock_monotonic_ns(),
        .seed = seed,
    };
    return join_new(&control->join, &settings, error);
}

static void free_control(struct control *control) {
    if (!control) {
        return;
    }
    http_free(control->http);
    join_free(control->join);
    advice_queue_free(control->queue);
    if (control->stop_fd >= 0) {
        (void)close(control->stop_fd);
    }
    (void)pthread_mutex_destroy(&control->lock);
    free((char *)control->options.if_name);
    free((char *)control->options.dpae_version);
    free(control);
}

static int make_parts(struct control *control, const struct control_options *options,
                      struct error *error) {
    control->options.if_name = strdup(options->if_name);
    control->options.dpae_version = strdup(options->dpae_version);
    if (!control->options.if_name || !control->options.dpae_version) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    control->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->stop_fd < 0) {
        return error_set(error, -errno, "cannot create an eventfd: %s", strerrordesc_np(errno));
    }
    int result = advice_queue_new(&control->queue, options->config->advice_queue_size, error);
    if (result == 0) {
        result = make_http(control, error);
    }
    return result != 0 ? result : make_join(control, error);
}

/* Blocks all signals, which the main thread handles; this also prevents SIGPIPE when a peer
 * disconnects. */
static int start_thread(struct control *control, struct error *error) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* both fail only with invalid arguments */
    const int code = pthread_create(&control->thread, NULL, run, control);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? 0
                     : error_set(error, -code, "cannot create a thread: %s", strerrordesc_np(code));
}

int control_start(struct control **control, const struct control_options *options,
                  struct error *error) {
    *control = NULL;
    struct control *const made = calloc(1, sizeof *made);
    if (!made) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    made->options = *options;
    made->options.if_name = made->options.dpae_version = NULL;
    made->stop_fd = -1;
    made->frame_fd = -1;
    made->all_flows = strcmp(options->config->controller_flow_advice, "all") == 0;
    (void)pthread_mutex_init(&made->lock, NULL); /* cannot fail with default attributes */
    int result = make_parts(made, options, error);
    if (result == 0) {
        publish_state(made);
        result = start_thread(made, error);
    }
    if (result != 0) {
        free_control(made);
        return result;
    }
    *control = made;
    return 0;
}

void control_stop(struct control *control, unsigned flush_ms) {
    if (!control) {
        return;
    }
    atomic_store(&control->flush_ms, flush_ms);
    (void)eventfd_write(control->stop_fd, 1); /* one write to a zero counter: cannot fail */
    (void)pthread_join(control->thread, NULL);
    free_control(control);
}

void control_take_config(struct control *control, const struct config *config) {
    if (!control) {
        return;
    }
    (void)pthread_mutex_lock(&control->lock);
    control->timing = timing_of(config);
    control->timing_changed = true;
    (void)pthread_mutex_unlock(&control->lock);
}

void control_get_state(struct control *control, struct control_state *state) {
    (void)pthread_mutex_lock(&control->lock);
    *state = control->state;
    (void)pthread_mutex_unlock(&control->lock);
}
