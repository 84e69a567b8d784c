/*
 * What a load source is asked to do: its command line.
 */
#ifndef BENCH_FLOOD_OPTIONS_H
#define BENCH_FLOOD_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum flood_mode { MODE_BULK, MODE_PACED, MODE_IDLE };

struct flood_options {
    enum flood_mode mode;
    unsigned port;
    unsigned clients;
    uint64_t count; /* events over all clients together */
    size_t size;
    double rate;    /* events a second over all clients together */
    uint64_t burst; /* so many at an instant */
    unsigned settle_ms;
    unsigned timeout_s;
    const char *channel;
    const char *event;
    const char *cert_file;
    const char *key_file;
};

/* Fills `ret`: defaults, then the command line. --help and misuse end the process. */
void flood_options_parse(int argc, char **argv, struct flood_options *ret);

/* One line on standard error, exit status 1. */
_Noreturn void flood_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
