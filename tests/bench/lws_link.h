/*
 * Connections on libwebsockets with nothing above it: connect, subscribe, and hand every
 * fragment of later messages to one function. Base of the receivers that our library is
 * compared with.
 *
 * The conditions are the library's own: a private libuv loop handed to libwebsockets,
 * UTF-8 validation on. The receive buffer is the default of 4096 bytes.
 */
#ifndef BENCH_LWS_LINK_H
#define BENCH_LWS_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct receiver;

/* Part of a message on link `number`, from 0. True: it is enough, stop. */
typedef bool (*lws_link_fragment_fn)(struct receiver *receiver, unsigned number,
                                     const char *bytes, size_t len, bool first,
                                     bool final);

/* Opens receiver->clients links and runs until a fragment says stop. */
void lws_link_run(struct receiver *receiver, lws_link_fragment_fn on_fragment);

#endif
