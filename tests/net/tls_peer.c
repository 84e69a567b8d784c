/*
 * A raw TLS peer over a non-blocking socket.
 */
#include "tls_peer.h"

#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

/* OpenSSL has one queue of errors for a thread: ours and the library's. */
static void begin(void)
{
    ERR_clear_error();
    peer_begin();
}

/* True: again; false: that is its last word. */
static bool again(pusher_loop *loop, SSL *ssl, int rc)
{
    int error = SSL_get_error(ssl, rc);
    bool wanted = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    if (wanted)
        peer_step(loop);
    ERR_clear_error();
    return wanted;
}

SSL *tls_peer_accept(pusher_loop *loop, int fd, SSL_CTX *context)
{
    SSL *ssl = SSL_new(context);
    int rc;
    assert_non_null(ssl);
    SSL_set_fd(ssl, fd);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    begin();
    while ((rc = SSL_accept(ssl)) <= 0 && again(loop, ssl, rc))
        ;
    if (rc > 0)
        return ssl;
    tls_peer_end(ssl, false);
    return NULL;
}

void tls_peer_send(pusher_loop *loop, SSL *ssl, const void *bytes, size_t len)
{
    begin();
    while (len) {
        size_t sent = 0;
        int rc = SSL_write_ex(ssl, bytes, len, &sent);
        assert_true(rc > 0 || again(loop, ssl, rc));
        bytes = (const char *)bytes + sent;
        len -= sent;
    }
}

static size_t read_some(pusher_loop *loop, SSL *ssl, void *out, size_t size)
{
    size_t got = 0;
    int rc = SSL_read_ex(ssl, out, size, &got);
    assert_true(rc > 0 || again(loop, ssl, rc));
    return got;
}

void tls_peer_read(pusher_loop *loop, SSL *ssl, char *out, size_t size, const char *end)
{
    size_t len = 0;
    begin();
    do {
        assert_true(len + 1 < size);
        len += read_some(loop, ssl, out + len, size - 1 - len);
        out[len] = '\0';
    } while (!strstr(out, end));
}

void tls_peer_read_bytes(pusher_loop *loop, SSL *ssl, void *out, size_t bytes)
{
    size_t len = 0;
    begin();
    while (len < bytes)
        len += read_some(loop, ssl, (char *)out + len, bytes - len);
}

bool tls_peer_expect_end(pusher_loop *loop, SSL *ssl)
{
    char skipped[1024];
    int rc;
    begin();
    do
        rc = SSL_read(ssl, skipped, sizeof skipped);
    while (rc > 0 || again(loop, ssl, rc));
    return SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN;
}

void tls_peer_end(SSL *ssl, bool farewell)
{
    if (!ssl)
        return;
    if (farewell)
        SSL_shutdown(ssl);
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    ERR_clear_error();
}

SSL *tls_peer_accept_websocket(pusher_loop *loop, int listener, SSL_CTX *context)
{
    char head[2048], answer[256];
    SSL *ssl = tls_peer_accept(loop, peer_accept(loop, listener), context);
    assert_non_null(ssl);
    tls_peer_read(loop, ssl, head, sizeof head, "\r\n\r\n");
    assert_true(peer_upgrade_answer(head, answer, sizeof answer));
    tls_peer_send(loop, ssl, answer, strlen(answer));
    return ssl;
}
