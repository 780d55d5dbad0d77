#include "daemon/interface.h"

#include "base/clock.h"
#include "base/log.h"
#include "identity/names.h"
#include "worker/counters.h"
#include "worker/memory_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* Of the time for the end, what is kept for telling the controller. */
#define INTERFACE_FLUSH_NS (2 * NS_PER_S)

static int make_names(struct interface *interface, struct error *error) {
    struct names_options options = {.capacity = interface->config->name_table_size,
                                    .writers = interface->config->workers_per_interface};
    if (getrandom(options.key, sizeof options.key, 0) != (ssize_t)sizeof options.key) {
        return error_set(error, -errno, "getrandom: %s", strerrordesc_np(errno));
    }
    interface->names_fd = memory_file_raise(memfd_create("dpae-names", MFD_CLOEXEC));
    if (interface->names_fd < 0) {
        return error_set(error, -errno, "%s: shared memory: %s", interface->name,
                         strerrordesc_np(errno));
    }
    return names_format(interface->names_fd, &options, error);
}

int interface_open(struct interface *interface, const char *name, const struct config *config,
                   int config_fd, struct event_recorder recorder, struct error *error) {
    memset(interface, 0, sizeof *interface);
    pthread_mutex_init(&interface->policy_lock, NULL);
    snprintf(interface->name, sizeof interface->name, "%s", name);
    interface->config = config;
    interface->recorder = recorder;
    deployment_init(&interface->deployment);
    interface->names_fd = -1;
    interface->event_fd = memory_file_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    interface->lock.fd = -1;
    if (rehearsal_open(&interface->rehearsal, error) != 0) {
        return error->code;
    }
    /* Says at once, and once, when the interface is not there or the rights are missing. */
    if (exchange_open(&interface->exchange, name, error) != 0) {
        return error->code;
    }
    if (lock_take(&interface->lock, LOCK_DIRECTORY, name, error) != 0) {
        return error->code;
    }
    if (interface->event_fd < 0) {
        return error_set(error, -errno, "%s: eventfd: %s", name, strerrordesc_np(errno));
    }
    if (make_names(interface, error) != 0) {
        return error->code;
    }
    while (interface->workers < config->workers_per_interface) {
        struct child *child = &interface->children[interface->workers];
        child->interface = interface->name;
        child->number = interface->workers;
        child->workers = config->workers_per_interface;
        child->config_path = config->path;
        child->event_fd = interface->event_fd;
        child->names_fd = interface->names_fd;
        child->config_fd = config_fd;
        if (child_open(child, error) != 0) {
            child_close(child);
            return error->code;
        }
        interface->workers++;
    }
    return 0;
}

void interface_close(struct interface *interface) {
    pthread_mutex_destroy(&interface->policy_lock);
    rehearsal_close(&interface->rehearsal);
    for (unsigned i = 0; i < interface->workers; i++) {
        child_close(&interface->children[i]);
    }
    offload_restore(interface->name, &interface->offloads);
    exchange_close(interface->exchange);
    if (interface->event_fd >= 0) {
        close(interface->event_fd);
    }
    if (interface->names_fd >= 0) {
        close(interface->names_fd);
    }
    lock_release(&interface->lock);
}

/* An interface that went away and came back is another one to a socket. */
static bool is_another_one(int result) {
    return result == -ENXIO || result == -ENODEV;
}

static int send_frame(void *context, const uint8_t *frame, size_t length, struct error *error) {
    struct interface *interface = context;
    int result =
        interface->exchange ? exchange_send(interface->exchange, frame, length, error) : -ENODEV;
    if (is_another_one(result)) {
        exchange_close(interface->exchange);
        result = exchange_open(&interface->exchange, interface->name, error);
        if (result == 0) {
            result = exchange_send(interface->exchange, frame, length, error);
        }
    }
    return result;
}

static int listen_for(void *context, uint16_t ethertype, struct error *error) {
    struct interface *interface = context;
    if (ethertype == 0) {
        /* A new socket receives nothing, and does not hold the interface promiscuous. */
        exchange_close(interface->exchange);
        return exchange_open(&interface->exchange, interface->name, error);
    }
    int result = 0;
    if (!interface->exchange) {
        result = exchange_open(&interface->exchange, interface->name, error);
    }
    if (result == 0) {
        result = exchange_listen(interface->exchange, ethertype, error);
    }
    return result == 0 ? exchange_fd(interface->exchange) : result;
}

static size_t receive_frame(void *context, uint8_t *frame, size_t size) {
    const struct interface *interface = context;
    return interface->exchange ? exchange_receive(interface->exchange, frame, size) : 0;
}

static bool apply_policy(void *context, const struct policy_text *policy) {
    return interface_set_policy(context, policy);
}

