#ifndef DPAE_STATUS_DOCUMENT_H
#define DPAE_STATUS_DOCUMENT_H

#include "status/snapshot.h"

/* The snapshot as one JSON object; docs/operating.md describes it. Owned by the caller (free());
 * NULL when out of memory. */
char *document_make(const struct status_snapshot *snapshot);

#endif
