#include "config/text_check.h"

#include "config/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Returns the text after prefix, or text itself without the prefix. */
static const char *skip_prefix(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : text;
}

int text_check_address(const char *text, struct error *error) {
    const char *host = skip_prefix(text, "http://");
    if (host == text) {
        host = skip_prefix(text, "https://");
    }
    size_t length = strspn(host, LETTERS DIGITS ".-_");
    if (host[0] == '[') {
        const size_t inner = strspn(host + 1, "abcdefABCDEF:." DIGITS);
        length = inner > 0 && host[1 + inner] == ']' ? inner + 2 : 0;
    }
    if (length == 0 || host[length] != '\0') {
        return error_set(
            error, -EINVAL,
            "expected a host name or address, with or without http:// or https:// (IPv6 in "
            "brackets; the port is nmeta_controller_port, the path nmeta_api_path)");
    }
    return 0;
}

int text_check_api_path(const char *text, struct error *error) {
    if (text[0] == '\0' || text[0] == '/' ||
        text[strspn(text, LETTERS DIGITS "-._~!$&'()*+,;=:@%/")] != '\0') {
        return error_set(error, -EINVAL,
                         "expected the path of a URL without a leading slash, as in nmeta/v2/aux/");
    }
    return 0;
}

/* Returns true when length bytes at name form a valid Linux interface name. */
static bool is_interface(const char *name, size_t length) {
    return length > 0 && length < IFNAMSIZ && strcspn(name, "/: \t\r\n\v\f") >= length &&
           strncmp(name, ".", length) != 0 && strncmp(name, "..", length) != 0;
}

static bool is_among(const char *name, size_t length, const char *list, const char *end) {
    while (list < end) {
        const size_t other = strcspn(list, ",");
        if (other == length && memcmp(list, name, length) == 0) {
            return true;
        }
        list += other + 1;
    }
    return false;
}

int text_check_interfaces(const char *text, struct error *error) {
    int count = 0;
    const char *name = text;
    for (;;) {
        const size_t length = strcspn(name, ",");
        if (!is_interface(name, length) || ++count > CONFIG_INTERFACES_MAX) {
            return error_set(
                error, -EINVAL,
                "expected 1 to %d interface names, separated by commas without blanks, as in "
                "eth1,eth2 (a name has at most %d bytes, no slash, no colon)",
                CONFIG_INTERFACES_MAX, IFNAMSIZ - 1);
        }
        if (is_among(name, length, text, name)) {
            return error_set(error, -EINVAL, "%.*s occurs twice; remove one", (int)length, name);
        }
        if (name[length] == '\0') {
            return 0;
        }
        name += length + 1;
    }
}

int text_check_classifier(const char *text, struct error *error) {
    if (text[0] == '\0' || text[strspn(text, LETTERS DIGITS "_")] != '\0') {
        return error_set(error, -EINVAL, "expected letters, digits and _, as in payload_uri_1");
    }
    return 0;
}

int text_check_syslog_protocol(const char *text, struct error *error) {
    if (strcmp(text, "rfc5424") != 0 && strcmp(text, "rfc3164") != 0) {
        return error_set(error, -EINVAL, "expected rfc5424 or rfc3164");
    }
    return 0;
}

int text_check_file(const char *text, struct error *error) {
    if (text[0] != '/') {
        return error_set(error, -EINVAL,
                         "expected an absolute path of a file, or \"\" for no file");
    }
    return 0;
}

int text_check_ip(const char *text, struct error *error) {
    struct in6_addr address;
    if (inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1) {
        return error_set(error, -EINVAL,
                         "expected a numeric address of this machine, as in 127.0.0.1 or "
                         "::1, or 0.0.0.0 or :: for all its interfaces");
    }
    return 0;
}

int text_check_folder(const char *text, struct error *error) {
    if (text[0] != '/') {
        return error_set(error, -EINVAL, "expected an absolute path of a folder");
    }
    return 0;
}

int text_check_flow_advice(const char *text, struct error *error) {
    if (strcmp(text, "ipv4-tcp") != 0 && strcmp(text, "all") != 0) {
        return error_set(error, -EINVAL, "expected ipv4-tcp or all");
    }
    return 0;
}

int text_check_mongo_uri(const char *text, struct error *error) {
    const char *rest = skip_prefix(text, "mongodb://");
    if (rest == text) {
        rest = skip_prefix(text, "mongodb+srv://");
    }
    if (rest == text || rest[0] == '\0') {
        return error_set(error, -EINVAL, "expected mongodb://... or mongodb+srv://...");
    }
    return 0;
}

int text_check_mongo_name(const char *text, struct error *error) {
    if (text[strspn(text, LETTERS DIGITS "_-")] != '\0' || strlen(text) > 63) {
        return error_set(error, -EINVAL, "expected at most 63 letters, digits, _ and -");
    }
    return 0;
}

int text_check_dpae_id(const char *text, struct error *error) {
    if (text[strspn(text, LETTERS DIGITS "_-.:@+,")] != '\0' || strlen(text) > 200) {
        return error_set(error, -EINVAL,
                         "expected at most 200 letters, digits and characters of _-.:@+,");
    }
    return 0;
}
