#include "capture/live_filter.h"

#include "packet/decode_layers.h"

/* The kernel strips a frame's outermost tag from its bytes; inner tags, and those that libpcap
 * restored, are present. So the program inspects bytes only and follows the tags it finds. */
enum { TAGS_MAX = 4, TAG_SIZE = 4 };

enum { ETHERNET_TYPE = 12, ETHERNET_HEADER = 14 };

/* The two addresses are adjacent (RFC 791 section 3.1, RFC 8200 section 3). */
enum { IPV4_ADDRESSES = 12, IPV4_WORDS = 2, IPV6_ADDRESSES = 8, IPV6_WORDS = 8 };

/* Knuth's multiplier spreads adjacent sums over the upper bits. */
#define SPREAD       2654435761u
#define SPREAD_SHIFT 16

#define ACCEPT UINT32_MAX /* the whole frame */

/* Placeholder targets of jumps, until resolve_jumps() fills in the distance. */
enum { JUMP_TO_SUM, JUMP_TO_OTHER };

static void emit_jump(struct live_filter *filter, uint16_t code, uint32_t k, uint8_t jt,
                      uint8_t jf) {
    filter->code[filter->length++] = (struct sock_filter)BPF_JUMP(code, k, jt, jf);
}

static void emit(struct live_filter *filter, uint16_t code, uint32_t k) {
    emit_jump(filter, code, k, 0, 0);
}

/* A load past the end of the frame ends the program with "reject", in every worker. */
static void emit_length_check(struct live_filter *filter, uint32_t bytes) {
    emit(filter, BPF_LD | BPF_W | BPF_LEN, 0);
    emit_jump(filter, BPF_JMP | BPF_JGE | BPF_K, bytes, 1, 0);
    emit(filter, BPF_JMP | BPF_JA, JUMP_TO_OTHER);
}

/* If A is this ethertype, sets A to the sum of the words of both addresses. */
static void emit_addresses(struct live_filter *filter, uint32_t ethertype, uint32_t at,
                           uint32_t words) {
    const unsigned test = filter->length;
    emit_jump(filter, BPF_JMP | BPF_JEQ | BPF_K, ethertype, 0, 0);
    emit_length_check(filter, at + 4 * words);
    emit(filter, BPF_LD | BPF_W | BPF_ABS, at);
    for (uint32_t i = 1; i < words; i++) {
        emit(filter, BPF_MISC | BPF_TAX, 0);
        emit(filter, BPF_LD | BPF_W | BPF_ABS, at + 4 * i);
        emit(filter, BPF_ALU | BPF_ADD | BPF_X, 0);
    }
    emit(filter, BPF_JMP | BPF_JA, JUMP_TO_SUM);
    filter->code[test].jf = (uint8_t)(filter->length - test - 1);
}

static void emit_layer(struct live_filter *filter, uint32_t tags) {
    const uint32_t skip = tags * TAG_SIZE, network = ETHERNET_HEADER + skip;
    emit_length_check(filter, network);
    emit(filter, BPF_LD | BPF_H | BPF_ABS, ETHERNET_TYPE + skip);
    emit_addresses(filter, ETHERTYPE_IPV4, network + IPV4_ADDRESSES, IPV4_WORDS);
    emit_addresses(filter, ETHERTYPE_IPV6, network + IPV6_ADDRESSES, IPV6_WORDS);
    if (tags < TAGS_MAX) {
        emit_jump(filter, BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_CTAG, 3, 0);
        emit_jump(filter, BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_STAG, 2, 0);
        emit_jump(filter, BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_QINQ_OLD, 1, 0);
    }
    emit(filter, BPF_JMP | BPF_JA, JUMP_TO_OTHER);
}

static void resolve_jumps(struct live_filter *filter, unsigned sum, unsigned other) {
    for (unsigned i = 0; i < sum; i++) {
        struct sock_filter *code = &filter->code[i];
        if (code->code == (BPF_JMP | BPF_JA)) {
            code->k = (code->k == JUMP_TO_SUM ? sum : other) - i - 1;
        }
    }
}

void live_filter_build(struct live_filter *filter, unsigned worker, unsigned workers) {
    filter->length = 0;
    for (uint32_t tags = 0; tags <= TAGS_MAX; tags++) {
        emit_layer(filter, tags);
    }
    const unsigned sum = filter->length;
    emit(filter, BPF_ALU | BPF_MUL | BPF_K, SPREAD);
    emit(filter, BPF_ALU | BPF_RSH | BPF_K, SPREAD_SHIFT);
    emit(filter, BPF_ALU | BPF_MOD | BPF_K, workers);
    emit_jump(filter, BPF_JMP | BPF_JEQ | BPF_K, worker, 0, 1);
    emit(filter, BPF_RET | BPF_K, ACCEPT);
    emit(filter, BPF_RET | BPF_K, 0);
    const unsigned other = filter->length;
    emit(filter, BPF_RET | BPF_K, worker == 0 ? ACCEPT : 0);
    resolve_jumps(filter, sum, other);
}
