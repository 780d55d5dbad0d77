#include "veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, NOBODY = 65534, BATCH = 64 };

void veth_enter_namespace(const char *program) {
    if (unshare(CLONE_NEWNET) != 0) {
        (void)fprintf(stderr,
                      "\n*** SKIPPED: %s needs root to make network namespaces (%s): LIVE CAPTURE "
                      "IS NOT TESTED ***\n\n",
                      program, strerror(errno));
        exit(SKIPPED);
    }
    /* IPv6 would announce itself on the links. */
    const int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1", 1);
        close(fd);
    }
}

void veth_command(const char *command) {
    if (system(command) != 0) {
        fail_msg("%s", command);
    }
}

int veth_create(void **state) {
    (void)state;
    veth_command("ip link add near arp off type veth peer name far && ip link set far arp off && "
                 "ip link set near up && ip link set far up");
    return 0;
}

int veth_delete(void **state) {
    (void)state;
    return system("ip link del far") == 0 ? 0 : -1;
}

int veth_without_privileges(int (*function)(void)) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        _exit(setresuid(NOBODY, NOBODY, NOBODY) == 0 ? function() : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int veth_socket(const char *interface) {
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    const int on = 1, size = 32 * 1024 * 1024;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(interface),
    };
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
    assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static uint8_t *put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) {
    return put16(put16(at, value >> 16), value & 0xffff);
}

enum { NUMBER_AT = 14 + 20 + 8 };

void veth_build(struct veth_frame *frame, const struct veth_look *look) {
    const uint32_t client = 0x0a000000u + look->client, server = 0xc0000200u + look->server;
    static const uint8_t macs[][12] = {{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1},
                                       {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}};
    *frame = (struct veth_frame){.size = 0};
    uint8_t *at = frame->bytes;
    assert_true(look->size <= sizeof frame->bytes);
    memcpy(at, macs[look->back], sizeof *macs);
    at += 12;
    for (unsigned i = 0; i < 3 && look->tags[i]; i++) {
        at = put16(put16(at, look->tags[i]), 0x2000 + 100 + i);
    }
    at = put16(at, ETH_P_IP);
    at = put32(put32(put32(at, 0x45000020), 0), 0x40110000);
    at = put32(at, look->back ? server : client);
    at = put32(at, look->back ? client : server);
    at = put32(put32(at, 0x10000035), 0x000c0000);
    at = put32(at, look->number);
    frame->size = (uint32_t)(at - frame->bytes);
    for (; frame->size < look->size; frame->size++) {
        frame->bytes[frame->size] = (uint8_t)(frame->size * 7 + look->number);
    }
    frame->size = look->size > 0 ? look->size : frame->size;
}

uint32_t veth_number(const struct frame *frame) {
    uint32_t number;
    assert_true(frame->captured >= NUMBER_AT + sizeof number);
    memcpy(&number, frame->data + NUMBER_AT, sizeof number);
    return ntohl(number);
}

void veth_send(int fd, const struct veth_frame *frames, unsigned count) {
    while (count > 0) {
        struct iovec bytes[BATCH];
        struct mmsghdr messages[BATCH];
        const unsigned batch = count < BATCH ? count : BATCH;
        memset(messages, 0, sizeof messages);
        for (unsigned i = 0; i < batch; i++) {
            bytes[i] = (struct iovec){(void *)frames[i].bytes, frames[i].size};
            messages[i].msg_hdr.msg_iov = &bytes[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(fd, messages, batch, 0);
        assert_true(sent > 0);
        frames += sent;
        count -= (unsigned)sent;
    }
}

/* The kernel has taken the outermost tag out of the bytes. */
static void put_tag_back(struct veth_frame *frame, const struct tpacket_auxdata *about) {
    if ((about->tp_status & TP_STATUS_VLAN_VALID) != 0) {
        memmove(frame->bytes + 16, frame->bytes + 12, frame->size - 12);
        put16(put16(frame->bytes + 12, about->tp_vlan_tpid), about->tp_vlan_tci);
        frame->size += 4;
    }
}

uint32_t veth_receive(int fd, struct veth_frame *frame) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec bytes = {frame->bytes, sizeof frame->bytes - 4};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    frame->size = 0;
    if (poll(&ready, 1, 200) <= 0) {
        return 0;
    }
    const ssize_t got = recvmsg(fd, &message, 0);
    assert_true(got > 12);
    frame->size = (uint32_t)got;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == PACKET_AUXDATA) {
        struct tpacket_auxdata about;
        memcpy(&about, CMSG_DATA(header), sizeof about);
        put_tag_back(frame, &about);
    }
    return frame->size;
}

struct live *veth_open(unsigned worker, unsigned workers, uint32_t buffer_bytes,
                       const char *filter) {
    const struct live_options options = {.interface = "near",
                                         .worker = worker,
                                         .workers = workers,
                                         .buffer_bytes = buffer_bytes,
                                         .filter = filter};
    struct live *live;
    struct error error = {0};
    if (live_open(&live, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return live;
}

unsigned veth_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms) {
    struct error error = {0};
    const int count = live_next(live, frames, max, timeout_ms, &error);
    if (count < 0) {
        fail_msg("%s", error.message);
    }
    return (unsigned)count;
}
