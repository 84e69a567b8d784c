/*
 * Channels inside the core: where each subscription stands, and the frames that the
 * channels owe the server, in the order they were asked for.
 *
 *   stage        means                                              for the user
 *   WANTED       asked for; the subscribe is owed once connected    wanted
 *   SUBSCRIBING  subscribe sent                                     subscribing
 *   SUBSCRIBED   confirmed on this connection                       subscribed
 *   FAILED       refused by the server (SUB-10)                     failed
 *   CANCELLED    subscribe sent, no longer wanted: waits for the    (gone)
 *                answer, then leaves (SUB-05)
 *   LEAVING      unsubscribe owed                                   (gone)
 *
 * LEAVING is in the list of owed frames only; all others are in the map too, so that a
 * name that is wanted again meanwhile is a fresh channel whose subscribe comes after the
 * unsubscribe. A lost connection forgets CANCELLED and LEAVING (SUB-09) and makes all
 * others WANTED (SUB-07).
 */
#ifndef CORE_CORE_CHANNEL_H
#define CORE_CORE_CHANNEL_H

#include "core/core.h"

enum channel_stage {
    CHANNEL_WANTED,
    CHANNEL_SUBSCRIBING,
    CHANNEL_SUBSCRIBED,
    CHANNEL_FAILED,
    CHANNEL_CANCELLED,
    CHANNEL_LEAVING
};

struct core_channel {
    struct map_node node;
    struct list owed; /* in channel_set.owed while a frame is owed, else alone */
    void *user;
    enum channel_stage stage;
    uint64_t missing_since; /* events may be missing since then (SUB-16); CORE_NEVER */
    char name[];            /* NUL-terminated */
};

struct channel_set {
    struct map map; /* iterates in the order of insertion (SUB-08) */
    struct list owed;
    struct core_channel *last; /* found last: events often repeat on one channel */
    size_t wanted;             /* those the user knows of */
    size_t total;              /* with those on their way out */
};

void channels_init(struct channel_set *set, const pusher_allocator *mem);
void channels_free(struct channel_set *set);

/* All wanted channels owe a subscribe, in the order of insertion (SUB-08). */
void channels_connected(struct channel_set *set);
/* `heard_at`: when the server was last heard of. */
void channels_disconnected(struct channel_set *set, uint64_t heard_at);

/* The channel of that name in any stage but LEAVING, or NULL. */
struct core_channel *channels_find(struct channel_set *set, pusher_str name);

/* Whether events of the channel go to its bindings (SUB-15). */
bool channel_hears(const struct core_channel *channel);

/* The server confirmed. True: the user is to know (SUB-03). */
bool channel_confirmed(struct channel_set *set, struct core_channel *channel);

/* The server refused. True: the user is to know (SUB-10). False: `channel` may be gone.
 */
bool channel_refused(struct channel_set *set, struct core_channel *channel);

/* The channel whose frame is due, or NULL; its stage is WANTED or LEAVING. */
struct core_channel *channels_owing(const struct channel_set *set);

/* That frame was sent. A channel that was LEAVING is gone. */
void channel_sent(struct channel_set *set, struct core_channel *channel);

#endif
