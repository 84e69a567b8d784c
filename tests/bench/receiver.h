/*
 * The harness's side of a receiver: what it is asked to do, the ready line, the counting
 * and the result line. Shared by every receiver written in C, so that they differ only in
 * how an event reaches them. README.md describes the contract.
 */
#ifndef BENCH_RECEIVER_H
#define BENCH_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

enum receiver_mode { RECEIVER_BULK, RECEIVER_PACED, RECEIVER_IDLE };

struct receiver {
    /* From the environment and the command line; the texts live as long as the process.
     */
    const char *host;
    uint16_t port;
    const char *key;
    const char *channel;
    const char *event;
    uint32_t clients;
    uint32_t window; /* connection attempts that may be under way at once */
    uint64_t count;  /* events to wait for, over all clients */
    enum receiver_mode mode;
    const char *ca_file; /* NULL: plain ws */
    bool json;           /* --depth json: read a member of the parsed data */

    uint64_t received;
    uint64_t errors; /* events whose data was not what it should be */
    uint64_t first_ns;
    uint64_t last_ns;
    struct rusage at_ready;
    struct rusage at_end;
    uint32_t *latency_ns; /* paced: one for each event */
};

/* Reads environment and command line. Wrong ones end the process, exit status 1. */
void receiver_init(struct receiver *receiver, int argc, char **argv);

/* Every client is subscribed: writes the ready line, the clock starts. */
void receiver_ready(struct receiver *receiver);

/* The time stamp in `text`, which is data as sent (`escaped`) or decoded; 0 if none. */
uint64_t receiver_stamp(const char *text, size_t len, bool escaped);

/* Counts one event; `t_ns` is its stamp in paced mode. True when it was the last one. */
bool receiver_count(struct receiver *receiver, uint64_t t_ns);

/* Writes the result line and frees what the receiver holds. */
void receiver_finish(struct receiver *receiver);

/* One line on standard error, exit status 1. */
_Noreturn void receiver_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
