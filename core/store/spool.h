#ifndef DPAE_STORE_SPOOL_H
#define DPAE_STORE_SPOOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded file of records, appended at the end and read from the start, that survives
 * restarts. Each record has its length and a checksum in front; a truncated one is ignored.
 * Records stay until spool_forget(), so that a crash loses no data. Not thread-safe. */
struct spool;

#define SPOOL_RECORD_MAX (64u << 10)

/* Opens or creates the file, private to this user, and keeps the records of an earlier program.
 * Fails if another program has it open. max_bytes bounds its size. */
int spool_open(struct spool **spool, const char *path, uint64_t max_bytes, struct error *error);
void spool_close(struct spool *spool); /* NULL is allowed; the file stays */

/* Appends a record of 1 to SPOOL_RECORD_MAX bytes. Returns 0; -ENOSPC if the file has its full
 * size; or the negative errno of the write. On failure the file is unchanged. */
int spool_append(struct spool *spool, const void *record, uint32_t size);

/* Reads the next record; starts with the oldest one, initially and after spool_rewind().
 * Returns its size, 0 at the end; -EBADMSG if the file is damaged, then this record and all
 * following ones are removed; or another negative errno if it cannot be read now. */
int spool_read(struct spool *spool, void *record, uint32_t max);
void spool_rewind(struct spool *spool);

/* Removes all records read since and frees their disk space. */
void spool_forget(struct spool *spool);

uint64_t spool_records(const struct spool *spool); /* not yet forgotten */
uint64_t spool_bytes(const struct spool *spool);   /* their size */
uint64_t spool_torn(const struct spool *spool);    /* bytes at the end without a valid record */

#endif
