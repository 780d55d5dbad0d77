#include "daemon/offload.h"

#include "base/log.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool call(int fd, const char *interface, uint32_t command, uint32_t *data) {
    struct ethtool_value value = {.cmd = command, .data = *data};
    struct ifreq request = {.ifr_data = (char *)&value};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    const bool done = ioctl(fd, SIOCETHTOOL, &request) == 0;
    *data = value.data;
    return done;
}

static bool gro_is_on(int fd, const char *interface) {
    uint32_t on = 0;
    return call(fd, interface, ETHTOOL_GGRO, &on) && on;
}

static bool lro_is_on(int fd, const char *interface) {
    uint32_t flags = 0;
    return call(fd, interface, ETHTOOL_GFLAGS, &flags) && flags & ETH_FLAG_LRO;
}

static void set_gro(int fd, const char *interface, bool on) {
    uint32_t value = on;
    if (!call(fd, interface, ETHTOOL_SGRO, &value)) {
        log_warning(LOG_SNIFF, "%s: GRO cannot be switched %s: %s", interface, on ? "on" : "off",
                    strerrordesc_np(errno));
    }
}

static void set_lro(int fd, const char *interface, bool on) {
    uint32_t flags = 0;
    const uint32_t lro = ETH_FLAG_LRO;
    bool done = call(fd, interface, ETHTOOL_GFLAGS, &flags);
    flags = on ? flags | lro : flags & ~lro;
    done = done && call(fd, interface, ETHTOOL_SFLAGS, &flags);
    if (!done) {
        log_warning(LOG_SNIFF, "%s: LRO cannot be switched %s: %s", interface, on ? "on" : "off",
                    strerrordesc_np(errno));
    }
}

void offload_switch_off(const char *interface, struct offloads *before) {
    *before = (struct offloads){0};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    before->gro = gro_is_on(fd, interface);
    before->lro = lro_is_on(fd, interface);
    if (before->gro) {
        set_gro(fd, interface, false);
    }
    if (before->lro) {
        set_lro(fd, interface, false);
    }
    if (before->gro || before->lro) {
        log_info(LOG_SNIFF, "%s: GRO/LRO switched off while dpae runs", interface);
    }
    close(fd);
}

void offload_restore(const char *interface, const struct offloads *before) {
    const int fd = before->gro || before->lro ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return;
    }
    if (before->gro) {
        set_gro(fd, interface, true);
    }
    if (before->lro) {
        set_lro(fd, interface, true);
    }
    close(fd);
}
