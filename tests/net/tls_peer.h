/*
 * The other end of a TLS connection; each step lets the loop under test run until it is
 * done, as those of peer.h do.
 */
#ifndef NET_TEST_TLS_PEER_H
#define NET_TEST_TLS_PEER_H

#include <openssl/ssl.h>

#include "peer.h"

/* NULL when the handshake fails. Takes the socket in either case. */
SSL *tls_peer_accept(pusher_loop *loop, int fd, SSL_CTX *context);
void tls_peer_send(pusher_loop *loop, SSL *ssl, const void *bytes, size_t len);
/* Reads until `end` has come. */
void tls_peer_read(pusher_loop *loop, SSL *ssl, char *out, size_t size, const char *end);
void tls_peer_read_bytes(pusher_loop *loop, SSL *ssl, void *out, size_t bytes);
/* Until the other side has ended the session; true when it said so (close_notify). */
bool tls_peer_expect_end(pusher_loop *loop, SSL *ssl);
/* Ends the connection; `farewell`: with close_notify. */
void tls_peer_end(SSL *ssl, bool farewell);

SSL *tls_peer_accept_websocket(pusher_loop *loop, int listener, SSL_CTX *context);

#endif
