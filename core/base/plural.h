#ifndef DPAE_BASE_PLURAL_H
#define DPAE_BASE_PLURAL_H

#include <stdint.h>

/* Returns the singular or plural form of a word, or of its ending: plural(n, "", "s"). */
static inline const char *plural(uint64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

#endif
