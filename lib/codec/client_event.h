/*
 * Client events: which ones a server would take (CEV-01, CEV-03, CEV-04, LIM-02). What
 * depends on the state of the channel and on time is not known here.
 */
#ifndef CODEC_CLIENT_EVENT_H
#define CODEC_CLIENT_EVENT_H

#include <pusher/channel.h>

enum {
    CLIENT_EVENT_DATA_MAX = 10 * 1024 /* hosted servers; others allow more (LIM-02) */
};

/* All ways to be wrong. */
enum client_event_fault {
    CLIENT_EVENT_OK = 0,
    CLIENT_EVENT_NAME_PREFIX,     /* it does not start with client- */
    CLIENT_EVENT_NAME_LENGTH,     /* more than EVENT_NAME_MAX bytes */
    CLIENT_EVENT_NAME_CHARACTERS, /* not UTF-8, or with control characters */
    CLIENT_EVENT_PUBLIC_CHANNEL,
    CLIENT_EVENT_ENCRYPTED_CHANNEL,
    CLIENT_EVENT_DATA_SIZE,
    CLIENT_EVENT_DATA_NOT_UTF8,
    CLIENT_EVENT_DATA_NOT_JSON
};

/*
 * Judges one event; the first thing wrong, in the order above, is returned. `channel` is
 * a valid name. `data` is a JSON value's text or any text, by `kind`; nothing when
 * absent. `data_max`: bytes of it, before any quoting.
 */
enum client_event_fault client_event_check(pusher_str channel, pusher_str event,
                                           pusher_data_kind kind, pusher_str data,
                                           size_t data_max);

#endif
