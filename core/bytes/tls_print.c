#include "base/export.h"
#include "bytes/cursor.h"
#include "bytes/tls.h"

#include <stdlib.h>

#define NUMBERS_MAX (TLS_HELLO_MAX / 2)

enum { EXTENSION_SERVER_NAME = 0, EXTENSION_ALPN = 16 };

struct text {
    char *at;
    size_t left;
};

static void append_char(struct text *text, char one) {
    if (text->left > 0) {
        *text->at++ = one;
        text->left--;
    }
}

static void append(struct text *text, const char *string) {
    while (*string) {
        append_char(text, *string++);
    }
}

static void append_decimal(struct text *text, unsigned number) {
    if (number >= 10) {
        append_decimal(text, number / 10);
    }
    append_char(text, (char)('0' + number % 10));
}

static void append_hex(struct text *text, unsigned number, int digits) {
    while (digits-- > 0) {
        append_char(text, "0123456789abcdef"[number >> 4 * digits & 15]);
    }
}

struct numbers {
    uint32_t count;
    uint16_t value[NUMBERS_MAX];
};

static void add_number(struct numbers *numbers, uint16_t value) {
    if (numbers->count < NUMBERS_MAX && !tls_is_grease(value)) {
        numbers->value[numbers->count++] = value;
    }
}

static void read_numbers(const struct tls_list *list, struct numbers *numbers) {
    numbers->count = 0;
    for (uint32_t i = 0; i + 1 < list->length; i += 2) {
        add_number(numbers, read_be16(list->bytes + i));
    }
}

static void read_extension_types(const struct tls_hello *hello, struct numbers *numbers) {
    const struct tls_list *list = &hello->extensions;
    const uint8_t *head, *data;
    numbers->count = 0;
    if (list->length == 0) {
        return;
    }
    struct cursor cursor = {list->bytes, list->bytes + list->length};
    while (cursor_take(&cursor, 4, &head) && cursor_take(&cursor, read_be16(head + 2), &data)) {
        add_number(numbers, read_be16(head));
    }
}

/* JA3: 4865-4866. */
static void append_decimals(struct text *text, const struct numbers *numbers) {
    for (uint32_t i = 0; i < numbers->count; i++) {
        append(text, i > 0 ? "-" : "");
        append_decimal(text, numbers->value[i]);
    }
}

/* JA4: 1301,1302. */
static void append_hexes(struct text *text, const struct numbers *numbers) {
    for (uint32_t i = 0; i < numbers->count; i++) {
        append(text, i > 0 ? "," : "");
        append_hex(text, numbers->value[i], 4);
    }
}

DPAE_EXPORT uint32_t dpae_tls_next_version(const struct tls_hello *hello, uint32_t *at) {
    while (*at + 2 <= hello->versions.length) {
        const uint16_t version = read_be16(hello->versions.bytes + *at);
        *at += 2;
        if (!tls_is_grease(version)) {
            return version;
        }
    }
    return 0;
}

DPAE_EXPORT uint32_t dpae_tls_ja3(const struct tls_hello *hello, char *start) {
    struct text text = {start, TLS_TEXT_MAX};
    struct numbers numbers;
    append_decimal(&text, hello->version);
    append(&text, ",");
    read_numbers(&hello->ciphers, &numbers);
    append_decimals(&text, &numbers);
    append(&text, ",");
    read_extension_types(hello, &numbers);
    append_decimals(&text, &numbers);
    append(&text, ",");
    read_numbers(&hello->groups, &numbers);
    append_decimals(&text, &numbers);
    append(&text, ",");
    for (uint32_t i = 0; i < hello->point_formats.length; i++) {
        append(&text, i > 0 ? "-" : "");
        append_decimal(&text, hello->point_formats.bytes[i]);
    }
    return (uint32_t)(text.at - start);
}

static const char *version_name(const struct tls_hello *hello) {
    uint32_t at = 0, highest = 0;
    for (uint32_t version; (version = dpae_tls_next_version(hello, &at)) != 0;) {
        highest = version > highest ? version : highest;
    }
    switch (highest ? highest : hello->version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* Writes the first and last character of the first protocol, or of its hexadecimal form when either
 * is not alphanumeric. */
static void append_protocol(struct text *text, const struct tls_hello *hello) {
    uint32_t at = 0;
    struct tls_list name;
    if (!dpae_tls_next_protocol(hello, &at, &name) || name.length == 0) {
        append(text, "00");
        return;
    }
    const uint8_t first = name.bytes[0], last = name.bytes[name.length - 1];
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        append_char(text, (char)first);
        append_char(text, (char)last);
    } else {
        append_hex(text, first >> 4, 1);
        append_hex(text, last & 15, 1);
    }
}

static int compare(const void *a, const void *b) {
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void sort(struct numbers *numbers) {
    qsort(numbers->value, numbers->count, sizeof numbers->value[0], compare);
}

/* The server name and ALPN are already in the first part. */
static void remove_named(struct numbers *numbers) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < numbers->count; i++) {
        const uint16_t type = numbers->value[i];
        if (type != EXTENSION_SERVER_NAME && type != EXTENSION_ALPN) {
            numbers->value[kept++] = type;
        }
    }
    numbers->count = kept;
}

static void append_two_digits(struct text *text, uint32_t count) {
    const uint32_t shown = count < 99 ? count : 99;
    append_decimal(text, shown / 10);
    append_decimal(text, shown % 10);
}

DPAE_EXPORT uint32_t dpae_tls_ja4(const struct tls_hello *hello, char *start) {
    struct text text = {start, TLS_TEXT_MAX};
    struct numbers ciphers, extensions, signatures;
    read_numbers(&hello->ciphers, &ciphers);
    read_extension_types(hello, &extensions);
    read_numbers(&hello->signatures, &signatures);
    append(&text, "t");
    append(&text, version_name(hello));
    append(&text, hello->has_server_name ? "d" : "i");
    append_two_digits(&text, ciphers.count);
    append_two_digits(&text, extensions.count);
    append_protocol(&text, hello);
    sort(&ciphers);
    remove_named(&extensions);
    sort(&extensions);
    append(&text, "_");
    append_hexes(&text, &ciphers);
    append(&text, "_");
    append_hexes(&text, &extensions);
    if (signatures.count > 0) {
        append(&text, "_");
        append_hexes(&text, &signatures);
    }
    return (uint32_t)(text.at - start);
}
