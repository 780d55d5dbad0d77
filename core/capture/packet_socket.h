#ifndef DPAE_CAPTURE_PACKET_SOCKET_H
#define DPAE_CAPTURE_PACKET_SOCKET_H

#include "base/error.h"

#include <stdint.h>

/* Packet sockets besides libpcap's (packet(7)). */

/* Opens a non-blocking socket that sends and receives whole frames on the interface; it receives
 * no frames before packet_socket_bind(). Returns it, or a negative errno: -ENODEV, -EPERM or
 * another. */
int packet_socket_open(const char *interface, struct error *error);

/* Receives the interface's frames of this ethertype (host byte order) from now on; 0 receives no
 * frames. */
int packet_socket_bind(int fd, const char *interface, uint16_t ethertype, struct error *error);

#endif
