#ifndef DPAE_CONFIG_OPTION_H
#define DPAE_CONFIG_OPTION_H

#include "base/error.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* The options as data: what a key of config.yaml is called, which member of struct config it fills,
 * and what it may hold. */
enum option_type {
    OPTION_STRING, /* const char *, owned by the config */
    OPTION_BOOL,
    OPTION_UINT8,
    OPTION_UINT16,
    OPTION_UINT32,
    OPTION_DOUBLE,
    OPTION_LEVEL,       /* uint8_t that holds an enum log_level */
    OPTION_CLASSIFIERS, /* const struct yaml_node *, owned by the document */
    OPTION_SHADOW       /* struct config_shadow, its strings owned by the document */
};

struct option {
    const char *key;
    enum option_type type;
    size_t offset;       /* in struct config */
    const char *initial; /* the default, as the file would have it; NULL: none */
    double min, max;     /* numbers only */
    int (*check)(const char *text, struct error *error); /* strings only; NULL: all but empty */
    bool optional; /* strings only: empty is allowed, too, and means none */
    bool live;     /* can change while the daemon runs; numbers and levels only */
    bool secret;   /* strings only: no message shows the value */
    const char *help;
};

extern const struct option option_table[];
extern const size_t option_count;

const struct option *option_find(const char *key); /* or NULL */

/* The key that an unknown one was likely meant to be, or NULL. */
const char *option_nearest(const char *key);

/* Checks value and stores it in the option's member; a string that was there is freed. Otherwise
 * the member stays, every fault is added (what was found, what is allowed), and the result is
 * -EINVAL or -ENOMEM. source is the file that value is from. */
int option_store(const struct option *option, const struct yaml_node *value, struct config *config,
                 const char *source, struct faults *faults);

#endif
