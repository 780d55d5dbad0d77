#ifndef DPAE_SCRIPT_ERROR_TEXT_H
#define DPAE_SCRIPT_ERROR_TEXT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Error messages of classifiers, for their authors (core/script/lua/errors.lua). */
struct script_host;

#define ERROR_PLACES_MAX  8
#define SCRIPT_PLACE_TEXT 80

/* "file:line" of the script lines on the stack when an error was raised, innermost first. */
struct error_trace {
    unsigned count;
    bool more; /* frames were left out */
    char places[ERROR_PLACES_MAX][SCRIPT_PLACE_TEXT];
};

/* One error. Texts are borrowed from the VM's stack. */
struct error_text {
    const char *file;
    unsigned line; /* 0: the error concerns the whole file */
    const char *message;
    const char *source; /* the source line; "": unknown */
    const char *where;  /* the packet, by where_format(); "": unknown */
};

/* Error handler of protected calls: leaves the error unchanged and records the trace. Upvalue:
 * the host, a light userdata. */
int error_text_note(lua_State *L);

/* Describes the error on top of the stack, of a running classifier or of one being loaded. The
 * texts stay valid and the trace and the stack above the error stay in place until
 * error_text_done(). */
void error_text_describe(struct script_host *host, unsigned classifier, bool loading,
                         struct error_text *error);
void error_text_done(struct script_host *host);

/* Formats "file:line: message | source line (where)", then a line for each further place.
 * Control characters and invalid UTF-8 are escaped. */
void error_text_format(const struct script_host *host, const struct error_text *error, char *text,
                       size_t size);

#endif
