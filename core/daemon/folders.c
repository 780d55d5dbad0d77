#include "daemon/folders.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB |            \
     IN_DELETE_SELF | IN_ONLYDIR)
#define SUFFIX  ".lua"
#define LOOK_NS (FOLDERS_QUIET_NS / 2)

/* Neither a folder nor what a name leads to that has none: a look finds something else. */
static const struct folders_id NOT_WATCHED = {.device = (dev_t)-1};

/* Watching begins anew with each folder that comes or goes: those that are watched already keep
 * their numbers. What cannot be watched is collected for one line. */
struct survey {
    bool too_many;
    int error; /* errno, of the folder below; 0: all is well */
    char path[PATH_MAX];
};

static struct folders_watch *find_watch(struct folders *folders, int number) {
    for (unsigned i = 0; i < folders->count; i++) {
        if (folders->watches[i].number == number) {
            return &folders->watches[i];
        }
    }
    return NULL;
}

static void note(struct survey *survey, const char *path, int error) {
    if (survey->error == 0) {
        survey->error = error;
        snprintf(survey->path, sizeof survey->path, "%s", path);
    }
}

/* Returns whether it is watched, and was not before in this survey, as by way of a link. Those
 * below a root leave room for the other root. */
static bool watch_one(struct folders *folders, const char *path, bool below, unsigned depth,
                      struct survey *survey) {
    if (folders->count + (depth > 0) >= FOLDERS_MAX) {
        survey->too_many = true;
        note(survey, path, E2BIG);
        return false;
    }
    const int number = inotify_add_watch(folders->fd, path, EVENTS);
    if (number < 0) {
        /* It may have gone meanwhile, or be a link to a file. */
        if (errno != ENOENT && errno != ENOTDIR) {
            note(survey, path, errno);
        }
        return false;
    }
    char *kept = find_watch(folders, number) ? NULL : strdup(path);
    if (!kept) {
        return false;
    }
    folders->watches[folders->count++] = (struct folders_watch){number, below, kept};
    return true;
}

static bool may_be_folder(const struct dirent *entry) {
    return entry->d_name[0] != '.' &&
           (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

/* Watched first and read then, so that nothing comes in between. depth: how far below it. */
static void watch_tree(struct folders *folders, const char *path, bool below, unsigned depth,
                       struct survey *survey) {
    if (!watch_one(folders, path, below, depth, survey) || !below) {
        return;
    }
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char inner[PATH_MAX];
        struct stat about;
        const int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (!may_be_folder(entry) || length >= (int)sizeof inner) {
            continue;
        }
        if (depth < FOLDERS_DEPTH) {
            watch_tree(folders, inner, true, depth + 1, survey);
        } else if (stat(inner, &about) == 0 && S_ISDIR(about.st_mode)) {
            survey->too_many = true;
            note(survey, inner, E2BIG);
        }
    }
    if (directory) {
        closedir(directory);
    }
}

static void tell_survey(const struct survey *survey) {
    if (survey->too_many) {
        log_warning(LOG_TC,
                    "changes in %s, and maybe in others, are not noticed: of the folders of helper "
                    "modules %d are watched, %d deep; move what are no modules elsewhere",
                    survey->path, FOLDERS_MAX, FOLDERS_DEPTH);
    } else if (survey->error != 0) {
        log_warning(LOG_TC, "changes in %s are not noticed: %s%s", survey->path,
                    strerrordesc_np(survey->error),
                    survey->error == ENOSPC ? "; the limit is fs.inotify.max_user_watches" : "");
    }
}

/* A folder that went may come again under the same number, and is to be taken for another one.
 * What cannot be watched is there all the same. */
static void check_watch(struct folders *folders, struct folders_root *root) {
    const int number = inotify_add_watch(folders->fd, root->path, EVENTS);
    if (number >= 0 && !find_watch(folders, number)) {
        (void)inotify_rm_watch(folders->fd, number); /* it has come just now */
        root->seen = NOT_WATCHED;
    } else if (number < 0 && (errno == ENOENT || errno == ENOTDIR) && root->seen.inode != 0) {
        root->seen = NOT_WATCHED;
    }
}

static void watch_all(struct folders *folders) {
    struct survey survey = {0};
    struct folders_watch before[FOLDERS_MAX];
    const unsigned count = folders->count;
    memcpy(before, folders->watches, sizeof before);
    folders->count = 0;
    for (unsigned i = 0; i < 2; i++) {
        watch_tree(folders, folders->roots[i].path, folders->roots[i].below, 0, &survey);
    }
    for (unsigned i = 0; i < count; i++) {
        if (!find_watch(folders, before[i].number)) {
            (void)inotify_rm_watch(folders->fd, before[i].number); /* it may be gone */
        }
        free(before[i].path);
    }
    for (unsigned i = 0; i < 2; i++) {
        check_watch(folders, &folders->roots[i]);
    }
    tell_survey(&survey);
}

static struct folders_id identify(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode)
               ? (struct folders_id){about.st_dev, about.st_ino}
               : (struct folders_id){0};
}

static bool is_same(const struct folders_id *one, const struct folders_id *other) {
    return one->device == other->device && one->inode == other->inode;
}

