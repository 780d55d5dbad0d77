#ifndef DPAE_CLI_TEMPLATES_H
#define DPAE_CLI_TEMPLATES_H

#include <stddef.h>

/* The files of core/cli/templates as text; embed.cmake generates the definition at build time. */
struct template_file {
    const char *name; /* "payload.lua" */
    const unsigned char *text;
    size_t length;
};

extern const struct template_file template_files[]; /* the last one has no name */

#endif
