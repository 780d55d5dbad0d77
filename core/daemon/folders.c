#include "daemon/folders.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR)
#define SUFFIX ".lua"

/* Modules may lie in folders of the helpers' folder: those that are there, or come. */
static void watch_below(const struct folders *folders) {
    DIR *directory = opendir(folders->helpers);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folders->helpers, entry->d_name);
        if (entry->d_name[0] != '.') {
            (void)inotify_add_watch(folders->fd, path, EVENTS); /* files are refused */
        }
    }
    if (directory) {
        closedir(directory);
    }
}

int folders_open(struct folders *folders, const struct config *config, struct error *error) {
    *folders = (struct folders){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (folders->fd < 0) {
        return error_set(error, -errno, "inotify: %s", strerrordesc_np(errno));
    }
    int result = 0;
    if (inotify_add_watch(folders->fd, config->classifiers_directory, EVENTS) < 0) {
        result = error_set(error, -errno, "%.160s: %s", config->classifiers_directory,
                           strerrordesc_np(errno));
    }
    snprintf(folders->helpers, sizeof folders->helpers, "%s", config->lua_directory);
    folders->helpers_watch = inotify_add_watch(folders->fd, folders->helpers, EVENTS);
    if (folders->helpers_watch < 0) {
        result = error_set(error, -errno, "%.160s: %s", folders->helpers, strerrordesc_np(errno));
    }
    watch_below(folders);
    return result;
}

void folders_close(struct folders *folders) {
    if (folders->fd >= 0) {
        close(folders->fd);
    }
    folders->fd = -1;
}

/* A file that was made says nothing before it was written and closed. */
static bool matters(const struct folders *folders, const struct inotify_event *event) {
    if (event->mask & IN_Q_OVERFLOW) {
        return true;
    }
    if (event->mask & IN_ISDIR) {
        if (event->wd == folders->helpers_watch) {
            watch_below(folders);
        }
        return event->wd == folders->helpers_watch;
    }
    const size_t length = event->len > 0 ? strlen(event->name) : 0;
    return !(event->mask & IN_CREATE) && length > strlen(SUFFIX) && event->name[0] != '.' &&
           strcmp(event->name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static void read_events(struct folders *folders, uint64_t now_ns) {
    _Alignas(struct inotify_event) char buffer[8192];
    ssize_t got;
    while ((got = read(folders->fd, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;
        for (const char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            if (matters(folders, event)) {
                folders->latest_ns = now_ns;
                folders->first_ns = folders->first_ns ? folders->first_ns : now_ns;
            }
        }
    }
}

bool folders_changed(struct folders *folders, uint64_t now_ns) {
    if (folders->fd < 0) {
        return false;
    }
    read_events(folders, now_ns);
    if (folders->first_ns == 0 || (now_ns - folders->latest_ns < FOLDERS_QUIET_NS &&
                                   now_ns - folders->first_ns < FOLDERS_LATE_NS)) {
        return false;
    }
    folders->first_ns = 0;
    return true;
}
