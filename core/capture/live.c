#include "capture/live.h"

#include "capture/libpcap.h"
#include "capture/live_filter.h"
#include "capture/live_inject.h"
#include "capture/live_link.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct live {
    struct libpcap *pcap;
    int capture; /* libpcap's socket */
    int inject;  /* a send-only socket */
    int link;    /* rtnetlink */
    char interface[IF_NAMESIZE];
    struct live_counters counters;
    uint64_t interface_drops_at_open; /* when it was opened */
};

static int set_filter(struct live *live, const struct live_options *options, struct error *error) {
    struct live_filter split;
    if (options->workers == 1 && !options->filter) {
        return 0;
    }
    live_filter_build(&split, options->worker, options->workers);
    return libpcap_set_filter(live->pcap, options->filter, &split, error);
}

static int ignore_own_frames(const struct live *live, struct error *error) {
    const int on = 1;
    if (libpcap_ignore_outgoing(live->pcap, live->interface, error) != 0) {
        return error->code;
    }
    if (setsockopt(live->capture, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
        const int code = errno;
        return error_set(
            error, -code,
            "%s: the kernel cannot exclude this host's own frames (%s); use Linux 4.20 "
            "or later",
            live->interface, strerror(code));
    }
    return 0;
}

static int check_link(struct live *live, struct error *error) {
    struct live_link link;
    const int result = live_link_query(live->link, live->interface, &link, error);
    if (result != 0) {
        return result;
    }
    if (link.promiscuity == 0) {
        return error_set(error, -EIO,
                         "%s: did not become promiscuous, so most traffic would be missed; "
                         "use another interface",
                         live->interface);
    }
    live->interface_drops_at_open = link.interface_drops;
    return 0;
}

/* Performs all privileged steps. The caller closes the members of live. */
static int set_up(struct live *live, const struct live_options *options, struct error *error) {
    int result = libpcap_open_live(&live->pcap, options->interface, options->buffer_bytes, error);
    if (result != 0) {
        return result;
    }
    live->capture = libpcap_fd(live->pcap);
    strncpy(live->interface, options->interface, sizeof live->interface - 1);
    if ((!options->outgoing && (result = ignore_own_frames(live, error)) != 0) ||
        (result = set_filter(live, options, error)) != 0) {
        return result;
    }
    if ((live->inject = live_inject_open(live->interface, error)) < 0) {
        return live->inject;
    }
    if ((live->link = live_link_open(error)) < 0) {
        return live->link;
    }
    return check_link(live, error);
}

int live_open(struct live **live, const struct live_options *options, struct error *error) {
    *live = NULL;
    if (options->workers == 0 || options->workers > LIVE_WORKERS_MAX ||
        options->worker >= options->workers) {
        return error_set(error, -EINVAL, "%s: worker %u of %u; up to %d can share an interface",
                         options->interface, options->worker, options->workers, LIVE_WORKERS_MAX);
    }
    struct live *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return error_set(error, -ENOMEM, "%s: out of memory for the capture", options->interface);
    }
    opened->capture = opened->inject = opened->link = -1;
    const int result = set_up(opened, options, error);
    if (result == 0) {
        *live = opened;
        opened = NULL;
    }
    live_close(opened);
    return result;
}

/* Returns the error that poll() reported. */
static int set_poll_error(const struct live *live, struct error *error) {
    int code = 0;
    socklen_t size = sizeof code;
    if (getsockopt(live->capture, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code == 0) {
        code = EIO;
    }
    return error_set(error, -code, "%s: %s", live->interface,
                     code == ENETDOWN ? "the interface went down or was removed" : strerror(code));
}

int live_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms,
              struct error *error) {
    struct pollfd ready = {.fd = live->capture, .events = POLLIN};
    const int events = poll(&ready, 1, timeout_ms);
    if (events == 0 || (events < 0 && errno == EINTR)) {
        return 0;
    }
    if (events < 0) {
        return error_set(error, -errno, "%s: waiting for frames failed: %s", live->interface,
                         strerror(errno));
    }
    /* Read first the frames that arrived before the interface went down. With an empty ring,
     * libpcap would consume the error and silently wait for the interface. */
    if ((ready.revents & POLLIN) == 0) {
        return set_poll_error(live, error);
    }
    const int count = libpcap_next(live->pcap, frames, max);
    if (count < 0) {
        return error_set(error, count, "%s: capturing failed: %s", live->interface,
                         libpcap_reason(live->pcap));
    }
    live->counters.received += (uint64_t)count;
    return count;
}

unsigned live_inject(struct live *live, const struct frame *frames, unsigned count) {
    const unsigned accepted = live_inject_send(live->inject, frames, count);
    live->counters.injected += accepted;
    live->counters.inject_failed += count - accepted;
    return accepted;
}

void live_get_counters(struct live *live, struct live_counters *counters) {
    struct tpacket_stats_v3 since_last;
    socklen_t size = sizeof since_last;
    struct live_link link;
    struct error ignored;
    if (getsockopt(live->capture, SOL_PACKET, PACKET_STATISTICS, &since_last, &size) == 0) {
        live->counters.kernel_drops += since_last.tp_drops;
    }
    if (live_link_query(live->link, live->interface, &link, &ignored) == 0 &&
        link.interface_drops >= live->interface_drops_at_open) {
        live->counters.interface_drops = link.interface_drops - live->interface_drops_at_open;
    }
    *counters = live->counters;
}

void live_close(struct live *live) {
    if (live) {
        libpcap_close(live->pcap);
        if (live->inject >= 0) {
            close(live->inject);
        }
        if (live->link >= 0) {
            close(live->link);
        }
        free(live);
    }
}
