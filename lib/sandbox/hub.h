/*
 * The hub: channels, who is subscribed to them, presence and the cache. It decides who
 * gets which message and hands it to the peer; it knows no socket, no clock and no
 * signature.
 *
 * Every call either does all it says or, when memory runs out, nothing. What is
 * written when somebody leaves (member_removed, "offline") is the exception: without
 * memory it is lost.
 */
#ifndef SANDBOX_HUB_H
#define SANDBOX_HUB_H

#include "base/list.h"
#include "base/map.h"
#include "sandbox/cache.h"
#include "sandbox/packet.h"
#include "sandbox/people.h"

enum {
    HUB_CHANNELS_MAX = 100000, /* of one peer */
    HUB_SOCKET_ID_MAX = 32,
};

/* What the hub knows of a connection. */
struct hub_peer {
    char socket_id[HUB_SOCKET_ID_MAX + 1];
    struct map subscriptions; /* by channel name */
    struct signin *signin;    /* NULL: nobody has signed in */
    /* Takes a reference if it keeps the packet. Must not call the hub. */
    void (*deliver)(struct hub_peer *peer, struct packet *packet);
    /* The application ends the connection. Must not call the hub. */
    void (*end)(struct hub_peer *peer);
};

/* Who is to be told how many are subscribed; off without on_change. */
struct hub_counts {
    struct list changed; /* channels */
    void (*on_change)(void *userdata);
    void *userdata;
};

struct hub {
    const pusher_allocator *mem;
    struct map channels;
    struct hub_counts counts;
    struct people people;
    struct cache cache;
};

/* How a subscription, sign-in or client event ended. */
enum hub_verdict {
    HUB_OK,
    HUB_NO_MEMORY,
    HUB_ALREADY,           /* this peer is subscribed to it, or signed in, already */
    HUB_TOO_MANY_CHANNELS, /* HUB_CHANNELS_MAX */
    HUB_TOO_MANY_MEMBERS,  /* ROSTER_MAX */
    HUB_NOT_SUBSCRIBED
};

void hub_init(struct hub *hub, const pusher_allocator *mem);
void hub_free(struct hub *hub); /* after the last peer has left */

void hub_peer_init(struct hub *hub, struct hub_peer *peer,
                   void (*deliver)(struct hub_peer *peer, struct packet *packet),
                   void (*end)(struct hub_peer *peer));

/* A member of a presence channel. */
struct hub_member {
    pusher_str user_id;   /* ptr NULL: the channel is not a presence channel */
    pusher_str user_info; /* JSON text; ptr NULL: none */
};

/*
 * Subscribes the peer. Delivers subscription_succeeded to it (with the roster of a
 * presence channel, itself included), then the cached event or cache_miss of a cache
 * channel, and member_added to the others for the first connection of a user (PRES-08).
 */
enum hub_verdict hub_subscribe(struct hub *hub, struct hub_peer *peer, pusher_str channel,
                               const struct hub_member *member, uint64_t now_ms);

/* Unsubscribes; member_removed goes out with the last connection of a user. Unknown
 * channels do no harm. */
void hub_unsubscribe(struct hub *hub, struct hub_peer *peer, pusher_str channel);

/* Unsubscribes from everything and signs out: the peer is gone. */
void hub_leave(struct hub *hub, struct hub_peer *peer);

/*
 * Signs the peer in. Delivers signin_success with `user_data` to it, then whom it watches
 * and who is online, and "online" to those who watch this user, for the first connection
 * of it (USER-09). HUB_OK, HUB_ALREADY, HUB_NO_MEMORY.
 */
enum hub_verdict hub_sign_in(struct hub *hub, struct hub_peer *peer, pusher_str user_data,
                             const struct profile *profile);

/* "offline" goes out with the last connection of a user. Harmless without a sign-in. */
void hub_sign_out(struct hub *hub, struct hub_peer *peer);

/* Ends all connections that are signed in as this user. */
void hub_end_user(struct hub *hub, pusher_str user_id);

/* Delivers a published event to all but the peer with the socket id `except` (ptr NULL:
 * nobody), and remembers it for a cache channel. One on "#server-to-user-<id>" goes to
 * the connections of that user. HUB_OK or HUB_NO_MEMORY. */
enum hub_verdict hub_publish(struct hub *hub, pusher_str channel, pusher_str event,
                             pusher_str data, pusher_str except, uint64_t now_ms);

/* Delivers a client event to all others on the channel (CEV-02), with the user_id of a
 * presence channel. `data` is JSON text, ptr NULL: none. HUB_OK, HUB_NOT_SUBSCRIBED,
 * HUB_NO_MEMORY. */
enum hub_verdict hub_client_event(struct hub *hub, struct hub_peer *peer,
                                  pusher_str channel, pusher_str event, pusher_str data);

/* ---- subscription counts (SUB-14) ---- */

/* `on_change` is called when there is something for hub_send_counts(); it must not call
 * the hub. NULL: nobody is told. */
void hub_counts_init(struct hub *hub, void (*on_change)(void *userdata), void *userdata);

/* Tells the subscribers of each channel that has changed how many they are; those of
 * large ones every five seconds at most. Returns when the next of them are to be told,
 * UINT64_MAX: there are none. What cannot be written for lack of memory is not told. */
uint64_t hub_send_counts(struct hub *hub, uint64_t now_ms);

/* ---- questions ---- */

struct hub_facts {
    pusher_str name;
    size_t subscriptions; /* 0: nobody is there */
    size_t users;         /* of a presence channel */
};

struct hub_facts hub_channel(const struct hub *hub, pusher_str name);

/* Each calls `visit` until it returns other than 0, and returns that. Channels without a
 * subscription are not visited; the members of a channel are in order of their arrival.
 */
int hub_each_channel(const struct hub *hub,
                     int (*visit)(const struct hub_facts *facts, void *userdata),
                     void *userdata);
int hub_each_member(const struct hub *hub, pusher_str name,
                    int (*visit)(pusher_str user_id, void *userdata), void *userdata);

#endif
