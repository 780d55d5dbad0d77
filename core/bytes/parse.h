#ifndef DPAE_BYTES_PARSE_H
#define DPAE_BYTES_PARSE_H

/* What a parser for helper modules (lua/) makes of the bytes it is given. Every such parser takes
 * (bytes, length), reads nothing beyond, takes time in proportion to the length, and leaves
 * pointers into the bytes: they are valid as long as these. */
enum parse_result {
    PARSE_NONE,    /* it is something else */
    PARSE_PARTIAL, /* it may be this, and goes on after the last byte */
    PARSE_WHOLE
};

#endif
