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

/* All ways to be wrong: name, sentence. */
#define CLIENT_EVENT_FAULTS(X)                                                           \
    X(NAME_PREFIX, "the name of a client event starts with client-")                     \
    X(NAME_LENGTH, "the name of an event has at most 200 bytes")                         \
    X(NAME_CHARACTERS, "the name of an event is UTF-8 without control characters")       \
    X(PUBLIC_CHANNEL, "client events need a private or presence channel")                \
    X(ENCRYPTED_CHANNEL, "encrypted channels take no client events")                     \
    X(DATA_SIZE, "the data of the event is too large")                                   \
    X(DATA_NOT_UTF8, "the data of the event is not UTF-8")                               \
    X(DATA_NOT_JSON, "the data of the event is not JSON")

#define CLIENT_EVENT_ENUM(name, text) CLIENT_EVENT_##name,
enum client_event_fault { CLIENT_EVENT_OK = 0, CLIENT_EVENT_FAULTS(CLIENT_EVENT_ENUM) };
#undef CLIENT_EVENT_ENUM

/*
 * Judges one event; the first thing wrong, in the order above, is returned. `channel` is
 * a valid name. `data` is a JSON value's text or any text, by `kind`; nothing when
 * absent. `data_max`: bytes of it, before any quoting.
 */
enum client_event_fault client_event_check(pusher_str channel, pusher_str event,
                                           pusher_data_kind kind, pusher_str data,
                                           size_t data_max);

/* The sentence about it; "" for CLIENT_EVENT_OK. Static. */
const char *client_event_fault_text(enum client_event_fault fault);

#endif
