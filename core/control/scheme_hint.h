#ifndef DPAE_CONTROL_SCHEME_HINT_H
#define DPAE_CONTROL_SCHEME_HINT_H

/* A request that failed because HTTP was spoken to a port of HTTPS, or the reverse, or likely for
 * want of a client certificate: says so, and what to change; NULL when that is not why. cause is
 * what http.c says of a request to url, with libcurl's words in it. The text is short enough for an
 * excerpt of a note (JOIN_NO_REPLY) and lives for ever. */
const char *scheme_hint(const char *url, const char *cause);

#endif
