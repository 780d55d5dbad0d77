#include "capture/libpcap.h"

#include "capture/capture_reader.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* libpcap's bytes are valid only until its next packet, so a batch is copied. It ends when the
 * largest frame might not fit: one buffer of fixed size, of which small frames touch little. */
enum { BATCH_BYTES = 2 * CAPTURE_FRAME_MAX };

/* The upper bits of a file's link type (draft-ietf-opsawg-pcap section 4): each frame ends with an
 * FCS of this many 16-bit words. */
#define FCS_PRESENT 0x04000000u
#define FCS_SHIFT   28

/* The kernel passes on a block of the ring when it is full, or this long after its first frame. */
enum { BLOCK_TIMEOUT_MS = 1 };

struct libpcap {
    pcap_t *handle;
    enum link_type link;
    uint32_t fcs; /* bytes at the end of each frame */
    bool failed;
    uint8_t *bytes; /* the frames of the batch */
    /* The batch being filled. */
    struct frame *frames;
    unsigned count;
    size_t used; /* bytes in use */
};

static struct libpcap *allocate(struct error *error) {
    struct libpcap *pcap = calloc(1, sizeof *pcap);
    if (!pcap || !(pcap->bytes = malloc(BATCH_BYTES))) {
        free(pcap);
        error_set(error, -ENOMEM, "out of memory for the packets");
        return NULL;
    }
    return pcap;
}

int libpcap_open_stream(struct libpcap **pcap, FILE *stream, struct error *error) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    int result = 0;
    *pcap = NULL;
    struct libpcap *opened = allocate(error);
    if (!opened) {
        (void)fclose(stream);
        return error->code;
    }
    opened->handle =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (!opened->handle) {
        (void)fclose(stream);
        result = error_set(error, -EBADMSG, "%s", reason);
        goto out;
    }
    const int number = pcap_datalink(opened->handle);
    if (!frame_link_type((uint32_t)number, &opened->link)) {
        const char *name = pcap_datalink_val_to_name(number);
        result = error_set(error, -EPROTONOSUPPORT,
                           "link type %d (%s) is not supported; capture from an Ethernet "
                           "interface, \"any\" or a raw IP tunnel",
                           number, name ? name : "unknown");
        goto out;
    }
    const uint32_t bits = (uint32_t)pcap_datalink_ext(opened->handle);
    opened->fcs = (bits & FCS_PRESENT) != 0 ? (bits >> FCS_SHIFT) * 2 : 0;
    *pcap = opened;
    opened = NULL;
out:
    libpcap_close(opened);
    return result;
}

static int set_up(pcap_t *handle, uint32_t buffer_bytes) {
    const int size = buffer_bytes < INT32_MAX ? (int)buffer_bytes : INT32_MAX;
    return pcap_set_promisc(handle, 1) | pcap_set_snaplen(handle, CAPTURE_FRAME_MAX) |
           pcap_set_buffer_size(handle, size) | pcap_set_timeout(handle, BLOCK_TIMEOUT_MS) |
           pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
}

static int set_activation_error(pcap_t *handle, int status, const char *interface,
                                struct error *error) {
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return error_set(error, -ENODEV, "%s: no such interface; `ip link` lists the interfaces",
                         interface);
    case PCAP_ERROR_IFACE_NOT_UP:
        return error_set(error, -ENETDOWN,
                         "%s: the interface is down; `ip link set dev %s up` brings it up",
                         interface, interface);
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return error_set(error, -EPERM,
                         "%s: not permitted to capture; run as root, or give the program the "
                         "capability CAP_NET_RAW (setcap cap_net_raw+ep FILE)",
                         interface);
    default:
        return error_set(error, -EIO, "%s: cannot capture: %s (%s)", interface,
                         pcap_statustostr(status), pcap_geterr(handle));
    }
}

static int activate(pcap_t *handle, const char *interface, struct error *error) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    const int status = pcap_activate(handle);
    if (status < 0) {
        return set_activation_error(handle, status, interface, error);
    }
    if (status == PCAP_WARNING_PROMISC_NOTSUP) {
        return error_set(error, -EIO,
                         "%s: cannot be made promiscuous, so most traffic would be missed; "
                         "use another interface",
                         interface);
    }
    if (pcap_datalink(handle) != DLT_EN10MB) {
        return error_set(error, -EPROTONOSUPPORT,
                         "%s: is not an Ethernet interface; name the one connected to the switch",
                         interface);
    }
    if (pcap_setnonblock(handle, 1, reason) != 0) {
        return error_set(error, -EIO, "%s: cannot be set non-blocking: %s", interface, reason);
    }
    return 0;
}

int libpcap_ignore_outgoing(struct libpcap *pcap, const char *interface, struct error *error) {
    if (pcap_setdirection(pcap->handle, PCAP_D_IN) != 0) {
        return error_set(error, -EIO, "%s: cannot exclude this host's own frames: %s", interface,
                         pcap_geterr(pcap->handle));
    }
    return 0;
}

