/*
 * Is it UTF-8? Text that goes into a WebSocket text frame must be, or every receiver
 * closes its connection.
 */
#ifndef SERVER_UTF8_H
#define SERVER_UTF8_H

#include <stdbool.h>

#include <pusher/types.h>

/* True for well-formed UTF-8 (RFC 3629): shortest forms, no surrogates, up to U+10FFFF.
 */
bool utf8_valid(pusher_str text);

#endif
