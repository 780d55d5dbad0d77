#include "packet/capture_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* libpcap's bytes are gone with its next packet, so a batch is copied. It ends when the largest
 * frame would not fit any more: one buffer of fixed size, of which small frames touch little. */
enum { BATCH_BYTES = 2 * CAPTURE_FRAME_MAX };

/* The upper bits of a file's link type (draft-ietf-opsawg-pcap section 4): each frame ends with an
 * FCS of so many 16-bit words. */
#define FCS_PRESENT 0x04000000u
#define FCS_SHIFT   28

struct capture_libpcap {
    const char *path;
    struct capture_input *input;
    pcap_t *pcap;
    uint8_t *batch;
    enum link_type link;
    uint32_t fcs;         /* bytes at the end of each frame */
    uint64_t packets;     /* returned so far */
    bool failed;          /* the batch before was the last one, error says why */
    struct error failure; /* of the packet after the batch */
};

static int open_stream(struct capture_libpcap *reader, struct error *error) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = capture_input_stream(reader->input);
    if (!stream) {
        return error_set(error, -ENOMEM, "%s: no memory left to read it", reader->path);
    }
    reader->pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (!reader->pcap) {
        (void)fclose(stream);
        const char *fault = capture_input_fault(reader->input);
        return error_set(error, -EBADMSG,
                         "%s: is no capture that can be read (%s); pcap and pcapng files can, "
                         "gzip'd too",
                         reader->path, fault ? fault : reason);
    }
    const int number = pcap_datalink(reader->pcap);
    if (!capture_link_type((uint32_t)number, &reader->link)) {
        const char *name = pcap_datalink_val_to_name(number);
        return error_set(error, -EPROTONOSUPPORT,
                         "%s: link type %d (%s) is not supported; capture from an Ethernet "
                         "interface, \"any\" or a raw IP tunnel",
                         reader->path, number, name ? name : "unknown");
    }
    const uint32_t bits = (uint32_t)pcap_datalink_ext(reader->pcap);
    reader->fcs = (bits & FCS_PRESENT) != 0 ? (bits >> FCS_SHIFT) * 2 : 0;
    return 0;
}

int capture_libpcap_open(struct capture_libpcap **reader, const char *path, int fd,
                         struct error *error) {
    struct capture_libpcap *opened = calloc(1, sizeof *opened);
    struct capture_input *input;
    *reader = NULL;
    int result = capture_input_open(&input, path, fd, error);
    if (result != 0) {
        goto out;
    }
    if (!opened || !(opened->batch = malloc(BATCH_BYTES))) {
        capture_input_close(input);
        result = error_set(error, -ENOMEM, "%s: no memory left to read it", path);
        goto out;
    }
    opened->path = path;
    opened->input = input;
    result = open_stream(opened, error);
    if (result == 0) {
        *reader = opened;
        opened = NULL;
    }
out:
    capture_libpcap_close(opened);
    return result;
}

/* A pcap file's seconds are 32 bits without a sign; libpcap gives them one. */
static uint64_t seconds_of(const struct pcap_pkthdr *header) {
    return header->ts.tv_sec < 0 ? (uint32_t)header->ts.tv_sec : (uint64_t)header->ts.tv_sec;
}

/* The frame that libpcap found, its bytes copied to place. */
static struct frame copy_frame(const struct capture_libpcap *reader,
                               const struct pcap_pkthdr *header, const u_char *bytes,
                               uint8_t *place) {
    struct frame frame = {
        .data = place,
        .time_ns = capture_time_ns(seconds_of(header), (uint64_t)header->ts.tv_usec),
        .captured = header->caplen,
        .length = header->len > header->caplen ? header->len : header->caplen,
        .link = reader->link,
    };
    if (frame.length > reader->fcs) {
        frame.length -= reader->fcs;
    }
    if (frame.captured > frame.length) {
        frame.captured = frame.length;
    }
    if (frame.captured > CAPTURE_FRAME_MAX) {
        frame.captured = CAPTURE_FRAME_MAX;
    }
    memcpy(place, bytes, frame.captured);
    return frame;
}

static void fail(struct capture_libpcap *reader) {
    const char *fault = capture_input_fault(reader->input);
    reader->failed = true;
    error_set(&reader->failure, -EBADMSG,
              "%s: packet %" PRIu64 " cannot be read: %s; copy or capture the file again%s",
              reader->path, reader->packets + 1, fault ? fault : pcap_geterr(reader->pcap),
              fault ? "" : ", or split it by interface if it has several");
}

int capture_libpcap_next(struct capture_libpcap *reader, struct frame *frames, unsigned max,
                         struct error *error) {
    unsigned count = 0;
    size_t used = 0;
    while (!reader->failed && count < max && BATCH_BYTES - used >= CAPTURE_FRAME_MAX) {
        struct pcap_pkthdr *header;
        const u_char *bytes;
        const int result = pcap_next_ex(reader->pcap, &header, &bytes);
        if (result == PCAP_ERROR_BREAK) {
            break;
        }
        if (result != 1) {
            fail(reader);
            break;
        }
        frames[count] = copy_frame(reader, header, bytes, reader->batch + used);
        used += frames[count++].captured;
        reader->packets++;
    }
    if (count == 0 && reader->failed) {
        *error = reader->failure;
        return error->code;
    }
    return (int)count;
}

uint64_t capture_libpcap_position(const struct capture_libpcap *reader) {
    return capture_input_position(reader->input);
}

void capture_libpcap_close(struct capture_libpcap *reader) {
    if (reader) {
        if (reader->pcap) {
            pcap_close(reader->pcap); /* closes the stream too */
        }
        capture_input_close(reader->input);
        free(reader->batch);
        free(reader);
    }
}
