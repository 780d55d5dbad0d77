#ifndef DPAE_SCRIPT_WHERE_H
#define DPAE_SCRIPT_WHERE_H

#include "script/host.h"

/* Which packet the classifiers see now: "packet 123, 10.1.0.1:42000 -> 10.1.0.22:22 tcp,
 * 2024-01-01T00:00:12.000000Z", A being its sender; without the number when packets have none. ""
 * before the first one. */
void where_format(const struct script_host *host, char text[SCRIPT_WHERE_TEXT]);

#endif
