#ifndef DPAE_CAPTURE_EXCHANGE_H
#define DPAE_CAPTURE_EXCHANGE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A small non-blocking socket for frames of one ethertype: it sends the discovery frame and
 * receives the confirmation. */
struct exchange;

/* Opens a socket that can send but does not receive yet. Returns -ENODEV, -EPERM or another
 * negative errno, with the remedy in *error; on failure *exchange is NULL. */
int exchange_open(struct exchange **exchange, const char *interface, struct error *error);

/* Receives frames of this ethertype (0x0600 or more) from now on, whatever their destination: keeps
 * the interface promiscuous until exchange_close(). May be called again with another ethertype.
 * Returns -ENETDOWN when the interface is down. */
int exchange_listen(struct exchange *exchange, uint16_t ethertype, struct error *error);

/* Returns a descriptor that becomes readable when a frame or an error is pending. The exchange
 * keeps ownership. */
int exchange_fd(const struct exchange *exchange);

/* Sends a complete frame, including its Ethernet header. */
int exchange_send(struct exchange *exchange, const uint8_t *frame, size_t length,
                  struct error *error);

/* Receives the next frame, truncated to size bytes. Returns its length, or 0 when no frame is
 * pending. */
size_t exchange_receive(struct exchange *exchange, uint8_t *frame, size_t size);
void exchange_close(struct exchange *exchange); /* accepts NULL */

#endif
