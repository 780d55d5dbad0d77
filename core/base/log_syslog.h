#ifndef DPAE_BASE_LOG_SYSLOG_H
#define DPAE_BASE_LOG_SYSLOG_H

#include "base/log_format.h"

/* The syslog sink sends one UDP datagram per line (RFC 5426), framed by RFC 5424 or RFC 3164. */
struct log_syslog;

/* Resolves the host in settings and connects a socket to it; fails when the host cannot be resolved
 * or reached. On success returns 0 and sets *syslog (free with log_syslog_close). */
int log_syslog_open(const struct log_settings *settings, struct log_syslog **syslog,
                    struct error *error);
void log_syslog_close(struct log_syslog *syslog); /* accepts NULL */

/* Sends text as the message of line. Never blocks; a datagram that cannot be sent is lost. */
void log_syslog_send(const struct log_syslog *syslog, const struct log_line *line,
                     const char *text);

#endif
