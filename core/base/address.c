#include "base/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t ip_length(int version) {
    return version == 4 ? 4 : 16;
}

const char *address_format_ip(const uint8_t ip[16], int version, char text[ADDRESS_IP_TEXT]) {
    /* Fails only for an unknown family or a short buffer, neither of which occurs here. */
    return inet_ntop(version == 4 ? AF_INET : AF_INET6, ip, text, ADDRESS_IP_TEXT);
}

const char *address_format_mac(const uint8_t mac[6], char text[ADDRESS_MAC_TEXT]) {
    snprintf(text, ADDRESS_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
             mac[3], mac[4], mac[5]);
    return text;
}

int address_parse_ip(const char *text, uint8_t ip[16]) {
    uint8_t parsed[16] = {0};
    int version = 0;
    if (inet_pton(AF_INET, text, parsed) == 1) {
        version = 4;
    } else if (inet_pton(AF_INET6, text, parsed) == 1) {
        version = 6;
    }
    if (version != 0) {
        memcpy(ip, parsed, sizeof parsed);
    }
    return version;
}

/* Parses a prefix length in plain digits. Returns -1 when it is malformed or too long. */
static int parse_prefix(const char *text, int version) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0') {
        return -1;
    }
    const int prefix = (int)strtol(text, NULL, 10);
    return prefix <= 8 * (int)ip_length(version) ? prefix : -1;
}

/* Clears the host bits of first and sets those of last. */
static void span_block(uint8_t *first, uint8_t *last, int version, int prefix) {
    for (int byte = 0; byte < (int)ip_length(version); byte++) {
        const int network_bits = prefix - 8 * byte;
        const unsigned host = network_bits >= 8   ? 0x00u
                              : network_bits <= 0 ? 0xffu
                                                  : 0xffu >> network_bits;
        first[byte] = (uint8_t)(first[byte] & ~host);
        last[byte] = (uint8_t)(last[byte] | host);
    }
}

int address_parse_range(const char *text, uint8_t first[16], uint8_t last[16]) {
    const size_t length = strcspn(text, "/-");
    char start[ADDRESS_IP_TEXT];
    if (length >= sizeof start) {
        return 0;
    }
    memcpy(start, text, length);
    start[length] = '\0';

    uint8_t low[16], high[16];
    const int version = address_parse_ip(start, low);
    if (version == 0) {
        return 0;
    }
    memcpy(high, low, sizeof high);
    if (text[length] == '/') {
        const int prefix = parse_prefix(text + length + 1, version);
        if (prefix < 0) {
            return 0;
        }
        span_block(low, high, version, prefix);
    } else if (text[length] == '-') {
        if (address_parse_ip(text + length + 1, high) != version || memcmp(low, high, 16) >= 0) {
            return 0;
        }
    }
    memcpy(first, low, sizeof low);
    memcpy(last, high, sizeof high);
    return version;
}

static int hex_value(char digit) {
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

bool address_parse_mac(const char *text, uint8_t mac[6]) {
    /* The length fixes the size of a group of digits, and so the positions of the separators. */
    const size_t length = strlen(text);
    const size_t group = length == 17 ? 2 : length == 14 ? 4 : length == 12 ? 12 : 0;
    if (group == 0 || (group == 2 && text[2] != ':' && text[2] != '-') ||
        (group == 4 && text[4] != '.')) {
        return false;
    }
    uint8_t parsed[6] = {0};
    size_t digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (i % (group + 1) == group) {
            if (text[i] != text[group]) {
                return false;
            }
            continue;
        }
        if (!isxdigit((unsigned char)text[i])) {
            return false;
        }
        parsed[digits / 2] = (uint8_t)(parsed[digits / 2] << 4 | hex_value(text[i]));
        digits++;
    }
    memcpy(mac, parsed, sizeof parsed);
    return true;
}
