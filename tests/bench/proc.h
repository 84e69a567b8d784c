/*
 * What a process has, as the kernel tells it.
 */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

struct proc {
    long private_kib; /* written memory that nobody shares */
    int descriptors;
    int threads;
};

/* Of this process; ends it with a message when the kernel does not tell. */
struct proc proc_read(void);

#endif
