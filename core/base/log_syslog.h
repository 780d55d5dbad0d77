#ifndef DPAE_BASE_LOG_SYSLOG_H
#define DPAE_BASE_LOG_SYSLOG_H

#include "base/log_format.h"

/* The syslog sink: one UDP datagram a line (RFC 5426), framed by RFC 5424 or RFC 3164. */
struct log_syslog;

/* Resolves the host of settings and connects a socket to it; a host that does not resolve or cannot
 * be reached is an error. On success returns 0 and *syslog (free with log_syslog_close). */
int log_syslog_open(const struct log_settings *settings, struct log_syslog **syslog,
                    struct error *error);
void log_syslog_close(struct log_syslog *syslog); /* NULL is allowed */

/* Sends text as the message of line. Never blocks; a datagram that cannot be sent is lost. */
void log_syslog_send(const struct log_syslog *syslog, const struct log_line *line,
                     const char *text);

#endif
