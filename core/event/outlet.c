#include "event/outlet.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "base/ring.h"
#include "event/event_wire.h"
#include "event/format.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_BYTES (8u << 20)
#define TEXT_BYTES  (64u << 10)
/* How soon a writer that waits for its reader notices that it must stop. */
#define POLL_MS 50
/* Between log lines about losses. */
#define LOG_INTERVAL_NS (30 * NS_PER_S)

struct outlet {
    int fd;
    const char *name;
    struct ring queue;
    sem_t queued; /* counts the events, plus one for the end */
    bool started;
    pthread_t thread;
    atomic_bool ending, aborting;
    _Atomic uint64_t lost;

    /* used by the thread that puts events */
    uint64_t logged_ns;    /* when a loss was last logged */
    unsigned wait_left_ms; /* waiting time left */

    /* used by the outlet's thread until it ends */
    int code; /* negative errno of a failed write */
    size_t length;
    char text[TEXT_BYTES];
};

int outlet_new(struct outlet **outlet, int fd, const char *name, struct error *error) {
    struct stat status;
    *outlet = NULL;
    /* The name was opened separately, so O_NONBLOCK affects no other file description. */
    if (fstat(fd, &status) != 0 ||
        (!S_ISREG(status.st_mode) && fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK) != 0)) {
        return error_set(error, -errno, "%s: %s", name, strerrordesc_np(errno));
    }
    struct outlet *made = calloc(1, sizeof *made);
    void *memory = made ? aligned_alloc(64, (ring_bytes(QUEUE_BYTES) + 63) / 64 * 64) : NULL;
    if (!memory || sem_init(&made->queued, 0, 0) != 0) {
        free(memory);
        free(made);
        return error_set(error, -ENOMEM, "%s: out of memory", name);
    }
    memset(memory, 0, ring_bytes(QUEUE_BYTES));
    ring_attach(&made->queue, memory, QUEUE_BYTES);
    made->fd = fd;
    made->name = name;
    *outlet = made;
    return 0;
}

static void fail(struct outlet *outlet, int code) {
    outlet->code = code;
    log_error(LOG_NMETA_DPAE, "%s: write failed: %s; no further events are written", outlet->name,
              strerrordesc_np(-code));
}

static unsigned count_lines(const char *text, size_t length) {
    unsigned lines = 0;
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

static void write_text(struct outlet *outlet) {
    size_t done = 0;
    while (done < outlet->length && outlet->code == 0) {
        const ssize_t written = write(outlet->fd, outlet->text + done, outlet->length - done);
        if (written >= 0) {
            done += (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = outlet->fd, .events = POLLOUT};
            if (atomic_load(&outlet->aborting)) {
                break;
            }
            (void)poll(&room, 1, POLL_MS);
        } else if (errno != EINTR) {
            fail(outlet, -errno);
        }
    }
    atomic_fetch_add(&outlet->lost, count_lines(outlet->text + done, outlet->length - done));
    outlet->length = 0;
}

static void format(struct outlet *outlet, const struct event *event) {
    if (outlet->code != 0 || atomic_load(&outlet->aborting)) {
        atomic_fetch_add(&outlet->lost, 1);
        return;
    }
    if (sizeof outlet->text - outlet->length < EVENT_LINE_MAX + 1) {
        write_text(outlet);
    }
    const int length = jsonl_format(event, outlet->text + outlet->length, EVENT_LINE_MAX);
    if (length < 0) {
        fail(outlet, length);
        atomic_fetch_add(&outlet->lost, 1);
        return;
    }
    outlet->length += (size_t)length;
    outlet->text[outlet->length++] = '\n';
}

/* Lines are written together while more events are queued, otherwise at once. */
static void *run(void *context) {
    struct outlet *outlet = context;
    struct event event;
    for (;;) {
        if (sem_trywait(&outlet->queued) != 0) {
            write_text(outlet);
            while (sem_wait(&outlet->queued) != 0) {
            }
        }
        const uint32_t size = ring_get(&outlet->queue, &event, sizeof event);
        if (size > 0 && event_accept(&event, size)) {
            format(outlet, &event);
        } else if (atomic_load(&outlet->ending)) {
            break;
        }
    }
    write_text(outlet);
    return NULL;
}

/* Blocks all signals: other threads handle them. */
static bool start(struct outlet *outlet) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    outlet->started = pthread_create(&outlet->thread, NULL, run, outlet) == 0;
    return pthread_sigmask(SIG_SETMASK, &before, NULL) == 0 && outlet->started;
}

static void count_loss(struct outlet *outlet) {
    const uint64_t lost = atomic_fetch_add(&outlet->lost, 1) + 1;
    const uint64_t now_ns = clock_monotonic_ns();
    if (outlet->logged_ns == 0 || now_ns - outlet->logged_ns > LOG_INTERVAL_NS) {
        outlet->logged_ns = now_ns;
        log_warning(LOG_NMETA_DPAE, "%s: the reader is too slow: %llu events lost so far",
                    outlet->name, (unsigned long long)lost);
    }
}

static bool queue_event(struct outlet *outlet, const struct event *event) {
    const uint32_t size = (uint32_t)event_size(event);
    bool queued = ring_put(&outlet->queue, event, size);
    for (; !queued && outlet->wait_left_ms > 0; outlet->wait_left_ms--) {
        usleep(1000);
        queued = ring_put(&outlet->queue, event, size);
    }
    return queued;
}

void outlet_put(struct outlet *outlet, const struct event *event) {
    if (event->kind == EVENT_FLOW_STATE) {
        return;
    }
    if ((outlet->started || start(outlet)) && queue_event(outlet, event)) {
        sem_post(&outlet->queued);
    } else {
        count_loss(outlet);
    }
}

void outlet_allow_waiting(struct outlet *outlet, unsigned limit_ms) {
    outlet->wait_left_ms = limit_ms;
}

static void end_thread(struct outlet *outlet, unsigned limit_ms) {
    struct timespec limit;
    atomic_store(&outlet->ending, true);
    sem_post(&outlet->queued);
    clock_gettime(CLOCK_MONOTONIC, &limit);
    const uint64_t limit_ns = (uint64_t)limit.tv_nsec + limit_ms * NS_PER_MS;
    limit.tv_sec += (time_t)(limit_ns / NS_PER_S);
    limit.tv_nsec = (long)(limit_ns % NS_PER_S);
    if (pthread_clockjoin_np(outlet->thread, NULL, CLOCK_MONOTONIC, &limit) != 0) {
        atomic_store(&outlet->aborting, true);
        pthread_join(outlet->thread, NULL);
    }
}

int outlet_end(struct outlet *outlet, unsigned limit_ms) {
    if (!outlet) {
        return 0;
    }
    if (outlet->started) {
        end_thread(outlet, limit_ms);
    }
    const uint64_t lost = atomic_load(&outlet->lost);
    if (lost > 0) {
        log_warning(LOG_NMETA_DPAE, "%s: %llu event%s lost: the reader was too slow", outlet->name,
                    (unsigned long long)lost, plural(lost, "", "s"));
    }
    const int code = outlet->code;
    sem_destroy(&outlet->queued);
    free(outlet->queue.memory);
    free(outlet);
    return code;
}
