/*
 * A network that a test plays by hand, in virtual time: stands in for lib/net at link
 * time, so that the real client and core run without sockets or clock.
 */
#ifndef SUPPORT_FAKE_NET_H
#define SUPPORT_FAKE_NET_H

#include "net/loop.h"
#include "net/ws.h"

/* Runs tasks and due timers until nothing is due. */
void fake_settle(pusher_loop *loop);

/* Moves the clock forward, stopping at each timer on the way. */
void fake_advance(pusher_loop *loop, uint64_t ms);

/* The clock moves, and nothing runs: the application does something else. */
void fake_stall(pusher_loop *loop, uint64_t ms);

/* How many transports were dialled so far, and how many are not closed yet. */
unsigned fake_dials(const pusher_loop *loop);
unsigned fake_live(const pusher_loop *loop);

/* The transport dialled last, or NULL if the client has closed it or it ended. */
struct ws *fake_ws(const pusher_loop *loop);
bool fake_ws_tls(const struct ws *ws);
const char *fake_ws_request(const struct ws *ws);
const char *fake_ws_host_header(const struct ws *ws);

/* From now on what is dialled waits for its turn, or not; the turn of the last one
 * comes. */
void fake_make_wait(pusher_loop *loop, bool wait);
void fake_turn(pusher_loop *loop);

/* Facts about the last transport. Each settles the loop afterwards. */
void fake_open(pusher_loop *loop);
bool fake_is_open(const pusher_loop *loop); /* there is one, and it is open */
void fake_text(pusher_loop *loop, const char *text);
void fake_binary(pusher_loop *loop);
void fake_end(pusher_loop *loop, enum ws_stage stage, int close_code, const char *reason);

/* Takes the oldest frame the client has sent, or NULL; valid until the next call. Frames
 * are accepted as fast as they come. */
const char *fake_sent(pusher_loop *loop);

/* From now on ws_dial and ws_send fail with this error (0: no more). */
void fake_fail(pusher_loop *loop, int error);

#endif
