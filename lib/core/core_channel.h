/*
 * Channels inside the core: where each subscription stands, and the frames that the
 * channels owe the server, in the order they were asked for.
 *
 *   stage        means                                              for the user
 *   WANTED       asked for; the subscribe is owed once connected    wanted
 *   QUEUED       its authorization waits for its turn               authorizing
 *   AUTHORIZING  its authorization is under way                     authorizing
 *   AUTHORIZED   authorized; the subscribe is owed                  authorizing
 *   SUBSCRIBING  subscribe sent                                     subscribing
 *   SUBSCRIBED   confirmed on this connection                       subscribed
 *   LATE         subscribe sent, and no answer in time (SUB-13);    failed
 *                asked for anew when its timer rings
 *   RENEWED      an unsubscribe is owed, before it is asked for     failed
 *                anew
 *   FAILED       refused; tried again when its timer rings, if it   failed
 *                runs, else at the next connection
 *   CANCELLED    subscribe sent, no longer wanted: waits for the    (gone)
 *                answer, then leaves (SUB-05)
 *   LEAVING      unsubscribe owed                                   (gone)
 *
 * LEAVING is in the list of owed frames only; all others are in the map too, so that a
 * name that is wanted again meanwhile is a fresh channel whose subscribe comes after the
 * unsubscribe. A lost connection forgets CANCELLED and LEAVING (SUB-09) and makes all
 * others WANTED (SUB-07).
 *
 *   core_channel.c   the channels: which there are, what the user asks of them
 *   subscription.c   how a subscription goes on: what is sent, answered, late
 *   auth.c           authorizations: waiting, under way, answered
 */
#ifndef CORE_CORE_CHANNEL_H
#define CORE_CORE_CHANNEL_H

#include "base/heap.h"
#include "codec/channel_name.h"
#include "core/auth.h"
#include "core/core.h"

/* One byte each, since there may be many. */
enum __attribute__((packed)) channel_stage {
    CHANNEL_WANTED,
    CHANNEL_QUEUED,
    CHANNEL_AUTHORIZING,
    CHANNEL_AUTHORIZED,
    CHANNEL_SUBSCRIBING,
    CHANNEL_SUBSCRIBED,
    CHANNEL_LATE,
    CHANNEL_RENEWED,
    CHANNEL_FAILED,
    CHANNEL_CANCELLED,
    CHANNEL_LEAVING
};

/* What a channel stands for. */
enum __attribute__((packed)) channel_role {
    CHANNEL_OF_USER, /* asked for by the application */
    CHANNEL_SIGNIN,  /* the sign-in, which goes the way of a subscription (user.h) */
    CHANNEL_PERSONAL /* what the server sends to the signed-in user */
};

struct core_channel {
    struct map_node node;
    /* By stage: in channel_set.owed (a frame is owed), auth_set.queue (QUEUED) or
     * channel_set.awaited (SUBSCRIBING, CANCELLED); else alone. */
    struct list line;
    struct heap_node timer; /* of AUTHORIZING, SUBSCRIBING, CANCELLED, LATE, FAILED */
    enum channel_stage stage;
    enum channel_kind kind;
    enum channel_role role;
    bool timed;        /* the timer runs */
    uint32_t failures; /* in a row, on this connection */
    void *user;
    uint64_t missing_since; /* events may be missing since then (SUB-16); CORE_NEVER */
    struct authorization *authorization; /* while AUTHORIZING */
    struct auth_reply *granted;          /* while AUTHORIZED */
    union {                    /* by kind; NULL before the first authorization */
        struct roster *roster; /* presence */
        struct cipher *cipher; /* encrypted */
    };
    char name[]; /* NUL-terminated */
};

struct channel_set {
    struct map map; /* iterates in the order of insertion (SUB-08) */
    struct list owed;
    struct list awaited; /* answers, in the order in which they were asked for */
    struct heap timers;
    struct core_channel *last; /* found last: events often repeat on one channel */
    size_t wanted;             /* those the user knows of */
    size_t total;              /* with those on their way out */
};

/* --- core_channel.c --- */

void channels_init(struct channel_set *set, const pusher_allocator *mem);
void channels_free(struct core *core);

/* Adds a channel that is not there. 0, PUSHER_ERR_NOMEM. */
int channel_add(struct core *core, pusher_str name, enum channel_role role,
                struct core_channel **ret);

/* Asks again for one that is there: what has failed is tried now. */
void channel_ask_again(struct core *core, struct core_channel *channel);

/* The channel of that name in any stage but LEAVING, or NULL. */
struct core_channel *channels_find(struct channel_set *set, pusher_str name);

/* Takes it out of the map; frees one that is in no map. */
void channel_leave_map(struct channel_set *set, struct core_channel *channel);
void channel_free(struct core *core, struct core_channel *channel);

/* --- subscription.c --- */

/* All wanted channels are asked for, in the order of insertion (SUB-08). */
void channels_connected(struct core *core);
/* `heard_at`: when the server was last heard of. */
void channels_disconnected(struct core *core, uint64_t heard_at);

/* Connected: the channel, which is WANTED or FAILED, is asked for. */
void channel_start(struct core *core, struct core_channel *channel);

/* Whether events of the channel go to its bindings (SUB-15). */
bool channel_hears(const struct core_channel *channel);

/* The server confirmed. True: the user is to know, and failures are forgotten once the
 * confirmation has proved to be of use (SUB-03). */
bool channel_confirmed(struct core *core, struct core_channel *channel);

/* The server refused. True: the user is to know (SUB-10). False: `channel` may be gone.
 * `retry`: it is tried again on this connection. */
bool channel_refused(struct core *core, struct core_channel *channel, bool retry);

/* It has been authorized; takes `granted`. */
void channel_authorized(struct core *core, struct core_channel *channel,
                        struct auth_reply *granted);

/* It has failed: tried again after `retry_ms`, or, with 0, at the next connection. */
void channel_fail(struct core *core, struct core_channel *channel, uint32_t retry_ms);

/* Its confirmed subscription is of no use, `why`: it is asked for anew after a delay. */
void channel_renew(struct core *core, struct core_channel *channel, const char *why);

/* Counts a failure, and draws the delay to the next try. */
uint32_t channel_retry_delay(struct core *core, struct core_channel *channel);

/* The channel that waits longest for an answer to its authorized subscribe; or NULL. */
struct core_channel *channels_first_awaited(const struct channel_set *set);

/* The channel whose frame is due, or NULL; WANTED, AUTHORIZED, RENEWED or LEAVING. */
struct core_channel *channels_owing(const struct channel_set *set);

/* That frame was sent. A channel that was LEAVING is gone. */
void channel_sent(struct core *core, struct core_channel *channel);

/* The server may have it, and the user does not want it: it leaves. */
void channel_depart(struct core *core, struct core_channel *channel);

/* The first timer, or CORE_NEVER; the channel whose timer is due is seen to. */
uint64_t channels_deadline(const struct channel_set *set);
void channels_on_time(struct core *core);

/* What the channel's timer is for happens now. */
void channel_on_time(struct core *core, struct core_channel *channel);

/* Its timer rings at `when`, or not at all. */
void channel_set_timer(struct core *core, struct core_channel *channel, uint64_t when);
void channel_clear_timer(struct core *core, struct core_channel *channel);

#endif
