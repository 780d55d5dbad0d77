#ifndef DPAE_BASE_ERROR_H
#define DPAE_BASE_ERROR_H

/* The error convention of set-up code: a function returns 0 or a negative errno value, and on
 * failure fills the caller's struct error with the fault, its place (file:line or key) and the
 * remedy. The packet path uses result enums and counters instead. */
struct error {
    int code;
    char message[256];
};

/* Fills *error with the formatted text, truncated to fit. Returns code (a negative errno), so that
 * `return error_set(error, -EINVAL, ...)` fits on one line. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prepends formatted text to the message, as in "policy.yaml: " + message. Returns error->code. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
