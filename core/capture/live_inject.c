#include "capture/live_inject.h"

#include "capture/capture.h"
#include "capture/packet_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 5, SEND_BUFFER = 4 * 1024 * 1024 };

/* Exceeding net.core.wmem_max requires CAP_NET_ADMIN. */
static int enlarge_buffer(int fd) {
    const int size = SEND_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0) {
        return 0;
    }
    return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

int live_inject_open(const char *interface, struct error *error) {
    const int fd = packet_socket_open(interface, error);
    if (fd >= 0 && enlarge_buffer(fd) != 0) {
        const int code = errno;
        close(fd);
        return error_set(error, -code, "%s: cannot enlarge the send buffer: %s", interface,
                         strerror(code));
    }
    return fd;
}

/* Returns true when the socket has room again. */
static bool wait_for_room(int fd) {
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    return poll(&room, 1, WAIT_MS) > 0 && (room.revents & POLLOUT) != 0;
}

static unsigned send_batch(int fd, const struct frame *frames, unsigned count) {
    struct iovec bytes[CAPTURE_BATCH];
    struct mmsghdr messages[CAPTURE_BATCH];
    unsigned at = 0, accepted = 0;
    memset(messages, 0, count * sizeof *messages);
    for (unsigned i = 0; i < count; i++) {
        bytes[i] =
            (struct iovec){.iov_base = (void *)frames[i].data, .iov_len = frames[i].captured};
        messages[i].msg_hdr.msg_iov = &bytes[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (at < count) {
        const int sent = sendmmsg(fd, messages + at, count - at, MSG_DONTWAIT);
        if (sent > 0) {
            at += (unsigned)sent;
            accepted += (unsigned)sent;
        } else if (errno != EAGAIN) {
            at++;
        } else if (!wait_for_room(fd)) {
            break;
        }
    }
    return accepted;
}

unsigned live_inject_send(int fd, const struct frame *frames, unsigned count) {
    unsigned accepted = 0;
    for (unsigned at = 0; at < count; at += CAPTURE_BATCH) {
        const unsigned left = count - at;
        accepted += send_batch(fd, frames + at, left < CAPTURE_BATCH ? left : CAPTURE_BATCH);
    }
    return accepted;
}
