#ifndef DPAE_SCRIPT_HOST_STATE_H
#define DPAE_SCRIPT_HOST_STATE_H

#include "script/host.h"
#include "script/log_queue.h"

#include <lua.h>

/* The inside of the script host, for host.c and run.c. */
#define SCRIPT_ERROR_TEXT    2048
#define SCRIPT_ERROR_CLASSES 16
#define SCRIPT_PLACE_TEXT    80

/* What is known of one classifier's failures. */
struct script_failures {
    uint32_t in_a_row;
    unsigned class_count;
    uint64_t classes[SCRIPT_ERROR_CLASSES]; /* hashes of the places that were told */
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
    struct script_exchange exchange;
    char *classifiers_directory, *lua_directory;
    const struct yaml_node *settings; /* borrowed */
    uint32_t errors_max;
    struct script_profile *profile; /* by classifier; NULL: off */
    uint32_t ready;
    unsigned count;
    char names[SCRIPT_CLASSIFIERS_MAX][SCRIPT_NAME_MAX];
    struct script_failures failures[SCRIPT_CLASSIFIERS_MAX];
    struct script_counters counters;
    struct log_queue log;
};

/* run.c: the error handler that adds a traceback; puts it and a place for the loop on the stack. */
void script_run_open(struct script_host *host);

#endif
