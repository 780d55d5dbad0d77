#ifndef DPAE_SCRIPT_EMBEDDED_H
#define DPAE_SCRIPT_EMBEDDED_H

#include <stddef.h>

/* The Lua half of this folder and the headers it shares with C, as text; embed.cmake generates
 * the definition at build time. */
struct embedded_file {
    const char *name; /* "host.lua" */
    const unsigned char *text;
    size_t length;
};

extern const struct embedded_file embedded_files[]; /* the last one has no name */

#endif
