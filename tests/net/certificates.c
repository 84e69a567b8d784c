/*
 * Keys and certificates by OpenSSL, without its command.
 */
#include "certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "peer.h"

struct pair {
    EVP_PKEY *key;
    X509 *certificate;
};

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

/* `ca` NULL: it signs itself. */
static struct pair make(const char *name, const struct pair *ca, int nid,
                        const char *value)
{
    enum { A_DAY_S = 86400 };
    static long serial;
    struct pair made = {EVP_EC_gen("P-256"), X509_new()};
    assert_non_null(made.key);
    assert_non_null(made.certificate);
    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -A_DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), A_DAY_S);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    const struct pair *signer = ca ? ca : &made;
    X509_set_issuer_name(made.certificate, X509_get_subject_name(signer->certificate));
    extend(made.certificate, nid, value);
    assert_true(X509_sign(made.certificate, signer->key, EVP_sha256()) > 0);
    return made;
}

static struct pair make_ca(const char *name)
{
    return make(name, NULL, NID_basic_constraints, "critical,CA:TRUE");
}

static void discard(struct pair pair)
{
    EVP_PKEY_free(pair.key);
    X509_free(pair.certificate);
}

static void write_file(struct pair pair, char *path)
{
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    assert_non_null(file);
    assert_true(PEM_write_X509(file, pair.certificate));
    assert_int_equal(fclose(file), 0);
}

static SSL_CTX *server(struct pair pair)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_true(SSL_CTX_use_certificate(context, pair.certificate));
    assert_true(SSL_CTX_use_PrivateKey(context, pair.key));
    discard(pair);
    return context;
}

void certificates_make(struct certificates *ret)
{
    *ret = (struct certificates){.ca = "/tmp/libpusher-ca-XXXXXX",
                                 .unrelated_ca = "/tmp/libpusher-ca-XXXXXX"};
    struct pair ca = make_ca("Test CA");
    struct pair unrelated = make_ca("Unrelated CA");
    write_file(ca, ret->ca);
    write_file(unrelated, ret->unrelated_ca);
    ret->local =
        server(make("local", &ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"));
    ret->elsewhere =
        server(make("elsewhere", &ca, NID_subject_alt_name, "DNS:elsewhere.example"));
    discard(ca);
    discard(unrelated);
}

void certificates_remove(struct certificates *certificates)
{
    unlink(certificates->ca);
    unlink(certificates->unrelated_ca);
    SSL_CTX_free(certificates->local);
    SSL_CTX_free(certificates->elsewhere);
}
