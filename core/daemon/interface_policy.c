#include "base/clock.h"
#include "base/log.h"
#include "daemon/interface.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a policy comes to the workers: by their shared memory, under a number; they answer with what
 * became of it. */
#define POLICY_WAIT_NS (5 * NS_PER_S)

/* FNV-1a over what changes with the files of a folder: a file that is written in place leaves its
 * folder as it is. */
static uint64_t folder_state(const char *path) {
    uint64_t state = UINT64_C(0xcbf29ce484222325);
    DIR *folder = opendir(path);
    if (!folder) {
        return state;
    }
    struct stat about;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (fstatat(dirfd(folder), entry->d_name, &about, 0) == 0) {
            const uint64_t parts[] = {about.st_ino, (uint64_t)about.st_size,
                                      (uint64_t)about.st_mtim.tv_sec,
                                      (uint64_t)about.st_mtim.tv_nsec};
            for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
                state = (state ^ parts[k]) * UINT64_C(0x100000001b3);
            }
        }
    }
    closedir(folder);
    return state;
}

static void ask(struct interface *interface) {
    interface->classifiers_changed = folder_state(interface->config->classifiers_directory);
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        const uint32_t number = atomic_load(&orders->policy_wanted) + 1;
        atomic_store_explicit(&orders->policy_wanted, number ? number : 1, memory_order_release);
    }
}

static bool dealt_with(const struct child *child) {
    return atomic_load_explicit(&child->shared->policy_done, memory_order_acquire) ==
           atomic_load_explicit(&child->orders->policy_wanted, memory_order_relaxed);
}

/* waiting_too: also those that are not to be started yet, which take the policy when they are. */
static bool all_dealt_with(const struct interface *interface, bool waiting_too) {
    bool all = true;
    for (unsigned i = 0; i < interface->workers; i++) {
        const struct child *child = &interface->children[i];
        all &= dealt_with(child) || (!waiting_too && atomic_load(&child->waiting));
    }
    return all;
}

/* Of one worker. What one that has not dealt with it yet has to say is told later. */
static enum policy_outcome outcome_of(const struct interface *interface,
                                      const struct child *child) {
    const struct worker_shared *shared = child->shared;
    if (!dealt_with(child)) {
        log_info(LOG_TC_POLICY_DPAE, "%s: worker %u has not taken the policy yet", interface->name,
                 child->number);
        return POLICY_IN_FORCE;
    }
    const enum policy_outcome outcome = atomic_load(&shared->policy_outcome);
    if (outcome != POLICY_IN_FORCE) {
        char fault[sizeof shared->policy_fault];
        snprintf(fault, sizeof fault, "%.*s", (int)sizeof fault - 1, shared->policy_fault);
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is %s: %s", interface->name,
                  outcome == POLICY_PARTIAL ? "in force in part" : "refused", fault);
    }
    return outcome;
}

/* Whether all workers have it in force, at least in part. */
static bool collect_outcomes(struct interface *interface) {
    bool in_force = true;
    interface->policy_partial = false;
    for (unsigned i = 0; i < interface->workers; i++) {
        const enum policy_outcome outcome = outcome_of(interface, &interface->children[i]);
        interface->policy_partial |= outcome == POLICY_PARTIAL;
        in_force &= outcome != POLICY_REFUSED;
    }
    return in_force;
}

static void write_policy(struct interface *interface, const char *policy, size_t policy_length,
                         const char *rules, size_t rules_length) {
    for (unsigned i = 0; i < interface->workers; i++) {
        struct worker_orders *orders = interface->children[i].orders;
        memcpy(orders->policy, policy, policy_length);
        memcpy(orders->rules, rules, rules_length);
        orders->policy_length = (uint32_t)policy_length;
        orders->rules_length = (uint32_t)rules_length;
    }
}

bool interface_set_policy(struct interface *interface, const char *policy, size_t policy_length,
                          const char *rules, size_t rules_length) {
    if (policy_length > SHARED_POLICY_BYTES || rules_length > SHARED_POLICY_BYTES) {
        log_error(LOG_TC_POLICY_DPAE, "%s: the policy is refused: more than %d bytes",
                  interface->name, SHARED_POLICY_BYTES);
        return false;
    }
    pthread_mutex_lock(&interface->policy_lock);
    write_policy(interface, policy, policy_length, rules, rules_length);
    ask(interface);
    const uint64_t limit_ns = clock_monotonic_ns() + POLICY_WAIT_NS;
    while (!all_dealt_with(interface, false) && clock_monotonic_ns() < limit_ns) {
        usleep(2000);
    }
    const bool in_force = collect_outcomes(interface);
    interface->policy_awaited = !all_dealt_with(interface, true);
    pthread_mutex_unlock(&interface->policy_lock);
    return in_force;
}

void interface_look_for_classifiers(struct interface *interface) {
    /* While a policy is being set, there is nothing to look for. */
    if (pthread_mutex_trylock(&interface->policy_lock) != 0) {
        return;
    }
    if (interface->policy_awaited) {
        if (all_dealt_with(interface, true)) {
            interface->policy_awaited = false;
            if (collect_outcomes(interface) && !interface->policy_partial) {
                log_info(LOG_TC_POLICY_DPAE, "%s: every classifier of the policy is there now",
                         interface->name);
            }
        }
    } else if (interface->policy_partial &&
               folder_state(interface->config->classifiers_directory) !=
                   interface->classifiers_changed) {
        ask(interface);
        interface->policy_awaited = true;
    }
    pthread_mutex_unlock(&interface->policy_lock);
}
