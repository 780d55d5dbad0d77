#ifndef DPAE_CAPTURE_LIBPCAP_H
#define DPAE_CAPTURE_LIBPCAP_H

#include "base/error.h"
#include "capture/live_filter.h"
#include "packet/frame.h"

#include <stdint.h>
#include <stdio.h>

/* What capture files and live capture need of libpcap, whose header only libpcap.c includes. */
struct libpcap;

/* A capture file. The stream becomes libpcap's, on failure too. An error says what is wrong with
 * the file, for the caller to put the file's name in front: -EBADMSG in libpcap's own words,
 * -EPROTONOSUPPORT when decode does not know the link type, -ENOMEM. */
int libpcap_open_stream(struct libpcap **pcap, FILE *stream, struct error *error);

/* A promiscuous, non-blocking TPACKET_V3 ring of buffer_bytes on an Ethernet interface. Errors name
 * the interface and say what to do: -ENODEV, -ENETDOWN, -EPERM, -EPROTONOSUPPORT, -ENOMEM, or -EIO.
 */
int libpcap_open_live(struct libpcap **pcap, const char *interface, uint32_t buffer_bytes,
                      struct error *error);

/* Leaves out what this host sent; in user space: for the frames that come before the socket itself
 * is told to. 0 or -EIO. */
int libpcap_ignore_outgoing(struct libpcap *pcap, const char *interface, struct error *error);

/* Lets the frames through that match a BPF expression as tcpdump takes it (NULL: all), and of those
 * the ones that pass split. What is in the ring already is held to it too. -EINVAL: the expression
 * is wrong; the error says how. */
int libpcap_set_filter(struct libpcap *pcap, const char *expression,
                       const struct live_filter *split, struct error *error);

/* The packet socket of a live capture. It stays libpcap's. */
int libpcap_fd(const struct libpcap *pcap);

/* Fills up to max frames, valid until the next call. Returns how many, 0 at the end of the file or
 * when the ring is empty, or -EIO when libpcap failed after the frames before. */
int libpcap_next(struct libpcap *pcap, struct frame *frames, unsigned max);

/* Why it failed, in libpcap's words. */
const char *libpcap_reason(struct libpcap *pcap);
void libpcap_close(struct libpcap *pcap); /* NULL is allowed */

#endif
