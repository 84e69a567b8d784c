/*
 * Why a connection came to nothing: how far it had come, and the cause in words that name
 * it, made of what libwebsockets, the system and TLS know.
 */
#ifndef NET_CAUSE_H
#define NET_CAUSE_H

#include <stdbool.h>

#include <libwebsockets.h>

#include <pusher/types.h>

enum { CAUSE_WORDS_MAX = 160 };

enum cause_stage {
    CAUSE_CONNECT, /* TCP */
    CAUSE_TLS,
    CAUSE_ANSWER /* a request was sent; the answer is missing or wrong */
};

struct cause {
    enum cause_stage stage;
    int http_status;  /* of an answer that was not 101; 0: none */
    int system_error; /* errno; 0: none */
    char words[CAUSE_WORDS_MAX];
};

/* How far the connection has come. `requested`: its HTTP request was sent. `wsi` may be
 * NULL. */
enum cause_stage cause_stage(struct lws *wsi, bool requested);

/*
 * In LWS_CALLBACK_CLIENT_CONNECTION_ERROR: `said` is what libwebsockets says there (NULL:
 * nothing).
 */
void cause_of_failure(struct lws *wsi, bool requested, const char *said,
                      struct cause *ret);

/* The error that the socket ended with, 0 for none. `wsi` may be NULL. */
int cause_system_error(struct lws *wsi);

/* In a callback that tells of the end: true when neither the peer nor the network ended
 * it. Then libwebsockets did, because of what the peer sent. */
bool cause_is_peer_present(struct lws *wsi);

/* Likewise: true when TLS ended it, because of what came and is not of the session. */
bool cause_is_tls_broken(struct lws *wsi);

#endif
