/*
 * Header fields that an application adds to a request: what keeps foreign bytes and a
 * second opinion about the message's frame out of it (T5 of the threat list).
 */
#ifndef CODEC_HTTP_HEADER_H
#define CODEC_HTTP_HEADER_H

#include <stdbool.h>

#include <pusher/types.h>

enum { HTTP_HEADER_NAME_MAX = 100, HTTP_HEADER_VALUE_MAX = 8192 };

enum http_header_fault {
    HTTP_HEADER_OK = 0,
    HTTP_HEADER_BAD_NAME,  /* not a token of 1 … HTTP_HEADER_NAME_MAX bytes */
    HTTP_HEADER_RESERVED,  /* a field that the library writes */
    HTTP_HEADER_BAD_VALUE, /* a control character, or a space at either end */
    HTTP_HEADER_TOO_LONG   /* value of more than HTTP_HEADER_VALUE_MAX bytes */
};

/*
 * Judges one field. Reserved, in any case of letters: Host, Content-Length, Content-Type,
 * Transfer-Encoding, Connection, and what else says how the connection is used (Expect,
 * Keep-Alive, Proxy-Connection, TE, Trailer, Upgrade). Cookie and Authorization are
 * allowed (AUTH-02). An empty value is allowed.
 */
enum http_header_fault http_header_check(pusher_str name, pusher_str value);

#endif