int libpcap_open_live(struct libpcap **pcap, const char *interface, uint32_t buffer_bytes,
                      struct error *error) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    int result;
    *pcap = NULL;
    struct libpcap *opened = allocate(error);
    if (!opened) {
        return error->code;
    }
    opened->link = LINK_ETHERNET;
    opened->handle = pcap_create(interface, reason);
    if (!opened->handle) {
        result = error_set(error, -EIO, "%s: cannot capture: %s", interface, reason);
        goto out;
    }
    if (set_up(opened->handle, buffer_bytes) != 0) {
        result = error_set(
            error, -EIO, "%s: libpcap rejects the settings; use version 1.10 or later", interface);
        goto out;
    }
    result = activate(opened->handle, interface, error);
    if (result == 0) {
        *pcap = opened;
        opened = NULL;
    }
out:
    libpcap_close(opened);
    return result;
}

/* Concatenates the programs: frames that the first accepts go to the second. */
static int join_programs(const struct bpf_program *first, const struct live_filter *second,
                         struct bpf_program *joined, struct error *error) {
    const unsigned length = first->bf_len + second->length;
    struct bpf_insn *code = calloc(length, sizeof *code);
    if (!code) {
        return error_set(error, -ENOMEM, "out of memory for the filter");
    }
    for (unsigned i = 0; i < first->bf_len; i++) {
        const struct bpf_insn *from = &first->bf_insns[i];
        const bool accepts = from->code == (BPF_RET | BPF_K) && from->k != 0;
        code[i] =
            accepts ? (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, first->bf_len - i - 1) : *from;
    }
    for (unsigned i = 0; i < second->length; i++) {
        const struct sock_filter *from = &second->code[i];
        code[first->bf_len + i] = (struct bpf_insn){from->code, from->jt, from->jf, from->k};
    }
    *joined = (struct bpf_program){.bf_len = length, .bf_insns = code};
    return 0;
}

int libpcap_set_filter(struct libpcap *pcap, const char *expression,
                       const struct live_filter *split, struct error *error) {
    struct bpf_program compiled = {0}, joined = {0};
    if (expression &&
        pcap_compile(pcap->handle, &compiled, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return error_set(error, -EINVAL, "filter \"%s\": %s; see `man pcap-filter` for the syntax",
                         expression, pcap_geterr(pcap->handle));
    }
    int result = join_programs(&compiled, split, &joined, error);
    if (result == 0 && pcap_setfilter(pcap->handle, &joined) != 0) {
        result = error_set(error, -EIO, "the filter cannot be set: %s", pcap_geterr(pcap->handle));
    }
    free(joined.bf_insns);
    pcap_freecode(&compiled);
    return result;
}

int libpcap_fd(const struct libpcap *pcap) {
    return pcap_fileno(pcap->handle);
}

/* A pcap file has unsigned 32-bit seconds; libpcap returns them signed. */
static uint64_t unsigned_seconds(const struct pcap_pkthdr *header) {
    return header->ts.tv_sec < 0 ? (uint32_t)header->ts.tv_sec : (uint64_t)header->ts.tv_sec;
}

/* pcap_handler: appends a copy of the frame to the batch. */
static void append_frame(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes) {
    struct libpcap *pcap = (struct libpcap *)(void *)context;
    struct frame *frame = &pcap->frames[pcap->count++];
    *frame = (struct frame){
        .data = pcap->bytes + pcap->used,
        .time_ns = capture_time_ns(unsigned_seconds(header), (uint64_t)header->ts.tv_usec),
        .captured = header->caplen,
        .length = header->len > header->caplen ? header->len : header->caplen,
        .link = pcap->link,
    };
    if (frame->length > pcap->fcs) {
        frame->length -= pcap->fcs;
    }
    if (frame->captured > frame->length) {
        frame->captured = frame->length;
    }
    if (frame->captured > CAPTURE_FRAME_MAX) {
        frame->captured = CAPTURE_FRAME_MAX;
    }
    memcpy(pcap->bytes + pcap->used, bytes, frame->captured);
    pcap->used += frame->captured;
    if (BATCH_BYTES - pcap->used < CAPTURE_FRAME_MAX) {
        pcap_breakloop(pcap->handle);
    }
}

int libpcap_next(struct libpcap *pcap, struct frame *frames, unsigned max) {
    int status = 0;
    pcap->frames = frames;
    pcap->count = 0;
    pcap->used = 0;
    if (max == 0 || pcap->failed) {
        return pcap->failed ? -EIO : 0;
    }
    /* A break requested by the last frame of a batch takes effect in the next call. */
    do {
        status = pcap_dispatch(pcap->handle, (int)max, append_frame, (u_char *)pcap);
    } while (status == PCAP_ERROR_BREAK && pcap->count == 0);
    pcap->failed = status == PCAP_ERROR;
    return pcap->failed && pcap->count == 0 ? -EIO : (int)pcap->count;
}

const char *libpcap_reason(struct libpcap *pcap) {
    return pcap_geterr(pcap->handle);
}

void libpcap_close(struct libpcap *pcap) {
    if (pcap) {
        if (pcap->handle) {
            pcap_close(pcap->handle); /* also closes the stream */
        }
        free(pcap->bytes);
        free(pcap);
    }
}
