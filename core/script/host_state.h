#ifndef DPAE_SCRIPT_HOST_STATE_H
#define DPAE_SCRIPT_HOST_STATE_H

#include "script/error_text.h"
#include "script/host.h"
#include "script/limits.h"
#include "script/log_queue.h"
#include "script/memory.h"

#include <lua.h>

/* The inside of the script host, for the files of this folder. */
#define SCRIPT_ERROR_TEXT    2048
#define SCRIPT_ERROR_CLASSES 16

/* What is known of one classifier's failures. */
struct script_failures {
    uint32_t
        in_window; /* errors since window_ns, which is when the window began; on trial: the trial */
    uint64_t window_ns;
    bool on_trial;
    uint32_t strikes;  /* quarantines without a trial that was passed in between */
    uint64_t since_ns; /* when the latest one began; packet time, like window_ns */
    unsigned class_count;
    struct script_error_class classes[SCRIPT_ERROR_CLASSES];
    uint64_t elsewhere; /* errors at other places than these */
    char last[SCRIPT_ERROR_TEXT];
    char place[SCRIPT_PLACE_TEXT]; /* "file:line" of classifier() */
};

/* Fixed places of the VM's stack. */
enum {
    STACK_HANDLER = 1, /* error handler of script_host_run */
    STACK_LOOP,        /* the loop, nil before script_run_prepare() */
    STACK_MAKE_LOOP,   /* what makes the loop of the set that is loaded; nil without one */
    STACK_HOST         /* the table that host.lua returned */
};

struct script_host {
    lua_State *L;
    lua_State *lender; /* a VM that does nothing: its allocator is the base of host->memory */
    struct script_exchange exchange;
    char *classifiers_directory, *lua_directory;
    struct script_options options; /* its strings are the two above */
    struct limits limits;
    struct script_memory memory;
    int collector_pause;            /* as last set, in percent */
    struct script_profile *profile; /* by classifier; NULL: off */
    uint32_t ready;
    unsigned count;
    char names[SCRIPT_CLASSIFIERS_MAX + 1][SCRIPT_NAME_MAX]; /* the last is the host's own */
    uint32_t generation;                                     /* of what is loaded from now on */
    struct script_source sources[SCRIPT_CLASSIFIERS_MAX];
    uint64_t loading_file; /* as script_source.file, of the one that is being loaded */
    struct script_failures failures[SCRIPT_CLASSIFIERS_MAX];
    struct error_trace trace; /* of the error that is being dealt with */
    struct script_counters counters;
    struct log_queue log;
};

/* load.c: loads classifier i of the set, whose name is there, and makes it ready. */
bool load_classifier(struct script_host *host, unsigned classifier, struct faults *faults);
/* The text of a file of a classifier, from where its options say: as source_read(). */
int load_read(const struct script_host *host, const char *classifier, const char *path, char **text,
              size_t *length, struct error *error);
/* admission_hash() of the file of a classifier as it is now; 0: it cannot be read. */
uint64_t load_file_hash(const struct script_host *host, unsigned classifier);
/* Drops it, its tables and all; it is not ready any more. */
void load_drop(struct script_host *host, unsigned classifier);

/* quarantine.c: an error of a classifier at exchange.time_ns. */
void quarantine_note_error(struct script_host *host, unsigned classifier);
/* Drops a classifier, until script_host_tick() gives it a trial. why is for the log. */
void quarantine_start(struct script_host *host, unsigned classifier, const char *why);
/* Of a classifier whose source was mended: it starts with a clean record. */
void quarantine_forgive(struct script_host *host, unsigned classifier);
/* Of a classifier that is about to be loaded: whether an offence keeps it from that. */
bool quarantine_holds(struct script_host *host, unsigned classifier);
/* Sets when script_host_tick() is due. */
void quarantine_plan(struct script_host *host);

/* run.c: puts the error handler and a place for the loop on the stack. */
void run_open(struct script_host *host);
/* Puts a line of the host's own, or several, into the log under a classifier's name. */
void run_say(struct script_host *host, unsigned classifier, int level, const char *text);

#endif
