#include "base/escape.h"
#include "bytes/cursor.h"
#include "identity/harvest.h"

#include <string.h>

/* RFC 2131 section 2: offsets in the message. */
enum {
    DHCP_YIADDR = 16,
    DHCP_CHADDR = 28,
    DHCP_SNAME = 44,
    DHCP_SNAME_SIZE = 64,
    DHCP_FILE = 108,
    DHCP_FILE_SIZE = 128,
    DHCP_COOKIE = 236,
    DHCP_OPTIONS = 240
};
#define DHCP_MAGIC 0x63825363u

/* RFC 2132 */
enum dhcp_option {
    DHCP_PAD = 0,
    DHCP_HOST_NAME = 12,
    DHCP_REQUESTED_IP = 50,
    DHCP_LEASE = 51,
    DHCP_OVERLOAD = 52,
    DHCP_MESSAGE_TYPE = 53,
    DHCP_SERVER_ID = 54,
    DHCP_VENDOR_CLASS = 60,
    DHCP_END = 255
};
enum { DHCP_OVERLOAD_FILE = 1, DHCP_OVERLOAD_SNAME = 2 };

/* A repeated option continues the previous one (RFC 3396). */
static void append_text(char text[IDENTITY_TEXT], const uint8_t *value, size_t length) {
    while (length > 0 && value[length - 1] == '\0') {
        length--;
    }
    escape_ascii_append(text, IDENTITY_TEXT, value, length);
}

/* Copies a value of fixed size. Returns false when the length differs. */
static bool copy_exact(uint8_t *to, size_t size, const uint8_t *value, size_t length) {
    if (length != size) {
        return false;
    }
    memcpy(to, value, size);
    return true;
}

static bool read_option(struct identity_dhcp *dhcp, uint8_t *overload, uint8_t code,
                        const uint8_t *value, size_t length) {
    switch (code) {
    case DHCP_HOST_NAME:
        append_text(dhcp->host_name, value, length);
        return true;
    case DHCP_VENDOR_CLASS:
        append_text(dhcp->vendor_class, value, length);
        return true;
    case DHCP_REQUESTED_IP:
        return copy_exact(dhcp->requested_ip, sizeof dhcp->requested_ip, value, length);
    case DHCP_SERVER_ID:
        return copy_exact(dhcp->server_ip, sizeof dhcp->server_ip, value, length);
    case DHCP_MESSAGE_TYPE:
        return copy_exact(&dhcp->message_type, 1, value, length);
    case DHCP_OVERLOAD:
        return copy_exact(overload, 1, value, length) && *overload >= DHCP_OVERLOAD_FILE &&
               *overload <= (DHCP_OVERLOAD_FILE | DHCP_OVERLOAD_SNAME);
    case DHCP_LEASE:
        if (length != 4) {
            return false;
        }
        dhcp->lease_s = read_be32(value);
        return true;
    default:
        return true;
    }
}

/* Reads the options of one field. Returns false when they are malformed. */
static bool read_options(struct cursor cursor, struct identity_dhcp *dhcp, uint8_t *overload) {
    while (cursor_left(&cursor) > 0) {
        const uint8_t *code, *length, *value;
        if (!cursor_take(&cursor, 1, &code) || *code == DHCP_END) {
            break;
        }
        if (*code == DHCP_PAD) {
            continue;
        }
        if (!cursor_take(&cursor, 1, &length) || !cursor_take(&cursor, *length, &value) ||
            !read_option(dhcp, overload, *code, value, *length)) {
            return false;
        }
    }
    return true;
}

static struct cursor field(const uint8_t *message, size_t offset, size_t size) {
    return (struct cursor){message + offset, message + offset + size};
}

/* Reads the options, then the fields that they overload, in this order (RFC 3396 section 5). */
static bool read_all_options(struct cursor options, const uint8_t *message,
                             struct identity_dhcp *dhcp) {
    uint8_t overload = 0, ignored;
    if (!read_options(options, dhcp, &overload)) {
        return false;
    }
    if (overload & DHCP_OVERLOAD_FILE &&
        !read_options(field(message, DHCP_FILE, DHCP_FILE_SIZE), dhcp, &ignored)) {
        return false;
    }
    return !(overload & DHCP_OVERLOAD_SNAME) ||
           read_options(field(message, DHCP_SNAME, DHCP_SNAME_SIZE), dhcp, &ignored);
}

void harvest_dhcp(struct harvest *harvest) {
    const struct packet *packet = harvest->packet;
    struct cursor cursor = {packet->payload, packet->payload + packet->payload_captured};
    const uint8_t *message;
    if (!cursor_take(&cursor, DHCP_OPTIONS, &message) || message[0] < 1 || message[0] > 2) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_DHCP);
        return;
    }
    const bool ethernet = message[1] == 1 && message[2] == 6;
    if (read_be32(message + DHCP_COOKIE) != DHCP_MAGIC || !ethernet) {
        return;
    }
    struct identity_dhcp *dhcp = &harvest->identity.dhcp;
    memcpy(dhcp->client_mac, message + DHCP_CHADDR, 6);
    memcpy(dhcp->assigned_ip, message + DHCP_YIADDR, 4);
    const bool whole = read_all_options(cursor, message, dhcp) &&
                       packet->payload_captured >= packet->payload_length;
    if (!whole) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_DHCP);
    }
    if (whole || dhcp->message_type != 0) {
        harvest_report(harvest);
    }
}
