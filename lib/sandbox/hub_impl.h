/*
 * What the files of the hub share: hub.c (who is subscribed), hub_events.c (who gets an
 * event), hub_users.c (who is signed in), hub_counts.c (how many), hub_query.c (what
 * there is).
 */
#ifndef SANDBOX_HUB_IMPL_H
#define SANDBOX_HUB_IMPL_H

#include "sandbox/hub.h"
#include "sandbox/roster.h"

struct channel {
    struct map_node node; /* in the hub's channels; key: name */
    char *name;
    struct list subscriptions;
    size_t subscription_count; /* of the list */
    struct list changed;       /* in the hub's counts */
    uint64_t counted_ms;       /* when they were told of the count; 0: never */
    struct roster roster;      /* empty but for presence channels */
};

struct subscription {
    struct map_node node; /* in the peer's subscriptions; key: the channel's name */
    struct list link;     /* in the channel's subscriptions */
    struct channel *channel;
    struct hub_peer *peer;
    struct user *user; /* NULL: not a presence channel */
};

/* NULL: nobody is subscribed to it. */
struct channel *hub_find_channel(const struct hub *hub, pusher_str name);

struct subscription *hub_find_subscription(const struct hub_peer *peer,
                                           pusher_str channel);

/* To all on the channel but `except` (NULL: nobody). */
void hub_deliver(const struct channel *channel, struct packet *packet,
                 const struct hub_peer *except);

/* An event on "#server-to-user-<id>", to all connections of that user. */
enum hub_verdict hub_publish_to_user(struct hub *hub, pusher_str user_id,
                                     pusher_str channel, pusher_str event,
                                     pusher_str data, pusher_str except);

/* Somebody has come or gone. */
void hub_count_changed(struct hub *hub, struct channel *channel);

#endif
