#ifndef DPAE_PACKET_LIVE_H
#define DPAE_PACKET_LIVE_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>

/* Live capture of one worker on one interface: promiscuous, TPACKET_V3, non-blocking with a poll of
 * its own. Frames that this host sent are not seen. With several workers each socket has a filter
 * of its own on a symmetric hash of the two addresses, so that both directions and all fragments
 * meet in one worker, the same after a restart; what has no address goes to worker 0. */
struct live;

struct live_options {
    const char *interface;
    unsigned worker, workers; /* this one, of so many (1 to 16) */
    uint32_t buffer_bytes;    /* of the kernel's ring */
    const char *filter;       /* a further BPF expression, or NULL */
};

struct live_counters {
    uint64_t received;        /* frames handed out */
    uint64_t kernel_drops;    /* ps_drop */
    uint64_t interface_drops; /* ps_ifdrop */
    uint64_t injected, inject_failed;
};

/* Opens the capture. Errors say what to do: the interface is missing or down, or which capability
 * is needed. On failure *live is NULL. */
int live_open(struct live **live, const struct live_options *options, struct error *error);

/* Fills up to max (<= CAPTURE_BATCH) frames, valid until the next call; waits at most timeout_ms
 * for the first. Returns how many, 0 when none came in time, -ENETDOWN when the interface went away
 * or down (the caller closes and opens again later), another negative errno otherwise. */
int live_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms,
              struct error *error);

/* Sends frames back as they are, in order, batched. Returns how many were taken; the rest is
 * counted as failed. */
unsigned live_inject(struct live *live, const struct frame *frames, unsigned count);

/* Reads the kernel's counters. */
void live_get_counters(struct live *live, struct live_counters *counters);
void live_close(struct live *live); /* NULL is allowed */

/* Asks the kernel (rtnetlink IFLA_PROMISCUITY) how many users hold the interface promiscuous:
 * libpcap's membership does not show in the interface's flags. */
int live_promiscuity(const char *interface, unsigned *users, struct error *error);

/* A small socket for frames of one ethertype: the discovery frame out, the confirmation in. */
struct exchange;
int exchange_open(struct exchange **exchange, const char *interface, struct error *error);
int exchange_listen(struct exchange *exchange, uint16_t ethertype, struct error *error);
int exchange_fd(const struct exchange *exchange);
int exchange_send(struct exchange *exchange, const uint8_t *frame, size_t length,
                  struct error *error);
size_t exchange_receive(struct exchange *exchange, uint8_t *frame, size_t size); /* 0: none */
void exchange_close(struct exchange *exchange); /* NULL is allowed */

#endif
