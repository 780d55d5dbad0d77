#ifndef DPAE_SCRIPT_ERROR_TEXT_H
#define DPAE_SCRIPT_ERROR_TEXT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a classifier, for its author (core/script/lua/errors.lua). */
struct script_host;

#define ERROR_PLACES_MAX  8
#define SCRIPT_PLACE_TEXT 80

/* "file:line" of the lines of scripts that an error came through, the innermost first. */
struct error_trace {
    unsigned count;
    bool more; /* than fit */
    char places[ERROR_PLACES_MAX][SCRIPT_PLACE_TEXT];
};

/* One error. Texts are borrowed from the VM's stack. */
struct error_text {
    const char *file;
    unsigned line; /* 0: the file as a whole */
    const char *message;
    const char *source; /* the line, "": not known */
    const char *where;  /* on which packet: where_format(); "": not known */
};

/* The error handler of a protected call: leaves the error as it is and notes where it came through.
 * Upvalue: the host, a light userdata. */
int error_text_note(lua_State *L);

/* Describes the error on top of the stack: of a classifier that runs, or that is being loaded. The
 * trace of the error handler stays until error_text_done(), and so do the texts and what is above
 * the error on the stack. */
void error_text_describe(struct script_host *host, unsigned classifier, bool loading,
                         struct error_text *error);
void error_text_done(struct script_host *host);

/* "file:line: message | source line (where)", then a line for each further place. Control
 * characters and bytes that are not UTF-8 are escaped. */
void error_text_format(const struct script_host *host, const struct error_text *error, char *text,
                       size_t size);

#endif
