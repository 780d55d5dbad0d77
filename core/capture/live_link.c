#include "capture/live_link.h"

#include "capture/live.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An answer has about 1500 bytes; netlink(7) recommends buffers of this size. */
enum { REPLY_MAX = 8192 };

struct request {
    struct nlmsghdr header;
    struct ifinfomsg about;
    struct rtattr name;
    char interface[IFNAMSIZ];
};

static int no_such_interface(const char *interface, struct error *error) {
    return error_set(error, -ENODEV, "%s: no such interface; `ip link` lists the interfaces",
                     interface);
}

int live_link_open(struct error *error) {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return error_set(error, -errno, "cannot open a netlink socket: %s", strerror(errno));
    }
    return fd;
}

static int send_query(int fd, const char *interface, struct error *error) {
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = NLM_F_REQUEST},
        .about = {.ifi_family = AF_UNSPEC},
        .name = {.rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = IFLA_IFNAME},
    };
    const size_t length = strlen(interface);
    if (length == 0 || length >= IFNAMSIZ) {
        return no_such_interface(interface, error);
    }
    memcpy(request.interface, interface, length);
    if (send(fd, &request, sizeof request, 0) != sizeof request) {
        return error_set(error, -errno, "%s: cannot query the kernel: %s", interface,
                         strerror(errno));
    }
    return 0;
}

static void read_attribute(const struct rtattr *attribute, struct live_link *link) {
    const size_t size = RTA_PAYLOAD(attribute);
    struct rtnl_link_stats64 stats;
    if (attribute->rta_type == IFLA_PROMISCUITY && size >= sizeof link->promiscuity) {
        memcpy(&link->promiscuity, RTA_DATA(attribute), sizeof link->promiscuity);
    } else if (attribute->rta_type == IFLA_STATS64 && size >= sizeof stats.rx_packets) {
        memset(&stats, 0, sizeof stats);
        memcpy(&stats, RTA_DATA(attribute), size < sizeof stats ? size : sizeof stats);
        link->interface_drops = stats.rx_missed_errors + stats.rx_fifo_errors;
    }
}

static void read_reply(const struct nlmsghdr *header, struct live_link *link) {
    const struct ifinfomsg *about = NLMSG_DATA(header);
    size_t left = IFLA_PAYLOAD(header);
    link->up = (about->ifi_flags & IFF_UP) != 0;
    for (const struct rtattr *attribute = IFLA_RTA(about); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        read_attribute(attribute, link);
    }
}

int live_link_query(int fd, const char *interface, struct live_link *link, struct error *error) {
    union {
        struct nlmsghdr header;
        char bytes[REPLY_MAX];
    } reply;
    ssize_t got;
    int result = send_query(fd, interface, error);
    *link = (struct live_link){0};
    if (result != 0) {
        return result;
    }
    do {
        got = recv(fd, &reply, sizeof reply, 0);
    } while (got < 0 && errno == EINTR);
    const int code = errno;
    if (got < 0 || !NLMSG_OK(&reply.header, (size_t)got)) {
        return error_set(error, got < 0 ? -code : -EIO, "%s: no valid answer from the kernel: %s",
                         interface, strerror(got < 0 ? code : EIO));
    }
    if (reply.header.nlmsg_type != RTM_NEWLINK ||
        reply.header.nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) {
        return no_such_interface(interface, error);
    }
    read_reply(&reply.header, link);
    return 0;
}

int live_promiscuity(const char *interface, unsigned *users, struct error *error) {
    struct live_link link;
    *users = 0;
    const int fd = live_link_open(error);
    if (fd < 0) {
        return fd;
    }
    const int result = live_link_query(fd, interface, &link, error);
    close(fd);
    *users = link.promiscuity;
    return result;
}
