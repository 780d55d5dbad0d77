#ifndef DPAE_SCRIPT_WHERE_H
#define DPAE_SCRIPT_WHERE_H

#include "script/host.h"

/* Formats the packet that the classifiers are seeing: "packet 123, 10.1.0.1:42000 ->
 * 10.1.0.22:22 tcp, 2024-01-01T00:00:12.000000Z", sender first; without the number if packets
 * have no numbers. "" before the first packet. */
void where_format(const struct script_host *host, char text[SCRIPT_WHERE_TEXT]);

#endif
