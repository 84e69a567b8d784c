/*
 * Descriptors: how many the process may have, and what to say when there is none left.
 */
#ifndef NET_DESCRIPTORS_H
#define NET_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include <pusher/log.h>

#include "net/cause.h"

/* Raises the process's soft limit to `wanted`, if it is lower. 0; PUSHER_ERR_LIMIT: the
 * hard limit is lower too, and the log says so. */
int descriptors_raise(uint32_t wanted, const pusher_log *log);

/*
 * The size of libwebsockets' table of descriptors for a loop that is to hold `wanted` (0:
 * not known), as fd_limit_per_thread. 0: one entry for each that the process may have;
 * then `*ret_end` is the first number beyond, else 0.
 */
unsigned descriptors_table_size(uint32_t wanted, unsigned *ret_end);

/*
 * While a loop is made. libuv aborts, and libwebsockets leaves what cannot be ended, when
 * there is no descriptor left for them; and libuv aborts when it closes one of the first
 * three, which are free in a program that has closed its standard streams.
 */
struct descriptors_hold {
    int first[3]; /* those that were free are held: 0, 1, 2; or -1 */
};

/* True: there are enough for a loop, and the first three are taken until the release.
 * False: errno says why. */
bool descriptors_hold(struct descriptors_hold *ret);
void descriptors_release(const struct descriptors_hold *hold);

/* True when one more can be had, and libwebsockets has a place for it. False: `ret` is
 * the cause. `end`: see above. */
bool descriptors_left(unsigned end, struct cause *ret);

#endif
