#ifndef DPAE_PACKET_FRAME_H
#define DPAE_PACKET_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum link_type { LINK_ETHERNET, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_RAW_IP };

/* One captured frame. The capture owns the bytes, which are valid until its next batch. */
struct frame {
    const uint8_t *data;
    uint64_t time_ns;  /* since the epoch, packet time */
    uint32_t captured; /* bytes at data */
    uint32_t length;   /* bytes on the wire including the link header, without FCS; >= captured */
    enum link_type link;
};

/* Finds the link type of a number in a capture file's header (LINKTYPE_ of the tcpdump group) or of
 * libpcap (DLT_). Returns false when the decoder does not support it. */
bool frame_link_type(uint32_t number, enum link_type *link);

#endif
