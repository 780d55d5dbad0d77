#include "base/address.h"
#include "base/escape.h"
#include "bytes/cursor.h"
#include "identity/harvest.h"

#include <string.h>

/* IEEE 802.1AB-2016, clause 8 */
enum lldp_tlv_type {
    LLDP_END = 0,
    LLDP_CHASSIS_ID = 1,
    LLDP_PORT_ID = 2,
    LLDP_TTL = 3,
    LLDP_PORT_DESCRIPTION = 4,
    LLDP_SYSTEM_NAME = 5,
    LLDP_MANAGEMENT_ADDRESS = 8
};
enum { LLDP_STRING_MAX = 255 };
enum { LLDP_PORT_MAC = 3, LLDP_PORT_NETWORK_ADDRESS = 4 };

/* IANA address family numbers */
enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2, FAMILY_802 = 6 };

struct lldp_tlv {
    unsigned type;
    size_t length;
    const uint8_t *value;
};

static bool take_tlv(struct cursor *cursor, struct lldp_tlv *tlv) {
    const uint8_t *head;
    if (!cursor_take(cursor, 2, &head)) {
        return false;
    }
    tlv->type = head[0] >> 1;
    tlv->length = read_be16(head) & 0x1ff;
    return cursor_take(cursor, tlv->length, &tlv->value);
}

static void put_mac(char *text, size_t size, const uint8_t mac[6]) {
    char mac_text[ADDRESS_MAC_TEXT];
    address_format_mac(mac, mac_text);
    escape_ascii_append(text, size, (const uint8_t *)mac_text, strlen(mac_text));
}

static void put_ip(char *text, size_t size, const uint8_t *address, size_t length) {
    uint8_t ip[16] = {0};
    char ip_text[ADDRESS_IP_TEXT];
    memcpy(ip, address, length);
    address_format_ip(ip, length == 4 ? 4 : 6, ip_text);
    escape_ascii_append(text, size, (const uint8_t *)ip_text, strlen(ip_text));
}

/* Appends an address that follows its family number. */
static void put_address(char *text, size_t size, const uint8_t *value, size_t length) {
    const uint8_t family = value[0];
    const uint8_t *address = value + 1;
    length--;
    if ((family == FAMILY_IPV4 && length == 4) || (family == FAMILY_IPV6 && length == 16)) {
        put_ip(text, size, address, length);
    } else if (family == FAMILY_802 && length == 6) {
        put_mac(text, size, address);
    } else {
        escape_ascii_append(text, size, address, length);
    }
}

static bool is_id(const struct lldp_tlv *tlv) {
    return tlv->length >= 2 && tlv->length <= 1 + LLDP_STRING_MAX;
}

static void read_port_id(struct identity_lldp *lldp, const struct lldp_tlv *tlv) {
    const uint8_t subtype = tlv->value[0];
    const uint8_t *id = tlv->value + 1;
    const size_t length = tlv->length - 1;
    if (subtype == LLDP_PORT_MAC && length == 6) {
        put_mac(lldp->port_id, sizeof lldp->port_id, id);
    } else if (subtype == LLDP_PORT_NETWORK_ADDRESS) {
        put_address(lldp->port_id, sizeof lldp->port_id, id, length);
    } else {
        escape_ascii_append(lldp->port_id, sizeof lldp->port_id, id, length);
    }
}

/* Reads the three TLVs at the start of every LLDPDU. */
static bool read_mandatory(struct cursor *cursor, struct identity_lldp *lldp, uint16_t *ttl) {
    struct lldp_tlv chassis, port, time;
    if (!take_tlv(cursor, &chassis) || chassis.type != LLDP_CHASSIS_ID || !is_id(&chassis) ||
        !take_tlv(cursor, &port) || port.type != LLDP_PORT_ID || !is_id(&port) ||
        !take_tlv(cursor, &time) || time.type != LLDP_TTL || time.length < 2) {
        return false;
    }
    read_port_id(lldp, &port);
    *ttl = read_be16(time.value);
    return true;
}

static bool read_string(char text[IDENTITY_TEXT], const struct lldp_tlv *tlv) {
    if (tlv->length > LLDP_STRING_MAX) {
        return false;
    }
    if (text[0] == '\0') {
        escape_ascii_append(text, IDENTITY_TEXT, tlv->value, tlv->length);
    }
    return true;
}

/* The TLV contains: length of family and address, both of these, interface numbering (1 + 4),
 * length of an OID, the OID. */
static bool read_management_address(struct identity_lldp *lldp, const struct lldp_tlv *tlv) {
    struct cursor cursor = {tlv->value, tlv->value + tlv->length};
    const uint8_t *length, *address, *interface, *oid;
    if (!cursor_take(&cursor, 1, &length) || length[0] < 2 || length[0] > 32 ||
        !cursor_take(&cursor, length[0], &address) || !cursor_take(&cursor, 6, &interface) ||
        !cursor_take(&cursor, interface[5], &oid)) {
        return false;
    }
    if (lldp->management_address[0] == '\0') {
        put_address(lldp->management_address, sizeof lldp->management_address, address, length[0]);
    }
    return true;
}

static bool read_optional(struct identity_lldp *lldp, const struct lldp_tlv *tlv) {
    switch (tlv->type) {
    case LLDP_CHASSIS_ID:
    case LLDP_PORT_ID:
    case LLDP_TTL:
        return false;
    case LLDP_PORT_DESCRIPTION:
        return read_string(lldp->port_description, tlv);
    case LLDP_SYSTEM_NAME:
        return read_string(lldp->system_name, tlv);
    case LLDP_MANAGEMENT_ADDRESS:
        return read_management_address(lldp, tlv);
    default:
        return true;
    }
}

void harvest_lldp(struct harvest *harvest) {
    const struct packet *packet = harvest->packet;
    struct cursor cursor = {packet->network, packet->network + packet->network_captured};
    struct identity_lldp *lldp = &harvest->identity.lldp;
    uint16_t ttl = 0;
    if (!read_mandatory(&cursor, lldp, &ttl)) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_LLDP);
        return;
    }
    bool whole = true;
    /* The end TLV is optional: the frame may simply end. */
    while (whole && cursor_left(&cursor) > 0) {
        struct lldp_tlv tlv;
        whole = take_tlv(&cursor, &tlv);
        if (whole && tlv.type == LLDP_END) {
            whole = tlv.length == 0;
            break;
        }
        whole = whole && read_optional(lldp, &tlv);
    }
    if (!whole) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_LLDP);
    }
    if (ttl > 0 && (whole || lldp->system_name[0] != '\0')) {
        harvest_report(harvest);
    }
}
