#ifndef DPAE_CAPTURE_LIBPCAP_H
#define DPAE_CAPTURE_LIBPCAP_H

#include "base/error.h"
#include "capture/live_filter.h"
#include "packet/frame.h"

#include <stdint.h>
#include <stdio.h>

/* The parts of libpcap that capture files and live capture use. Only libpcap.c includes its header.
 */
struct libpcap;

/* Opens a capture file. libpcap takes ownership of the stream, even on failure. An error describes
 * the fault, and the caller prepends the file name: -EBADMSG in libpcap's words, -EPROTONOSUPPORT
 * for a link type that decode does not support, -ENOMEM. */
int libpcap_open_stream(struct libpcap **pcap, FILE *stream, struct error *error);

/* Opens a promiscuous, non-blocking TPACKET_V3 ring of buffer_bytes on an Ethernet interface.
 * Errors name the interface and the remedy: -ENODEV, -ENETDOWN, -EPERM, -EPROTONOSUPPORT, -ENOMEM
 * or -EIO. */
int libpcap_open_live(struct libpcap **pcap, const char *interface, uint32_t buffer_bytes,
                      struct error *error);

/* Excludes frames that this host sent, in user space: this covers frames that arrive before the
 * socket itself excludes them. Returns 0 or -EIO. */
int libpcap_ignore_outgoing(struct libpcap *pcap, const char *interface, struct error *error);

/* Passes frames that match a BPF expression in tcpdump's syntax (NULL: all frames) and also match
 * split. Applies to frames already in the ring, too. Returns -EINVAL, with the fault in *error,
 * when the expression is invalid. */
int libpcap_set_filter(struct libpcap *pcap, const char *expression,
                       const struct live_filter *split, struct error *error);

/* Returns the packet socket of a live capture. libpcap keeps ownership. */
int libpcap_fd(const struct libpcap *pcap);

/* Fills up to max frames, valid until the next call. Returns their number, 0 at the end of the file
 * or when the ring is empty, or -EIO when libpcap failed after the frames already returned. */
int libpcap_next(struct libpcap *pcap, struct frame *frames, unsigned max);

/* Returns the cause of the failure in libpcap's words. */
const char *libpcap_reason(struct libpcap *pcap);
void libpcap_close(struct libpcap *pcap); /* accepts NULL */

#endif