/* To watch what is watched already changes nothing, and tells why it was not. */
static int check_root(const struct folders *folders, const struct folders_root *root,
                      struct error *error) {
    return inotify_add_watch(folders->fd, root->path, EVENTS) >= 0
               ? 0
               : error_set(error, -errno, "%.160s: %s", root->path, strerrordesc_np(errno));
}

int folders_open(struct folders *folders, const struct config *config, struct error *error) {
    *folders = (struct folders){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (folders->fd < 0) {
        return error_set(error, -errno, "inotify: %s", strerrordesc_np(errno));
    }
    /* The tree first: both may be the same folder. */
    const char *const paths[] = {config->lua_directory, config->classifiers_directory};
    folders->roots[0].below = true;
    for (unsigned i = 0; i < 2; i++) {
        struct folders_root *root = &folders->roots[i];
        snprintf(root->path, sizeof root->path, "%s", paths[i]);
        root->seen = identify(root->path);
    }
    watch_all(folders);
    const int result = check_root(folders, &folders->roots[0], error);
    return result == 0 ? check_root(folders, &folders->roots[1], error) : result;
}

void folders_close(struct folders *folders) {
    for (unsigned i = 0; i < folders->count; i++) {
        free(folders->watches[i].path);
    }
    folders->count = 0;
    if (folders->fd >= 0) {
        close(folders->fd);
    }
    folders->fd = -1;
}

static bool has_suffix(const char *name) {
    const size_t length = strlen(name);
    return length > strlen(SUFFIX) && name[0] != '.' &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

enum change { CHANGE_NONE, CHANGE_FILE, CHANGE_FOLDER };

/* A file that was made says nothing before it was written and closed, but a link is whole at once.
 * A link to a folder that comes, by whatever name, may change what many files are. */
static enum change what_came(const struct folders_watch *watch, const struct inotify_event *event) {
    char path[PATH_MAX];
    struct stat about, target;
    const bool file = has_suffix(event->name);
    if (!watch || snprintf(path, sizeof path, "%s/%s", watch->path, event->name) >= PATH_MAX ||
        lstat(path, &about) != 0) {
        return file && event->mask & IN_MOVED_TO ? CHANGE_FILE : CHANGE_NONE;
    }
    const bool link = S_ISLNK(about.st_mode);
    if (link && stat(path, &target) == 0 && S_ISDIR(target.st_mode)) {
        return CHANGE_FOLDER;
    }
    const bool whole = link || about.st_nlink > 1 || event->mask & IN_MOVED_TO;
    return file && whole ? CHANGE_FILE : CHANGE_NONE;
}

static enum change assess(struct folders *folders, const struct inotify_event *event) {
    const struct folders_watch *watch = find_watch(folders, event->wd);
    const char *const name = event->len > 0 ? event->name : "";
    if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF)) {
        return CHANGE_FOLDER;
    }
    if (event->mask & IN_ISDIR) {
        const bool known = name[0] == '\0' || (watch && watch->below && name[0] != '.');
        return known ? CHANGE_FOLDER : CHANGE_NONE;
    }
    if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
        return name[0] ? what_came(watch, event) : CHANGE_NONE;
    }
    return has_suffix(name) ? CHANGE_FILE : CHANGE_NONE;
}

static void note_change(struct folders *folders, uint64_t now_ns) {
    folders->latest_ns = now_ns;
    folders->first_ns = folders->first_ns ? folders->first_ns : now_ns;
}

static void read_events(struct folders *folders, uint64_t now_ns) {
    _Alignas(struct inotify_event) char buffer[8192];
    enum change most = CHANGE_NONE;
    ssize_t got;
    while ((got = read(folders->fd, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;
        for (const char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            const enum change change = assess(folders, event);
            most = change > most ? change : most;
        }
    }
    if (most == CHANGE_FOLDER) {
        watch_all(folders);
    }
    if (most != CHANGE_NONE) {
        note_change(folders, now_ns);
    }
}

static void tell_root(const struct folders_root *root) {
    if (root->seen.inode == 0) {
        log_error(LOG_TC, "the folder %s is not there any more: what was loaded from it stays",
                  root->path);
    } else {
        log_info(LOG_TC, "the folder %s is another one than before: what is in it now counts",
                 root->path);
    }
}

/* By name, since a folder changes also by those above it, and by links, without an event. */
static void look_at_roots(struct folders *folders, uint64_t now_ns) {
    bool changed = false;
    folders->looked_ns = now_ns;
    for (unsigned i = 0; i < 2; i++) {
        struct folders_root *root = &folders->roots[i];
        const struct folders_id now = identify(root->path);
        if (!is_same(&now, &root->seen)) {
            root->seen = now;
            tell_root(root);
            changed = true;
        }
    }
    if (changed) {
        watch_all(folders);
        note_change(folders, now_ns);
    }
}

bool folders_changed(struct folders *folders, uint64_t now_ns) {
    if (folders->fd < 0) {
        return false;
    }
    read_events(folders, now_ns);
    if (now_ns - folders->looked_ns >= LOOK_NS) {
        look_at_roots(folders, now_ns);
    }
    if (folders->first_ns == 0 || (now_ns - folders->latest_ns < FOLDERS_QUIET_NS &&
                                   now_ns - folders->first_ns < FOLDERS_LATE_NS)) {
        return false;
    }
    folders->first_ns = 0;
    return true;
}
