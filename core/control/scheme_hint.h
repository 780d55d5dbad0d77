#ifndef DPAE_CONTROL_SCHEME_HINT_H
#define DPAE_CONTROL_SCHEME_HINT_H

/* Returns a hint when a request probably failed because HTTP was sent to an HTTPS port or the
 * reverse, or because a client certificate is missing; otherwise NULL. cause is http.c's
 * description of the failure of a request to url, including libcurl's words. The hint is a constant
 * string, short enough for the excerpt in a note (JOIN_NO_REPLY). */
const char *scheme_hint(const char *url, const char *cause);

#endif