static void set_session(void *context, bool up, enum policy_mode mode,
                        const uint8_t dpae2ctrl_mac[6], const uint8_t ctrl2dpae_mac[6],
                        uint16_t ethertype) {
    struct interface *interface = context;
    (void)dpae2ctrl_mac;
    (void)ctrl2dpae_mac;
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        atomic_store(&orders->discovery_ethertype, ethertype);
        atomic_store(&orders->session_up, up && mode == POLICY_ACTIVE);
    }
}

static bool take_event(void *context, struct event *event) {
    return interface_take_event(context, event);
}

int interface_join(struct interface *interface, const char *version, struct error *error) {
    const struct control_options options = {
        .config = interface->config,
        .if_name = interface->name,
        .dpae_version = version,
        .event_fd = interface->event_fd,
        .callbacks = {.context = interface,
                      .send_frame = send_frame,
                      .listen = listen_for,
                      .receive_frame = receive_frame,
                      .apply_policy = apply_policy,
                      .session = set_session,
                      .take_event = take_event},
    };
    /* The mode comes with the policy, and a frame that was glued before can not be returned. */
    offload_switch_off(interface->name, &interface->offloads);
    return control_start(&interface->control, &options, error);
}

void interface_take_config(struct interface *interface) {
    for (unsigned i = 0; i < interface->workers; i++) {
        child_take_config(&interface->children[i], interface->config);
    }
    control_take_config(interface->control, interface->config);
}

void interface_start(struct interface *interface, bool standalone) {
    for (unsigned i = 0; i < interface->workers; i++) {
        interface->children[i].orders->standalone = standalone;
    }
    interface_supervise(interface, clock_monotonic_ns());
}

void interface_supervise(struct interface *interface, uint64_t now_ns) {
    for (unsigned i = 0; i < interface->workers; i++) {
        child_supervise(&interface->children[i], now_ns, interface->config->crash_directory);
    }
    interface_go_on_with_policy(interface, now_ns);
}

bool interface_take_event(struct interface *interface, struct event *event) {
    for (unsigned tries = 0; tries < interface->workers; tries++) {
        struct child *child = &interface->children[interface->next];
        interface->next = (interface->next + 1) % interface->workers;
        uint64_t refused = 0;
        const bool taken = child_take_event(child, event, &refused);
        atomic_fetch_add(&interface->events_refused, refused);
        if (taken) {
            interface->recorder.record(interface->recorder.context, event);
            return true;
        }
    }
    return false;
}

static bool all_ended(struct interface *interface, bool force) {
    bool ended = true;
    for (unsigned i = 0; i < interface->workers; i++) {
        ended &= child_reap(&interface->children[i], force);
    }
    return ended;
}

void interface_stop_workers(struct interface *interface) {
    interface_close_offers(interface);
    for (unsigned i = 0; i < interface->workers; i++) {
        atomic_store(&interface->children[i].orders->session_up, 0);
        child_stop(&interface->children[i]);
    }
}

/* So many at a time, since what fills the ring may fill it faster. */
static void record_events(struct interface *interface) {
    struct event event;
    for (unsigned i = 0; i < INTERFACE_EVENTS_AT_ONCE && interface_take_event(interface, &event);
         i++) {
    }
}

void interface_stop(struct interface *interface, uint64_t limit_ns) {
    /* First what the workers have to say, while the session is there to tell it in. */
    const uint64_t workers_limit_ns = limit_ns - INTERFACE_FLUSH_NS;
    while (!all_ended(interface, false) && clock_monotonic_ns() < workers_limit_ns) {
        if (!interface->control) {
            record_events(interface);
        }
        usleep(1000);
    }
    const uint64_t now_ns = clock_monotonic_ns();
    control_stop(interface->control,
                 limit_ns > now_ns ? (unsigned)((limit_ns - now_ns) / NS_PER_MS) : 0);
    interface->control = NULL;
    while (!all_ended(interface, clock_monotonic_ns() > limit_ns)) {
        record_events(interface);
        usleep(1000);
    }
    for (unsigned i = 0; i < interface->workers; i++) {
        record_events(interface); /* a ring holds no more */
    }
}

uint64_t interface_missed(const struct interface *interface) {
    uint64_t missed = 0;
    for (unsigned i = 0; i < interface->workers; i++) {
        missed += interface->children[i].gap.missed;
    }
    return missed;
}

void interface_add_counters(const struct interface *interface, struct worker_counters *total) {
    for (unsigned i = 0; i < interface->workers; i++) {
        worker_counters_add(total, &interface->children[i].before);
        worker_counters_add(total, &interface->children[i].shared->counters);
    }
}
