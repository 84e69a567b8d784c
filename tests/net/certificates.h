/*
 * Certificates for a test, made by it: a CA that has signed one for this machine and one
 * for another name, and a second CA that has signed none of them.
 */
#ifndef NET_TEST_CERTIFICATES_H
#define NET_TEST_CERTIFICATES_H

#include <openssl/ssl.h>

struct certificates {
    char ca[40], unrelated_ca[40]; /* files */
    SSL_CTX *local;                /* "localhost" and 127.0.0.1 */
    SSL_CTX *elsewhere;            /* "elsewhere.example" */
};

void certificates_make(struct certificates *ret);
void certificates_remove(struct certificates *certificates);

#endif
