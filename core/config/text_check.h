#ifndef DPAE_CONFIG_TEXT_CHECK_H
#define DPAE_CONFIG_TEXT_CHECK_H

#include "base/error.h"

/* The values of string options. Each function returns 0, or -EINVAL with a message that names the
 * allowed values and follows "found '...'; ". */

/* A host name, an IPv4 address or an IPv6 address in brackets; http:// or https:// may precede it.
 * No port or path. */
int text_check_address(const char *text, struct error *error);

/* The path of a URL (RFC 3986 section 3.3) without the leading slash. */
int text_check_api_path(const char *text, struct error *error);

/* Distinct Linux interface names, separated by single commas. */
int text_check_interfaces(const char *text, struct error *error);

/* The name of a classifier, which is also a file name. */
int text_check_classifier(const char *text, struct error *error);

/* An absolute path, or "" for a file. */
int text_check_file(const char *text, struct error *error);
int text_check_folder(const char *text, struct error *error);

/* mongodb:// or mongodb+srv:// and more; the database's library checks the rest. */
int text_check_mongo_uri(const char *text, struct error *error);

/* A valid name of a MongoDB database or collection. */
int text_check_mongo_name(const char *text, struct error *error);

/* Part of the identifier of every flow: 1 to 200 printable bytes without blanks and slashes. */
int text_check_dpae_id(const char *text, struct error *error);

/* A numeric IPv4 or IPv6 address. */
int text_check_ip(const char *text, struct error *error);

int text_check_flow_advice(const char *text, struct error *error);
int text_check_syslog_protocol(const char *text, struct error *error);

#endif
