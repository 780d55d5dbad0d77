#include "daemon/crash.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A pcap file with nanoseconds: draft-ietf-opsawg-pcap. Host byte order. */
struct pcap_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2], snaplen, link;
};

struct pcap_record {
    uint32_t seconds, nanoseconds, captured, length;
};

static bool write_frames(FILE *file, const struct worker_shared *shared) {
    const struct pcap_header header = {
        .magic = 0xa1b23c4d, .major = 2, .minor = 4, .snaplen = SHARED_FRAME_BYTES, .link = 1};
    if (fwrite(&header, sizeof header, 1, file) != 1) {
        return false;
    }
    const uint64_t seen = atomic_load_explicit(&shared->frames_seen, memory_order_acquire);
    for (uint64_t i = seen > SHARED_LAST_FRAMES ? seen - SHARED_LAST_FRAMES : 0; i < seen; i++) {
        const struct shared_frame *frame = &shared->last[i % SHARED_LAST_FRAMES];
        const uint32_t captured =
            frame->captured < SHARED_FRAME_BYTES ? frame->captured : SHARED_FRAME_BYTES;
        const struct pcap_record record = {.seconds = (uint32_t)(frame->time_ns / NS_PER_S),
                                           .nanoseconds = (uint32_t)(frame->time_ns % NS_PER_S),
                                           .captured = captured,
                                           .length = frame->length};
        if (fwrite(&record, sizeof record, 1, file) != 1 ||
            fwrite(frame->bytes, 1, captured, file) != captured) {
            return false;
        }
    }
    return true;
}

void crash_save(struct child *child, const char *directory) {
    char path[sizeof child->crash_file];
    snprintf(path, sizeof path, "%s/dpae-crash-%s-%u-%llu.pcap", directory, child->interface,
             child->number, (unsigned long long)(clock_wall_ns() / NS_PER_S));
    /* Packets are nobody else's business. */
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    bool saved = file && write_frames(file, child->shared);
    if (file) {
        saved &= fclose(file) == 0;
    } else if (fd >= 0) {
        close(fd);
    }
    if (saved) {
        memcpy(child->crash_file, path, sizeof child->crash_file);
        log_critical(LOG_NMETA_DPAE,
                     "%s: worker %u died %u times in a row; the last frames that it saw are in %s",
                     child->interface, child->number, child->failures, path);
    } else {
        log_error(LOG_NMETA_DPAE, "%s: the last frames of worker %u cannot be saved: %s: %s",
                  child->interface, child->number, path, strerrordesc_np(errno));
    }
}
