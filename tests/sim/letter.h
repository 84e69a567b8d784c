/*
 * What the server says, one message each: the text for the client, and what it is, for
 * the checks, which judge the client without reading its mind or its JSON.
 */
#ifndef SIM_LETTER_H
#define SIM_LETTER_H

#include "base/list.h"
#include "names.h"
#include "world.h"

enum letter_kind {
    LETTER_GREETING,   /* number: activity timeout in ms as it is to be taken, 0: none */
    LETTER_EVENT,      /* ordinary: for the channel's bindings and the client's; number:
                          its data is {"n":number}, 0: other data */
    LETTER_PING,       /* pusher:ping, and ordinary too */
    LETTER_ERROR,      /* pusher:error with code `number`, and ordinary too */
    LETTER_SUCCEEDED,  /* of the channel */
    LETTER_REFUSED,    /* pusher:subscription_error of the channel */
    LETTER_COUNT,      /* a subscription count of the channel */
    LETTER_COUNT_BAD,  /* one that is not a number */
    LETTER_ROSTER,     /* as SUCCEEDED, of a presence channel; number: see below */
    LETTER_ROSTER_BAD, /* likewise, and nobody can tell who is there */
    LETTER_ADDED,      /* a member; number: the user, with version << 16 */
    LETTER_REMOVED,    /* likewise */
    LETTER_MEMBER_BAD, /* without an id */
    LETTER_SEALED,     /* number: its data when opened is {"n":number}, with key << 32 */
    LETTER_SEALED_BAD, /* no box */
    LETTER_SIGNED_IN,
    LETTER_SIGNED_IN_BAD, /* without a user */
    LETTER_WATCHED,       /* number: two bits a user: came, went */
    LETTER_WATCHED_BAD,
    LETTER_INTERNAL, /* unknown pusher_internal: swallowed */
    LETTER_GARBAGE,  /* not of the protocol: dropped, with a report */
    LETTER_BINARY,   /* a binary frame */
    LETTER_CLOSE     /* the end; number: close code, or -1 */
};

/* A roster is a bit for each user, with the version of their info << 16. */

struct letter {
    struct list link;
    uint64_t arrives;
    enum letter_kind kind;
    int channel;    /* of names.h; -1: none */
    int event;      /* of names.h */
    int64_t number; /* see the kinds */
    size_t len;
    char text[];
};

#endif
