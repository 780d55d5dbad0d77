#include "capture/exchange.h"

#include "capture/packet_socket.h"
#include "packet/decode_layers.h"

#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct exchange {
    int fd;
    bool promiscuous; /* set for this socket */
    char interface[IF_NAMESIZE];
};

int exchange_open(struct exchange **exchange, const char *interface, struct error *error) {
    int result = 0;
    *exchange = NULL;
    struct exchange *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return error_set(error, -ENOMEM, "%s: out of memory", interface);
    }
    opened->fd = packet_socket_open(interface, error);
    if (opened->fd < 0) {
        result = opened->fd;
        goto out;
    }
    strncpy(opened->interface, interface, sizeof opened->interface - 1);
    *exchange = opened;
    opened = NULL;
out:
    exchange_close(opened);
    return result;
}

static int make_promiscuous(struct exchange *exchange, struct error *error) {
    const struct packet_mreq request = {
        .mr_ifindex = (int)if_nametoindex(exchange->interface),
        .mr_type = PACKET_MR_PROMISC,
    };
    if (!exchange->promiscuous && setsockopt(exchange->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                             &request, sizeof request) != 0) {
        const int code = errno;
        return error_set(error, -code, "%s: cannot be made promiscuous: %s", exchange->interface,
                         strerror(code));
    }
    exchange->promiscuous = true;
    return 0;
}

int exchange_listen(struct exchange *exchange, uint16_t ethertype, struct error *error) {
    if (ethertype < ETHERTYPE_FIRST) {
        return error_set(error, -EINVAL,
                         "%s: 0x%04x is not an ethertype (at least 0x%04x); check the "
                         "controller's dpae_ethertype",
                         exchange->interface, ethertype, ETHERTYPE_FIRST);
    }
    const int result = make_promiscuous(exchange, error);
    return result != 0 ? result
                       : packet_socket_bind(exchange->fd, exchange->interface, ethertype, error);
}

int exchange_fd(const struct exchange *exchange) {
    return exchange->fd;
}

int exchange_send(struct exchange *exchange, const uint8_t *frame, size_t length,
                  struct error *error) {
    ssize_t sent = send(exchange->fd, frame, length, 0);
    if (sent < 0 && errno == ENETDOWN) {
        /* The error is reported once after the interface was down, even if it is up again. */
        sent = send(exchange->fd, frame, length, 0);
    }
    if (sent != (ssize_t)length) {
        const int code = sent < 0 ? errno : EIO;
        return error_set(error, -code, "%s: cannot send a frame of %zu bytes: %s%s",
                         exchange->interface, length, strerror(code),
                         code == ENETDOWN ? "; bring the interface up" : "");
    }
    return 0;
}

size_t exchange_receive(struct exchange *exchange, uint8_t *frame, size_t size) {
    const ssize_t got = recv(exchange->fd, frame, size, 0);
    return got > 0 ? (size_t)got : 0;
}

void exchange_close(struct exchange *exchange) {
    if (exchange) {
        if (exchange->fd >= 0) {
            close(exchange->fd);
        }
        free(exchange);
    }
}
