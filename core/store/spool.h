#ifndef DPAE_STORE_SPOOL_H
#define DPAE_STORE_SPOOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded file of records, written at its end and read from its start, that survives its program:
 * a record has its length and a checksum in front, and one that was cut off is left out. What was
 * read stays until spool_forget(), so that nothing is lost in between. Not locked: callers see to
 * it that only one thread is in here. */
struct spool;

#define SPOOL_RECORD_MAX (64u << 10)

/* Opens or makes the file, which belongs to this user alone, and takes what an earlier program left
 * in it. Another program that has it open is an error. max_bytes bounds it. */
int spool_open(struct spool **spool, const char *path, uint64_t max_bytes, struct error *error);
void spool_close(struct spool *spool); /* NULL is allowed; the file stays */

/* Adds a record of 1 to SPOOL_RECORD_MAX bytes. 0; -ENOSPC when the file has its full size;
 * otherwise the negative errno of the write: nothing was added. */
int spool_append(struct spool *spool, const void *record, uint32_t size);

/* Reads on from where the last call was, from the oldest record after spool_rewind() or at first.
 * Returns the record's size, 0 when there are no more; -EBADMSG when the file is damaged: then this
 * record and all behind it are removed; or another negative errno when it cannot be read now. */
int spool_read(struct spool *spool, void *record, uint32_t max);
void spool_rewind(struct spool *spool);

/* Removes all records that were read since. Their room on the disk is given back. */
void spool_forget(struct spool *spool);

uint64_t spool_records(const struct spool *spool); /* that were not forgotten */
uint64_t spool_bytes(const struct spool *spool);   /* that they take */
uint64_t spool_torn(const struct spool *spool);    /* bytes at the end that were no record */

#endif
