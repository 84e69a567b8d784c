/*
 * TLS by OpenSSL.
 */
#include "net/tls.h"

#include <pthread.h>
#include <stdint.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

void tls_set_client_options(struct lws_context_creation_info *info)
{
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->ssl_client_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
}

/* Where a session keeps the error of its handshake; the number is the process's. Not the
 * "app data" of index 0: libwebsockets may use that one. */
static int error_index = -1;
static pthread_once_t error_index_once = PTHREAD_ONCE_INIT;

static void make_error_index(void)
{
    error_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* OpenSSL's queue of errors is emptied by libwebsockets before anyone can ask. */
static void note_error(const SSL *ssl, int where, int ret)
{
    unsigned long error = ERR_peek_error();
    if (where & SSL_CB_EXIT && ret <= 0 && error)
        SSL_set_ex_data((SSL *)(uintptr_t)ssl, error_index, (void *)(uintptr_t)error);
}

void tls_watch(void *ssl_context)
{
    pthread_once(&error_index_once, make_error_index);
    SSL_CTX_set_info_callback(ssl_context, note_error);
}

bool tls_begun(struct lws *wsi)
{
    return lws_get_ssl(wsi) != NULL;
}

bool tls_ended_by_peer(struct lws *wsi)
{
    return lws_get_ssl(wsi) && SSL_get_shutdown(lws_get_ssl(wsi)) & SSL_RECEIVED_SHUTDOWN;
}

/* After an error that is fatal OpenSSL is back in its handshake, for good. */
bool tls_broken(struct lws *wsi)
{
    return lws_get_ssl(wsi) && SSL_in_init(lws_get_ssl(wsi));
}

static const char *certificate_cause(long verdict)
{
    switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "the server's certificate is for another name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "the server's certificate is not signed by a trusted CA";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the server's certificate has expired (or the clock here is wrong)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "the server's certificate is not valid yet (or the clock here is wrong)";
    default:
        return X509_verify_cert_error_string(verdict);
    }
}

const char *tls_cause(struct lws *wsi)
{
    SSL *ssl = lws_get_ssl(wsi);
    if (!ssl)
        return NULL;
    long verdict = SSL_get_verify_result(ssl);
    unsigned long error = (uintptr_t)SSL_get_ex_data(ssl, error_index);
    if (verdict != X509_V_OK)
        return certificate_cause(verdict);
    switch (ERR_GET_REASON(error)) {
    case 0:
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return NULL;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        return "the server does not speak TLS on this port";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the server has no TLS version from 1.2 on";
    default:
        return ERR_reason_error_string(error);
    }
}
