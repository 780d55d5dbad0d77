#ifndef DPAE_BYTES_PARSE_H
#define DPAE_BYTES_PARSE_H

/* The result of a parser for helper modules (lua/). Each parser takes (bytes, length), reads
 * nothing beyond them, runs in time proportional to length, and returns pointers into the bytes,
 * valid as long as these. */
enum parse_result {
    PARSE_NONE,    /* the bytes are something else */
    PARSE_PARTIAL, /* the bytes are a possible beginning */
    PARSE_WHOLE
};

#endif
