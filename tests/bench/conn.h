/*
 * A non-blocking byte stream to one client: TCP, or TLS over it where the build has
 * OpenSSL.
 */
#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include <stddef.h>
#include <sys/types.h>

/* Server side of TLS: one certificate for all connections. NULL means plain TCP. */
struct conn_tls;

/* PEM files. NULL on failure, with the reason on standard error. */
struct conn_tls *conn_tls_new(const char *cert_file, const char *key_file);
void conn_tls_free(struct conn_tls *tls);

struct conn {
    int fd;
    void *ssl; /* NULL: plain */
};

/* Takes over `fd`, which must be non-blocking, also on failure (-1). */
int conn_init(struct conn *conn, int fd, struct conn_tls *tls);
void conn_close(struct conn *conn);

/* Bytes moved; 0: none just now; -1: the connection is gone. */
ssize_t conn_read(struct conn *conn, char *buf, size_t cap);
ssize_t conn_write(struct conn *conn, const char *buf, size_t len);

#endif
