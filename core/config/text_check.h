#ifndef DPAE_CONFIG_TEXT_CHECK_H
#define DPAE_CONFIG_TEXT_CHECK_H

#include "base/error.h"

/* What string options may hold. Each returns 0, or -EINVAL with a message that says what is allowed
 * and follows "found '...'; ". */

/* A host name, an IPv4 address or an IPv6 address in brackets; http:// or https:// may be in front.
 * Neither port nor path. */
int text_check_address(const char *text, struct error *error);

/* The path of a URL (RFC 3986 section 3.3) without the leading slash. */
int text_check_api_path(const char *text, struct error *error);

/* Names that Linux gives interfaces, separated by single commas; none twice. */
int text_check_interfaces(const char *text, struct error *error);

/* The name of a classifier: it becomes the name of a file. */
int text_check_classifier(const char *text, struct error *error);

/* The path of a file from the root. */
int text_check_file(const char *text, struct error *error);
int text_check_folder(const char *text, struct error *error);

/* mongodb:// or mongodb+srv:// and more; the rest is for the database's library to say. */
int text_check_mongo_uri(const char *text, struct error *error);

/* A name that MongoDB takes for a database or a collection. */
int text_check_mongo_name(const char *text, struct error *error);

/* What is part of the identifier of every flow: 1 to 200 bytes, printable, without blanks and
 * slashes. */
int text_check_dpae_id(const char *text, struct error *error);

/* An IPv4 or IPv6 address in numbers. */
int text_check_ip(const char *text, struct error *error);

int text_check_flow_advice(const char *text, struct error *error);
int text_check_syslog_protocol(const char *text, struct error *error);

#endif
