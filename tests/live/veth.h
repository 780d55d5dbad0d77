#ifndef DPAE_TESTS_VETH_H
#define DPAE_TESTS_VETH_H

/* A veth pair in a network namespace that nobody else is in: "near" is the interface under test, on
 * "far" the test is the rest of the world. Neither has addresses, so that the only frames are the
 * test's. */

#include "capture/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Moves the program into a namespace of its own. Where that is not permitted it says so and ends
 * with the exit code that ctest takes for "skipped". */
void veth_enter_namespace(const char *program);

/* cmocka's set-up and tear-down of a test: both interfaces are new, and up. */
int veth_create(void **state);
int veth_delete(void **state);

/* Runs a command of the shell, which has to succeed. */
void veth_command(const char *command);

/* Runs a function in a child process without privileges; its result is what it returns (0 to 255).
 */
int veth_without_privileges(int (*function)(void));

/* A packet socket of the test on an interface; it sees all frames that come in. */
int veth_socket(const char *interface);

struct veth_frame {
    uint32_t size;
    uint8_t bytes[2048];
};

/* Ethernet, tags (TPIDs, a 0 ends), an IPv4 header from 10.0.0.0 + client to 192.0.2.0 + server (or
 * back) and UDP to port 53; number in the payload, then a pattern up to the size. */
struct veth_look {
    uint32_t number, client, server, size;
    bool back;
    uint16_t tags[3];
};
void veth_build(struct veth_frame *frame, const struct veth_look *look);

/* Of a frame that veth_build() made without tags. */
uint32_t veth_number(const struct frame *frame);

/* Sends all of the frames, in order. */
void veth_send(int fd, const struct veth_frame *frames, unsigned count);

/* Receives one frame within 200 ms, as it was sent; its tag in the bytes. 0: none came. */
uint32_t veth_receive(int fd, struct veth_frame *frame);

/* A capture on near that has to open. */
struct live *veth_open(unsigned worker, unsigned workers, uint32_t buffer_bytes,
                       const char *filter);

/* The next frames within so long; fails the test on an error. */
unsigned veth_next(struct live *live, struct frame *frames, unsigned max, int timeout_ms);

#endif
