/*
 * Is it UTF-8? A text message that is not ends the connection (RFC 6455, 8.1), in either
 * direction: what comes is checked before anyone reads it, what goes before it is sent.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>

#include <pusher/types.h>

/* True for well-formed UTF-8 (RFC 3629): shortest forms, no surrogates, up to U+10FFFF.
 */
bool utf8_valid(pusher_str text);

#endif
