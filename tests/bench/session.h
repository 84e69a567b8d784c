/*
 * One client as the load source sees it: upgrade, greeting, subscription, pings, close,
 * and a buffer of what is still to be written to it.
 *
 * It speaks just enough of protocol 7 for a client with one public channel.
 */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

#define SESSION_IN_MAX 4096 /* an upgrade request, or a client's longest message */

enum session_phase { SESSION_UPGRADE, SESSION_OPEN, SESSION_GONE };

struct session {
    struct conn conn;
    enum session_phase phase;
    bool subscribed;  /* stays true when it is gone */
    unsigned number;  /* from 1; makes the socket id */
    uint64_t sent;    /* events put into the buffer */
    uint64_t quota;   /* events to send in all */
    const char *why;  /* what a GONE client did wrong; NULL: it just left */
    uint32_t watched; /* epoll events asked for */

    char *out;
    size_t out_at; /* written so far */
    size_t out_len;
    size_t out_cap;
    bool events_out; /* the buffer holds events, not just answers */
    size_t in_len;
    char in[SESSION_IN_MAX + 1];
};

/* A session with room for `out_cap` unwritten bytes; owns `conn`. NULL: out of memory. */
struct session *session_new(struct conn conn, unsigned number, size_t out_cap);
void session_free(struct session *session);

/* Reads and answers all there is; the phase tells what came of it. */
void session_read(struct session *session, const char *channel);

/* Writes what the connection takes. */
void session_flush(struct session *session);

/* Where to put up to `len` more bytes, NULL if there is no room; then commit them. */
char *session_reserve(struct session *session, size_t len);
void session_commit(struct session *session, size_t len);

static inline int session_pending(const struct session *session)
{
    return session->out_len > session->out_at;
}

#endif
