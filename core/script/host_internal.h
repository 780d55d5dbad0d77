#ifndef DPAE_SCRIPT_HOST_INTERNAL_H
#define DPAE_SCRIPT_HOST_INTERNAL_H

#include "script/error_text.h"
#include "script/host.h"
#include "script/limits.h"
#include "script/log_queue.h"
#include "script/memory.h"

#include <lua.h>

/* Internals of the script host, shared by the files of this folder. */
#define SCRIPT_ERROR_TEXT    2048
#define SCRIPT_ERROR_CLASSES 16

/* The failure record of one classifier. */
struct script_failures {
    uint32_t in_window; /* errors since window_ns */
    uint64_t window_ns; /* start of the error window, or of the probation; packet time */
    bool on_probation;
    uint32_t strikes;  /* quarantines since the last passed probation */
    uint64_t since_ns; /* start of the latest quarantine; packet time */
    unsigned class_count;
    struct script_error_class classes[SCRIPT_ERROR_CLASSES];
    uint64_t elsewhere; /* errors at all other places */
    char last[SCRIPT_ERROR_TEXT];
    char place[SCRIPT_PLACE_TEXT]; /* "file:line" of classifier() */
};

/* Fixed stack slots of the VM. */
enum {
    STACK_HANDLER = 1, /* error handler of script_host_run */
    STACK_LOOP,        /* the loop; nil until script_host_run() makes it */
    STACK_MAKE_LOOP,   /* function that makes the loop of the loaded set; or nil */
    STACK_HOST         /* the table that host.lua returned */
};

struct script_host {
    lua_State *L;
    lua_State *lender; /* an idle VM that lends its allocator to host->memory */
    struct script_exchange exchange;
    char *classifiers_directory, *lua_directory;
    struct script_options options; /* its strings are the two above */
    struct limits limits;
    struct script_memory memory;
    int collector_pause;            /* current setting, percent */
    struct script_profile *profile; /* by classifier; NULL: off */
    uint32_t ready;
    unsigned count;
    char names[SCRIPT_CLASSIFIERS_MAX + 1][SCRIPT_NAME_MAX]; /* the last is the host's own */
    uint32_t generation;                                     /* of classifiers loaded from now on */
    struct script_source sources[SCRIPT_CLASSIFIERS_MAX];
    uint64_t loading_file; /* as script_source.file, of the classifier being loaded */
    struct script_failures failures[SCRIPT_CLASSIFIERS_MAX];
    struct error_trace trace; /* of the error being handled */
    struct script_counters counters;
    struct log_queue log;
};

/* load.c: loads classifier i of the set by its name and marks it ready. */
bool load_classifier(struct script_host *host, unsigned classifier, struct faults *faults);
/* Reads a file of a classifier, from disk or from options.admitted; contract of source_read(). */
int load_read(const struct script_host *host, const char *classifier, const char *path, char **text,
              size_t *length, struct error *error);
/* admission_hash() of the classifier's current file; 0: unreadable. */
uint64_t load_file_hash(const struct script_host *host, unsigned classifier);
/* Removes the classifier with its tables; it is no longer ready. */
void load_drop(struct script_host *host, unsigned classifier);

/* quarantine.c: records an error of a classifier at exchange.time_ns. */
void quarantine_note_error(struct script_host *host, unsigned classifier);
/* Removes a classifier until script_host_tick() reloads it on probation. why is for the log. */
void quarantine_start(struct script_host *host, unsigned classifier, const char *why);
/* Clears the failure record of a classifier after a change of its source. */
void quarantine_clear(struct script_host *host, unsigned classifier);
/* Whether an offence keeps a classifier from being loaded. */
bool quarantine_applies(struct script_host *host, unsigned classifier);
/* Computes when script_host_tick() is due next. */
void quarantine_schedule(struct script_host *host);

/* run.c: pushes the error handler and a slot for the loop. */
void run_open(struct script_host *host);
/* Logs one or more lines of the host under a classifier's name. */
void host_log(struct script_host *host, unsigned classifier, int level, const char *text);

#endif
