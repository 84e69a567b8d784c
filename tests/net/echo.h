/*
 * A WebSocket server on a thread of its own that sends every text back, for tests that
 * have no time to play the other end.
 */
#ifndef NET_TEST_ECHO_H
#define NET_TEST_ECHO_H

#include <stdint.h>

struct echo;

struct echo *echo_start(uint16_t *ret_port);
/* Ends its connections and waits for the thread. */
void echo_stop(struct echo *echo);

#endif
