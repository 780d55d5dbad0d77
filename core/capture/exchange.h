#ifndef DPAE_CAPTURE_EXCHANGE_H
#define DPAE_CAPTURE_EXCHANGE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A small socket for frames of one ethertype: the discovery frame out, the confirmation in. It
 * never waits. */
struct exchange;

/* Ready to send; receives nothing yet. -ENODEV, -EPERM or another negative errno, with what to do;
 * on failure *exchange is NULL. */
int exchange_open(struct exchange **exchange, const char *interface, struct error *error);

/* Receives frames of this ethertype (0x0600 or more) from now on, whoever they are addressed to:
 * holds the interface promiscuous until exchange_close(). May be called again, for another
 * ethertype. -ENETDOWN: the interface is down. */
int exchange_listen(struct exchange *exchange, uint16_t ethertype, struct error *error);

/* Readable when a frame, or an error, waits. It stays the exchange's. */
int exchange_fd(const struct exchange *exchange);

/* Sends a whole frame, with its Ethernet header. */
int exchange_send(struct exchange *exchange, const uint8_t *frame, size_t length,
                  struct error *error);

/* The next frame that came in: its bytes, cut at size. Returns how many, 0 when none waits. */
size_t exchange_receive(struct exchange *exchange, uint8_t *frame, size_t size);
void exchange_close(struct exchange *exchange); /* NULL is allowed */

#endif
