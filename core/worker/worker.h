#ifndef DPAE_WORKER_WORKER_H
#define DPAE_WORKER_WORKER_H

/* The data-plane process of one interface and core: captures, classifies, returns frames. Started
 * by the control process as `dpae worker`, with open files at these numbers. */
enum worker_fd {
    WORKER_FD_SHARED = 3, /* struct worker_shared */
    WORKER_FD_TABLE = 4,  /* the flow table */
    WORKER_FD_EVENTS = 5, /* eventfd: written when events were put into the ring */
    WORKER_FD_NAMES = 6,  /* names of servers: core/identity/names.h */
    WORKER_FD_CONFIG = 7, /* config.yaml as it was when the daemon started, without secrets */
    WORKER_FD_ORDERS = 8, /* struct worker_orders, for reading */
    WORKER_FD_COUNT = 6
};

#define WORKER_COMMAND "worker"

/* argv: worker INTERFACE NUMBER WORKERS CONFIG (the path that the text is from). Returns an enum
 * worker_exit. */
int worker_main(int argc, char **argv);

#endif
