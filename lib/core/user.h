/*
 * The signed-in user (USER-01 … USER-09). A sign-in goes the way of a subscription: it is
 * authorized, sent, answered or late, and tried again; so it is a channel inside, with a
 * name that no server can send. The user's own channel, to which the server sends what is
 * for this user alone, is another one.
 */
#ifndef CORE_USER_H
#define CORE_USER_H

#include "codec/user.h"
#include "core/core_channel.h"

struct core_user {
    struct core_channel *signin;
    struct core_channel *personal; /* NULL unless signed in */
    bool asked;          /* a sign-in of this connection may still be answered */
    struct list waiters; /* presence channels whose member is the user (PRES-01) */
    struct buf data;     /* user_data; empty unless signed in */
    struct user_id id;
    char *watched; /* what the entries still to be told point into; NULL: none */
    struct watchlist_walk watchlist;
};

void user_free(struct core *core);

/* The connection is lost: nobody is signed in, the personal channel is gone. */
void user_lost(struct core *core);

/* core->message is pusher:signin_success. False: it answers nothing that we asked. */
bool user_signed_in(struct core *core);

/* core->message is the watchlist's news. */
void user_watched(struct core *core);

/* The sign-in failed, for good on this connection: who waits for it is asked again. */
void user_failed(struct core *core);

/* The next entry of the watchlist. False: there is none. */
bool user_tell(struct core *core);

/* The id of the signed-in user; NULL: nobody is. */
const struct user_id *user_id_of(const struct core *core);

/* True: the channel waits until it is known who is signed in. */
bool user_awaited_by(struct core *core, struct core_channel *channel);

#endif
