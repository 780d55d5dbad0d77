#ifndef DPAE_STATUS_PAGE_H
#define DPAE_STATUS_PAGE_H

#include "status/snapshot.h"

#include <stdio.h>

/* Writes the snapshot as a page for people: HTML that needs nothing else, no scripts, and loads
 * itself again. Whether all was written is for the caller to ask the file. */
void page_write(FILE *file, const struct status_snapshot *snapshot);

#endif
