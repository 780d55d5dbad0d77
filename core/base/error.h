#ifndef DPAE_BASE_ERROR_H
#define DPAE_BASE_ERROR_H

/* The one error idiom of set-up code: a function returns 0 or a negative errno value and has filled
 * the caller's struct error with what went wrong, where (file:line, key) and what to do about it.
 * The packet path does not use it: there a result enum and a counter are enough. */
struct error {
    int code;
    char message[256];
};

/* Fills *error with the formatted text, cut at its size. Returns code (negative errno), so that
 * `return error_set(error, -EINVAL, ...)` is one line. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts formatted text in front of the message that is there, as in "policy.yaml: " + message.
 * Returns error->code. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
