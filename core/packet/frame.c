#include "packet/frame.h"

bool frame_link_type(uint32_t number, enum link_type *link) {
    switch (number) {
    case 1: /* LINKTYPE_ETHERNET */
        *link = LINK_ETHERNET;
        return true;
    case 12:  /* DLT_RAW, also occurs in files */
    case 14:  /* DLT_RAW on OpenBSD */
    case 101: /* LINKTYPE_RAW */
    case 228: /* LINKTYPE_IPV4 */
    case 229: /* LINKTYPE_IPV6 */
        *link = LINK_RAW_IP;
        return true;
    case 113: /* LINKTYPE_LINUX_SLL */
        *link = LINK_LINUX_SLL;
        return true;
    case 276: /* LINKTYPE_LINUX_SLL2 */
        *link = LINK_LINUX_SLL2;
        return true;
    default:
        return false;
    }
}
