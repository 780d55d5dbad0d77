#include "capture/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int packet_socket_open(const char *interface, struct error *error) {
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        const int code = errno;
        return error_set(error, -code, "%s: cannot open a packet socket: %s%s", interface,
                         strerror(code),
                         code == EPERM ? "; run as root, or give the program the capability "
                                         "CAP_NET_RAW (setcap cap_net_raw+ep FILE)"
                                       : "");
    }
    const int result = packet_socket_bind(fd, interface, 0, error);
    if (result != 0) {
        close(fd);
        return result;
    }
    return fd;
}

int packet_socket_bind(int fd, const char *interface, uint16_t ethertype, struct error *error) {
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ethertype),
        .sll_ifindex = (int)if_nametoindex(interface),
    };
    if (address.sll_ifindex == 0 && errno == ENODEV) {
        return error_set(error, -ENODEV, "%s: no such interface; `ip link` lists the interfaces",
                         interface);
    }
    if (address.sll_ifindex == 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const int code = errno;
        return error_set(error, -code, "%s: cannot bind a packet socket: %s", interface,
                         strerror(code));
    }
    return 0;
}
