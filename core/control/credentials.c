#include "control/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

static int check_readable(const char *path, const char *label, struct error *error) {
    if (credentials_given(path) && access(path, R_OK) != 0) {
        const int code = -errno;
        return error_set(error, code,
                         "%s %s cannot be read: %s; check the path and its permissions", label,
                         path, strerrordesc_np(-code));
    }
    return 0;
}

int credentials_check(const char *ca_file, const char *client_cert, const char *client_key,
                      struct error *error) {
    if (credentials_given(client_key) && !credentials_given(client_cert)) {
        return error_set(error, -EINVAL,
                         "client key %s requires its certificate; set both or neither", client_key);
    }
    int result = check_readable(ca_file, "CA file", error);
    if (result == 0) {
        result = check_readable(client_cert, "client certificate", error);
    }
    if (result == 0) {
        result = check_readable(client_key, "client key", error);
    }
    return result;
}

int credentials_read_token(const char *path, char token[CREDENTIALS_TOKEN], struct error *error) {
    FILE *const file = fopen(path, "re");
    if (!file) {
        const int code = -errno;
        return error_set(error, code,
                         "token file %s cannot be opened: %s; check the path and its permissions",
                         path, strerrordesc_np(-code));
    }
    setbuf(file, NULL); /* leaves no copy of the token in a buffer */
    const bool got = fgets(token, CREDENTIALS_TOKEN, file) != NULL;
    (void)fclose(file); /* opened for reading only */
    const size_t read = got ? strlen(token) : 0;
    const size_t length = got ? strcspn(token, "\r\n") : 0;
    const bool whole = read + 1 < CREDENTIALS_TOKEN;
    if (got) {
        token[length] = '\0';
    }
    if (length == 0 || !whole || token[strspn(token, TOKEN_CHARACTERS)] != '\0') {
        explicit_bzero(token, CREDENTIALS_TOKEN);
        return error_set(error, -EINVAL,
                         "the first line of token file %s is not a bearer token; expected up to %d "
                         "letters, digits and -._~+/=, without blanks",
                         path, CREDENTIALS_TOKEN - 3);
    }
    return 0;
}
