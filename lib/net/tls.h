/*
 * What only the TLS library can do or knows: the floor of the version, and why a
 * handshake failed (libwebsockets says no more than that it did).
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <libwebsockets.h>

/* At least TLS 1.2, whatever the system's policy says. */
void tls_set_client_options(struct lws_context_creation_info *info);

/* In LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS: errors of handshakes are noted
 * from now on. */
void tls_watch(void *ssl_context);

/* True once a TLS handshake was begun: TCP is up. */
bool tls_begun(struct lws *wsi);

/* True when the peer has said that it ends the session. */
bool tls_ended_by_peer(struct lws *wsi);

/* True when an open session cannot go on, since what came does not belong to it. */
bool tls_broken(struct lws *wsi);

/* Why the handshake failed, in words, or NULL when TLS does not know. Lives as long as
 * the program. */
const char *tls_cause(struct lws *wsi);

#endif
