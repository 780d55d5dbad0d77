#include "base/log_syslog.h"

#include "base/clock.h"
#include "base/escape.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM_MAX_RFC5424 2048 /* section 6.1: the size that every receiver should accept */
#define DATAGRAM_MAX_RFC3164 1024 /* section 4.1: the largest size allowed */

struct log_syslog {
    int socket;
    unsigned facility;
    bool rfc3164;
    char host[256]; /* the name of this machine */
};

/* Writes the HOSTNAME of the header: without blanks and, for RFC 3164, without the domain. */
static void write_host_name(bool rfc3164, char *host, size_t size) {
    if (gethostname(host, size) != 0) {
        host[0] = '\0';
    }
    host[size - 1] = '\0';
    if (rfc3164) {
        host[strcspn(host, ".")] = '\0';
    }
    for (char *at = host; *at != '\0'; at++) {
        if (!isgraph((unsigned char)*at)) {
            *at = '-';
        }
    }
    if (host[0] == '\0') {
        snprintf(host, size, "-");
    }
}

/* Returns a socket connected to the first address of host that accepts one, or a negative errno. */
static int connect_to_host(const char *host, uint16_t port, struct error *error) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo *found = NULL;
    const int failure = getaddrinfo(host, service, &hints, &found);
    if (failure != 0) {
        return error_set(error, -EHOSTUNREACH,
                         "loghost: cannot resolve '%s': %s; correct the name, or set "
                         "syslog_enabled to 0",
                         host, gai_strerror(failure));
    }
    int result = -EHOSTUNREACH;
    for (const struct addrinfo *at = found; at != NULL && result < 0; at = at->ai_next) {
        const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) {
            result = -errno;
        } else if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            result = -errno;
            (void)close(fd);
        } else {
            result = fd;
        }
    }
    freeaddrinfo(found);
    if (result < 0) {
        (void)error_set(error, result,
                        "loghost: cannot reach '%s' port %u: %s; check the network, or set "
                        "syslog_enabled to 0",
                        host, port, strerrordesc_np(-result));
    }
    return result;
}

int log_syslog_open(const struct log_settings *settings, struct log_syslog **syslog,
                    struct error *error) {
    if (settings->syslog_facility > 23) {
        return error_set(error, -EINVAL, "logfacility: %u is not a facility; use 0 to 23",
                         settings->syslog_facility);
    }
    struct log_syslog *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return error_set(error, -ENOMEM, "out of memory for syslog");
    }
    opened->socket = connect_to_host(settings->syslog_host, settings->syslog_port, error);
    if (opened->socket < 0) {
        free(opened);
        return error->code;
    }
    opened->facility = settings->syslog_facility;
    opened->rfc3164 = settings->syslog_rfc3164;
    write_host_name(opened->rfc3164, opened->host, sizeof opened->host);
    *syslog = opened;
    return 0;
}

void log_syslog_close(struct log_syslog *syslog) {
    if (syslog) {
        (void)close(syslog->socket);
        free(syslog);
    }
}

/* RFC 5424 table 2. */
static unsigned severity(enum log_level level) {
    switch (level) {
    case LOG_LEVEL_CRITICAL:
        return 2;
    case LOG_LEVEL_ERROR:
        return 3;
    case LOG_LEVEL_WARNING:
        return 4;
    case LOG_LEVEL_INFO:
        return 6;
    case LOG_LEVEL_DEBUG:
        return 7;
    }
    return 7;
}

/* Writes the header of RFC 5424 section 6.2. Returns its length. */
static int print_rfc5424(const struct log_syslog *syslog, const struct log_line *line, char *out,
                         size_t size) {
    const time_t seconds = (time_t)(line->wall_ns / NS_PER_S);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    return snprintf(out, size, "<%u>1 %04d-%02d-%02dT%02d:%02d:%02d.%06uZ %s dpae %d - - ",
                    syslog->facility * 8 + severity(line->level), utc.tm_year + 1900,
                    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                    (unsigned)(line->wall_ns % NS_PER_S / 1000), syslog->host, (int)getpid());
}

/* Writes the header of RFC 3164 section 4.1: local time, English month. Returns its length. */
static int print_rfc3164(const struct log_syslog *syslog, const struct log_line *line, char *out,
                         size_t size) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = (time_t)(line->wall_ns / NS_PER_S);
    struct tm local = {0};
    (void)localtime_r(&seconds, &local);
    return snprintf(out, size, "<%u>%s %2d %02d:%02d:%02d %s dpae[%d]: ",
                    syslog->facility * 8 + severity(line->level), months[local.tm_mon],
                    local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, syslog->host,
                    (int)getpid());
}

static bool is_ascii(const char *text) {
    while (*text != '\0' && isascii((unsigned char)*text)) {
        text++;
    }
    return *text == '\0';
}

void log_syslog_send(const struct log_syslog *syslog, const struct log_line *line,
                     const char *text) {
    char datagram[DATAGRAM_MAX_RFC5424 + 1];
    const size_t size = (syslog->rfc3164 ? DATAGRAM_MAX_RFC3164 : DATAGRAM_MAX_RFC5424) + 1;
    /* A header has at most about 330 bytes: only the host name is long. */
    char *message = datagram;
    message += syslog->rfc3164 ? print_rfc3164(syslog, line, datagram, size)
                               : print_rfc5424(syslog, line, datagram, size);
    char *end = message + escape_text(text, message, size - (size_t)(message - datagram));
    if (!syslog->rfc3164 && !is_ascii(message)) {
        /* RFC 5424 section 6.4 requires a byte order mark before UTF-8. ASCII is sent without,
         * since many receivers display the mark. */
        message = stpcpy(message, "\xef\xbb\xbf");
        end = message + escape_text(text, message, size - (size_t)(message - datagram));
    }

    const size_t length = (size_t)(end - datagram);
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    if (send(syslog->socket, datagram, length, flags) < 0 && errno == ECONNREFUSED) {
        /* The error answered an earlier datagram; this one has not been sent. */
        (void)send(syslog->socket, datagram, length, flags);
    }
}
