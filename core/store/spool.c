#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL_MAGIC UINT64_C(0x316c6f6f70736470) /* "pdspool1"; changes with the format */
#define BLOCK       UINT64_C(4096)

/* At the start of the file, in its own block. */
struct spool_header {
    uint64_t magic;
    uint64_t first; /* offset of the oldest record */
};

struct prefix {
    uint32_t size;
    uint32_t checksum;
};

struct spool {
    int fd;
    uint64_t max_bytes;
    uint64_t first, next,
        end; /* offsets of the oldest record, of the next one to read, and of the end */
    uint64_t records, read; /* in the file; of these, before next */
    uint64_t torn;
    bool holes; /* the file system supports punching holes */
};

/* FNV-1a: detects truncated writes, not tampering. */
static uint32_t checksum(const uint8_t *bytes, uint32_t size) {
    uint32_t sum = UINT32_C(0x811c9dc5);
    for (uint32_t i = 0; i < size; i++) {
        sum = (sum ^ bytes[i]) * UINT32_C(0x01000193);
    }
    return sum;
}

static int write_header(struct spool *spool) {
    const struct spool_header header = {.magic = SPOOL_MAGIC, .first = spool->first};
    return pwrite(spool->fd, &header, sizeof header, 0) == (ssize_t)sizeof header ? 0 : -errno;
}

/* Reads the record at an offset. Returns its size, 0 if there is no valid one, or a negative
 * errno. */
static int record_at(const struct spool *spool, uint64_t at, void *record, uint32_t max) {
    struct prefix prefix;
    const ssize_t got = pread(spool->fd, &prefix, sizeof prefix, (off_t)at);
    if (got < 0) {
        return -errno;
    }
    if (got != (ssize_t)sizeof prefix || prefix.size == 0 || prefix.size > max) {
        return 0;
    }
    const ssize_t bytes = pread(spool->fd, record, prefix.size, (off_t)(at + sizeof prefix));
    if (bytes < 0) {
        return -errno;
    }
    const bool whole =
        bytes == (ssize_t)prefix.size && checksum(record, prefix.size) == prefix.checksum;
    return whole ? (int)prefix.size : 0;
}

static int take_over(struct spool *spool, uint64_t length, struct error *error) {
    struct spool_header header = {0};
    if (pread(spool->fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        header.magic != SPOOL_MAGIC || header.first < BLOCK || header.first > length) {
        return error_set(error, -EINVAL,
                         "it is not a spool file of this version of dpae; move it away");
    }
    uint8_t *record = malloc(SPOOL_RECORD_MAX);
    if (!record) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    spool->first = header.first;
    spool->end = header.first;
    int size;
    while ((size = record_at(spool, spool->end, record, SPOOL_RECORD_MAX)) > 0) {
        spool->end += sizeof(struct prefix) + (uint32_t)size;
        spool->records++;
    }
    free(record);
    if (size < 0) {
        return error_set(error, size, "%s", strerrordesc_np(-size));
    }
    spool->torn = length - spool->end;
    return 0;
}

/* Rejects a file that another user may have planted: the directory may be writable by all. */
static int check_file(struct spool *spool, struct error *error) {
    struct stat about;
    if (fstat(spool->fd, &about) != 0) {
        return error_set(error, -errno, "%s", strerrordesc_np(errno));
    }
    if (!S_ISREG(about.st_mode) || about.st_uid != geteuid() || about.st_nlink != 1 ||
        (about.st_mode & 077) != 0) {
        return error_set(
            error, -EPERM,
            "it is not a private file of this user (mode 0600, one link); move it away");
    }
    if (flock(spool->fd, LOCK_EX | LOCK_NB) != 0) {
        return error_set(error, -errno, "another dpae is using it");
    }
    spool->first = spool->end = BLOCK;
    if (about.st_size > 0 && take_over(spool, (uint64_t)about.st_size, error) != 0) {
        return error->code;
    }
    if (ftruncate(spool->fd, (off_t)spool->end) != 0 || write_header(spool) != 0) {
        return error_set(error, -errno, "%s", strerrordesc_np(errno));
    }
    return 0;
}

int spool_open(struct spool **out, const char *path, uint64_t max_bytes, struct error *error) {
    *out = NULL;
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool) {
        return error_set(error, -ENOMEM, "spool: out of memory");
    }
    spool->max_bytes = max_bytes;
    spool->holes = true;
    spool->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result = spool->fd >= 0 ? 0 : error_set(error, -errno, "%s", strerrordesc_np(errno));
    if (result == 0) {
        result = check_file(spool, error);
    }
    if (result != 0) {
        spool_close(spool);
        return error_prefix(error, "spool %s: ", path);
    }
    spool_rewind(spool);
    *out = spool;
    return 0;
}

void spool_close(struct spool *spool) {
    if (spool) {
        if (spool->fd >= 0) {
            close(spool->fd);
        }
        free(spool);
    }
}

/* Disk space in use. */
static uint64_t occupied(const struct spool *spool) {
    return spool->end - (spool->holes ? spool->first : 0);
}

int spool_append(struct spool *spool, const void *record, uint32_t size) {
    static const uint32_t front = sizeof(struct prefix);
    uint8_t bytes[SPOOL_RECORD_MAX + sizeof(struct prefix)];
    if (size == 0 || size > SPOOL_RECORD_MAX) {
        return -EINVAL;
    }
    if (occupied(spool) + front + size > spool->max_bytes) {
        return -ENOSPC;
    }
    const struct prefix prefix = {.size = size, .checksum = checksum(record, size)};
    memcpy(bytes, &prefix, front);
    memcpy(bytes + front, record, size);
    const ssize_t written = pwrite(spool->fd, bytes, front + size, (off_t)spool->end);
    if (written != (ssize_t)front + (ssize_t)size) {
        /* The disk is full, but not the spool. */
        return written < 0 && errno != ENOSPC ? -errno : -EIO;
    }
    spool->end += front + size;
    spool->records++;
    return 0;
}

int spool_read(struct spool *spool, void *record, uint32_t max) {
    if (spool->next >= spool->end) {
        return 0;
    }
    const int size = record_at(spool, spool->next, record, max);
    if (size < 0) {
        return size; /* the file may become readable again */
    }
    if (size == 0) { /* it was valid when written; the offset of the next record is unknown */
        spool->end = spool->next;
        spool->records = spool->read;
        return -EBADMSG;
    }
    spool->next += sizeof(struct prefix) + (uint32_t)size;
    spool->read++;
    return size;
}

void spool_rewind(struct spool *spool) {
    spool->next = spool->first;
    spool->read = 0;
}

/* If this fails, the records are read and written again after the next start, which is
 * harmless. */
static void give_back(struct spool *spool) {
    if (spool->records == 0) {
        spool->first = spool->next = spool->end = BLOCK;
        spool->holes = true;
        if (write_header(spool) == 0 && ftruncate(spool->fd, (off_t)BLOCK) == 0) {
            return;
        }
    }
    if (write_header(spool) == 0 && spool->holes && spool->first >= 2 * BLOCK) {
        spool->holes = fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                 (off_t)BLOCK, (off_t)(spool->first / BLOCK * BLOCK - BLOCK)) == 0;
    }
}

void spool_forget(struct spool *spool) {
    spool->first = spool->next;
    spool->records -= spool->read;
    spool->read = 0;
    give_back(spool);
}

uint64_t spool_records(const struct spool *spool) {
    return spool->records;
}

uint64_t spool_bytes(const struct spool *spool) {
    return spool->end - spool->first;
}

uint64_t spool_torn(const struct spool *spool) {
    return spool->torn;
}
