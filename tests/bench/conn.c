#include "conn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#ifdef BENCH_HAVE_OPENSSL
#include <openssl/err.h>
#include <openssl/ssl.h>

struct conn_tls *conn_tls_new(const char *cert_file, const char *key_file)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        SSL_CTX_free(ctx);
        return NULL;
    }
    return (struct conn_tls *)ctx;
}

void conn_tls_free(struct conn_tls *tls)
{
    SSL_CTX_free((SSL_CTX *)tls);
}

static int tls_start(struct conn *conn, struct conn_tls *tls)
{
    conn->ssl = SSL_new((SSL_CTX *)tls);
    if (conn->ssl == NULL)
        return -1;
    SSL_set_accept_state(conn->ssl);
    return SSL_set_fd(conn->ssl, conn->fd) == 1 ? 0 : -1;
}

static void tls_stop(struct conn *conn)
{
    SSL_free(conn->ssl);
    conn->ssl = NULL;
}

/* The queue of errors is per thread, so it is emptied lest it confuse the next call. */
static ssize_t tls_result(struct conn *conn, int moved)
{
    int why = SSL_get_error(conn->ssl, moved);

    ERR_clear_error();
    if (moved > 0)
        return moved;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t tls_read(struct conn *conn, char *buf, size_t cap)
{
    return tls_result(conn, SSL_read(conn->ssl, buf, cap > INT_MAX ? INT_MAX : (int)cap));
}

static ssize_t tls_write(struct conn *conn, const char *buf, size_t len)
{
    return tls_result(conn,
                      SSL_write(conn->ssl, buf, len > INT_MAX ? INT_MAX : (int)len));
}

#else

struct conn_tls *conn_tls_new(const char *cert_file, const char *key_file)
{
    fprintf(stderr, "flood: built without OpenSSL; cannot serve %s with %s\n", cert_file,
            key_file);
    return NULL;
}

void conn_tls_free(struct conn_tls *tls)
{
    (void)tls;
}

static int tls_start(struct conn *conn, struct conn_tls *tls)
{
    (void)conn;
    (void)tls;
    return -1;
}

static void tls_stop(struct conn *conn)
{
    conn->ssl = NULL;
}

static ssize_t tls_read(struct conn *conn, char *buf, size_t cap)
{
    (void)conn;
    (void)buf;
    (void)cap;
    return -1;
}

static ssize_t tls_write(struct conn *conn, const char *buf, size_t len)
{
    (void)conn;
    (void)buf;
    (void)len;
    return -1;
}

#endif

int conn_init(struct conn *conn, int fd, struct conn_tls *tls)
{
    conn->fd = fd;
    conn->ssl = NULL;
    if (tls != NULL && tls_start(conn, tls) != 0) {
        conn_close(conn);
        return -1;
    }
    return 0;
}

void conn_close(struct conn *conn)
{
    if (conn->ssl != NULL)
        tls_stop(conn);
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
}

static ssize_t plain_result(ssize_t moved)
{
    if (moved >= 0)
        return moved;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

ssize_t conn_read(struct conn *conn, char *buf, size_t cap)
{
    if (conn->ssl != NULL)
        return tls_read(conn, buf, cap);

    ssize_t got = read(conn->fd, buf, cap);
    return got == 0 ? -1 : plain_result(got);
}

ssize_t conn_write(struct conn *conn, const char *buf, size_t len)
{
    if (conn->ssl != NULL)
        return tls_write(conn, buf, len);
    return plain_result(write(conn->fd, buf, len));
}
