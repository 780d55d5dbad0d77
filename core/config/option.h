#ifndef DPAE_CONFIG_OPTION_H
#define DPAE_CONFIG_OPTION_H

#include "base/error.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* The options as data: the key in config.yaml, the member of struct config it fills, and its
 * allowed values. */
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
    const char *initial; /* the default in the file's notation; NULL: unset */
    double min, max;     /* numbers only */
    int (*check)(const char *text,
                 struct error *error); /* strings only; NULL: anything but empty */
    bool optional;                     /* strings only: may be empty, which means unset */
    bool live;   /* can change while the daemon runs; numbers and levels only */
    bool secret; /* strings only: messages never show the value */
    const char *help;
};

extern const struct option option_table[];
extern const size_t option_count;

const struct option *option_find(const char *key); /* NULL when unknown */

/* Returns the key that an unknown one was probably meant to be, or NULL. */
const char *option_nearest(const char *key);

/* Checks value and stores it in the option's member, freeing the previous string. On failure leaves
 * the member unchanged, adds every fault (the value found and the values expected), and returns
 * -EINVAL or -ENOMEM. source is the file that contains value. */
int option_store(const struct option *option, const struct yaml_node *value, struct config *config,
                 const char *source, struct faults *faults);

#endif
