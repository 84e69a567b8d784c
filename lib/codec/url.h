/*
 * Where a client connects: host, port and request path from the options (CFG-01 … CFG-03,
 * URL-01), and the checks that keep foreign bytes out of a request.
 */
#ifndef CODEC_URL_H
#define CODEC_URL_H

#include <stdbool.h>

#include "base/buf.h"

/* 1 to 512 of A-Z a-z 0-9 _ . ~ - (CFG-01). */
bool url_key_valid(pusher_str key);

/* A host name (letters, digits, - . _), an IPv4 or an IPv6 address without brackets, up
 * to 112 bytes. */
bool url_host_valid(pusher_str host);

/* Letters, digits and "-" : the part of ws-<cluster>.pusher.com. */
bool url_cluster_valid(pusher_str cluster);

/* Starts with "/", printable ASCII without space, ", <, >, \, ^, `, {, |, }, ? and #; up
 * to 1024 bytes. */
bool url_path_valid(pusher_str path);

/* No byte below 0x20 and no 0x7f: fit for a header value. */
bool url_header_value_valid(pusher_str value);

/* Fit for a header value, up to 112 bytes. */
bool url_origin_valid(pusher_str origin);

/* "ws-<cluster>.pusher.com" (CFG-02). 0, PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT. */
int url_append_cluster_host(struct buf *out, pusher_str cluster);

/* "<path>/app/<key>?protocol=7&client=libpusher&version=<version>" (URL-01). Same errors.
 */
int url_append_request(struct buf *out, pusher_str path, pusher_str key);

/* Value of the Host header: the port only where it is not the scheme's own; an IPv6
 * address in brackets. Same errors. */
int url_append_host_header(struct buf *out, pusher_str host, uint16_t port, bool tls);

/* The parts of an endpoint's URL; they point into it. */
struct url_endpoint {
    bool tls;
    pusher_str host; /* an IPv6 address without its brackets */
    uint16_t port;
    pusher_str request; /* path and query, from the "/" on; "/" if there is none */
};

/*
 * Takes "http(s)://host[:port][/path][?query]" apart. 0, or PUSHER_ERR_INVALID: another
 * scheme, a user name, a fragment, no valid host or port, bytes that have no place in a
 * request (T6 of the threat list), or more than 2000 bytes of path and query.
 */
int url_endpoint_parse(pusher_str url, struct url_endpoint *ret);

/* 443 or 80 (CFG-03). */
uint16_t url_default_port(bool tls);

#endif
