#include "bytes/cursor.h"
#include "identity/harvest.h"

#include <string.h>

/* RFC 826 */
enum { ARP_HARDWARE_ETHERNET = 1, ARP_PROTOCOL_IPV4 = 0x0800, ARP_REQUEST = 1, ARP_REPLY = 2 };

void harvest_arp(struct harvest *harvest) {
    const struct packet *packet = harvest->packet;
    struct cursor cursor = {packet->network, packet->network + packet->network_captured};
    const uint8_t *header;
    if (!cursor_take(&cursor, 8, &header)) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_ARP);
        return;
    }
    const uint16_t operation = read_be16(header + 6);
    if (read_be16(header) != ARP_HARDWARE_ETHERNET || read_be16(header + 2) != ARP_PROTOCOL_IPV4 ||
        header[4] != 6 || header[5] != 4 || (operation != ARP_REQUEST && operation != ARP_REPLY)) {
        return;
    }
    const uint8_t *addresses;
    if (!cursor_take(&cursor, 20, &addresses)) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_ARP);
        return;
    }
    struct identity_arp *arp = &harvest->identity.arp;
    arp->operation = operation;
    memcpy(arp->sender_mac, addresses, 6);
    memcpy(arp->sender_ip, addresses + 6, 4);
    memcpy(arp->target_mac, addresses + 10, 6);
    memcpy(arp->target_ip, addresses + 16, 4);
    harvest_report(harvest);
}
