/*
 * Users: which connections are signed in as whom, and who watches whom (USER-04,
 * USER-09).
 */
#ifndef SANDBOX_PEOPLE_H
#define SANDBOX_PEOPLE_H

#include <stdbool.h>

#include "base/list.h"
#include "base/map.h"

enum { WATCHLIST_MAX = 100 }; /* users (USER-09) */

struct hub_peer;

struct people {
    struct map persons; /* by id */
};

/* A user who is signed in, or watched. */
struct person {
    struct map_node node; /* key: id */
    char *id;
    struct list signins; /* by link; empty: offline */
    struct list watches; /* by link */
};

/* That one connection watches one user. */
struct watch {
    struct list link; /* in the person's watches */
    struct person *person;
    struct signin *watcher;
};

/* That one connection is signed in. */
struct signin {
    struct list link; /* in the person's signins */
    struct person *person;
    struct hub_peer *peer;
    char *info; /* user_info, JSON text; NULL: none */
    size_t info_len;
    size_t watch_count;
    struct watch watches[]; /* of different users */
};

/* What a connection signs in with; all borrowed. */
struct profile {
    pusher_str id;
    pusher_str info; /* JSON text; ptr NULL: none */
    pusher_str watched[WATCHLIST_MAX];
    size_t watched_count; /* the same id may be there twice */
};

void people_init(struct people *people, const pusher_allocator *mem);

/* 0, or PUSHER_ERR_NOMEM and nothing changed. */
int people_sign_in(struct people *people, struct hub_peer *peer,
                   const struct profile *profile, struct signin **ret);

/* Takes a sign-in apart. Returns its user if that was the last connection of it: the
 * caller tells those who watch it, and then calls people_release(). */
struct person *people_sign_out(struct people *people, struct signin *signin);

/* Forgets the user unless it is signed in or watched. */
void people_release(struct people *people, struct person *person);

/* NULL: neither signed in nor watched. */
struct person *people_find(const struct people *people, pusher_str id);

/* True when `channel` is "#server-to-user-<id>"; the id, in `channel`, in `*ret`. */
bool people_channel(pusher_str channel, pusher_str *ret);

#endif
