#ifndef DPAE_WORKER_MEMORY_FILE_H
#define DPAE_WORKER_MEMORY_FILE_H

#include <stddef.h>

/* Memory that is handed to other processes by a descriptor (core/daemon/spawn.h). */

/* Moves a descriptor above the numbers that another process gets its own under, so that none is
 * overwritten on the way. -1 and errno when that fails, or fd is -1; fd is closed in either case.
 */
int memory_file_raise(int fd);

/* A memory file of so many bytes, mapped here for writing; NULL and errno when that fails. seals:
 * what nobody may do to it from now on; F_SEAL_FUTURE_WRITE leaves this mapping the only one to
 * write by. memory_file_close() in either case; it takes NULL and an *fd of 0 or less. */
void *memory_file_make(const char *name, size_t bytes, int seals, int *fd);
void memory_file_close(void *memory, size_t bytes, int fd);

#endif
