#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64 /* longer words are never typing errors */

static size_t min(size_t a, size_t b) {
    return a < b ? a : b;
}

static int lower(char letter) {
    return tolower((unsigned char)letter);
}

/* Returns the optimal string alignment distance, from the last three rows of the matrix. Both words
 * have at most WORD_MAX bytes. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *const oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const size_t changed = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = min(min(above[j], row[j - 1]) + 1, above[j - 1] + changed);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = min(row[j], before[j - 2] + 1);
            }
        }
    }
    return row[b_length];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t count) {
    const size_t length = strlen(word);
    const char *nearest = NULL;
    size_t least_distance = WORD_MAX;
    for (size_t i = 0; i < count && length <= WORD_MAX; i++) {
        const size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > WORD_MAX) {
            continue;
        }
        const size_t longer = length > candidate_length ? length : candidate_length;
        const size_t distance = edit_distance(word, length, candidates[i], candidate_length);
        if (distance * 3 <= longer && distance < least_distance) {
            least_distance = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
