/*
 * The protocol of one connection, without I/O, clock or user code: facts and the time go
 * in; what is wanted of the transport, the next deadline, frames and events come out.
 *
 * Levels (asked for at any time, never lost): core_want, core_deadline, core_state.
 * Outputs of the last input: core_take_problem, core_take_delivery. The caller takes all
 * after each input that can make them (they say so), before the next such input.
 * Queue: core_next_frame, computed from what the connection and its channels still owe
 * the server.
 *
 * `now` is monotonic milliseconds; it enters with each call and never goes back. Attempts
 * are numbered (generation): a fact that carries an older number is ignored.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>

#include <pusher/channel.h>
#include <pusher/client.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "codec/message.h"

struct core;

struct core_config {
    uint32_t activity_timeout_ms;
    uint32_t pong_timeout_ms;
    uint32_t unavailable_timeout_ms;
    uint32_t connect_timeout_ms;
    uint32_t probe_timeout_ms; /* instead of pong_timeout_ms after a hint */
    uint32_t max_attempts;     /* in a row without a stable connection; 0: unlimited */
    uint32_t backoff_min_ms;
    uint32_t backoff_max_ms;
    uint32_t reconnect_spread_ms;
    uint32_t stable_after_ms;
    uint32_t subscribe_timeout_ms; /* from a subscribe to its answer (SUB-13) */
    uint32_t auth_timeout_ms;      /* from a request to its answer (AUTH-05) */
    uint32_t max_parallel_auth;
    uint32_t event_queue_max, event_queue_bytes;
    uint32_t events_per_second; /* 0: not limited; else up to 1000 */
    uint32_t max_channels;
    uint32_t max_members;      /* of one presence channel */
    uint32_t max_member_bytes; /* of the info of one */
    uint8_t event_queue; /* pusher_queue_policy, of client events; a byte, since an idle
                            client is to be small */
    bool presence_diff;  /* after a reconnect, members that came and went are told */
    bool tls;
    uint64_t seed; /* of the jitter */
    /* The app key, to be masked where the server's words are quoted (LOG-01). Borrowed:
     * outlives the core. May be empty. */
    const char *key;
    pusher_log log;
    const pusher_allocator *mem; /* outlives the core */
};

#define CORE_NEVER UINT64_MAX

/* 0 or PUSHER_ERR_NOMEM. The config is copied; its values have been checked. */
int core_new(struct core **ret, const struct core_config *config, uint64_t now);
void core_free(struct core *core); /* frees the channels too; NULL is fine */

/* --- what the user wants --- */

void core_connect(struct core *core, uint64_t now);
void core_disconnect(struct core *core, uint64_t now);
/* Owes a ping, for which the pong timeout runs, unless one is under way. 0, or
 * PUSHER_ERR_STATE when not connected. */
int core_ping(struct core *core, uint64_t now);
/* The network may be another one, or time has passed unseen: a connection is probed at
 * once and with little patience, the next attempt starts at once (a hint, see
 * pusher_client_network_changed). */
void core_network_changed(struct core *core, uint64_t now);

/* --- what happened to the transport (attempt `generation`) --- */

/* How far an attempt had come when it ended. */
enum core_stage {
    CORE_STAGE_RESOLVE,
    CORE_STAGE_CONNECT,
    CORE_STAGE_TLS,
    CORE_STAGE_PROXY,
    CORE_STAGE_UPGRADE,
    CORE_STAGE_OPEN,    /* the WebSocket was open */
    CORE_STAGE_LIMIT,   /* it was open, and a message passed max_message_bytes */
    CORE_STAGE_INVALID, /* it was open, and the peer broke the WebSocket protocol or UTF-8
                         */
    CORE_STAGE_OURS     /* it was open, and given up on our side: a frame that is owed
                           could not be sent. Says nothing of the server */
};

struct core_closed {
    enum core_stage stage;
    int close_code;   /* -1: none */
    int http_status;  /* 0: none */
    int system_error; /* errno; 0: none */
    pusher_str
        reason; /* of the close frame, or what the layer below says; may be empty */
};

/* How far an attempt has come that is not open yet: names what a timeout waited for. To
 * be told before core_on_time(); without it, the connection. */
void core_on_progress(struct core *core, uint32_t generation, enum core_stage stage);
/* The transport that is wanted is dialled: the time of the attempt runs from here on
 * (RETRY-04). Before, it waits for its turn, or for a loop that was not run meanwhile. */
void core_on_dialled(struct core *core, uint32_t generation, uint64_t now);
void core_on_open(struct core *core, uint32_t generation, uint64_t now);
/* When the system last got something from the server, as far as it can tell; CORE_NEVER:
 * it cannot. What an application that stood still reads late came long before (SUB-16).
 * To be told before whatever may end a connection. */
void core_on_arrival(struct core *core, uint32_t generation, uint64_t arrived_at);
/*
 * May make a problem and a delivery. Spans of the delivery point into `text`. A message
 * for which there is no memory is dropped and reported (PUSHER_PROBLEM_LIMIT).
 */
void core_on_text(struct core *core, uint32_t generation, pusher_str text, uint64_t now);
/* A binary message of so many bytes (URL-03). May make a problem. */
void core_on_binary(struct core *core, uint32_t generation, size_t bytes, uint64_t now);
/* May make a problem. */
void core_on_closed(struct core *core, uint32_t generation,
                    const struct core_closed *closed, uint64_t now);
/* Handles at most one due deadline; call while core_deadline() <= now. May make a
 * problem. Early calls do no harm. */
void core_on_time(struct core *core, uint64_t now);

/* --- levels --- */

struct core_want {
    bool open;           /* a transport is wanted; false: none */
    uint32_t generation; /* the attempt it belongs to; a transport of an older one is
                            not wanted any more */
    bool tls;            /* with TLS: the option, or moved up by 4000 (CLOSE-04) */
};

struct core_want core_want(const struct core *core);
/* When core_on_time() is to be called; CORE_NEVER: not at all. It may be earlier than
 * anything is due: then core_on_time() only moves it. */
uint64_t core_deadline(const struct core *core);
pusher_state core_state(const struct core *core);
pusher_str core_socket_id(const struct core *core); /* empty unless connected (CONN-10) */
/* Round-trip times in ms; false: none measured yet. */
bool core_round_trip(const struct core *core, uint32_t *last_ms, uint32_t *smoothed_ms);

/* --- outputs of the last input --- */

/* True: `*ret` is filled; its texts live until the next input. */
bool core_take_problem(struct core *core, pusher_problem *ret);

/* Which bindings an event is for (MSG-07). */
enum core_scope {
    CORE_SCOPE_CHANNEL, /* the library's own: bindings of the channel only */
    CORE_SCOPE_CLIENT,  /* unknown channel or none: bindings of the client only */
    CORE_SCOPE_USER,    /* bindings of the client, then those of the user (USER-05) */
    CORE_SCOPE_BOTH
};

struct core_channel;

/* One event for the user's bindings. */
struct core_delivery {
    enum core_scope scope;
    pusher_str name; /* as the user binds it: pusher:subscription_succeeded */
    struct core_channel *channel;  /* NULL: none, or not one of ours */
    const struct message *message; /* lives until the next core_on_text */
    /* With pusher:subscription_succeeded: since when events of the channel may have been
     * missed (SUB-16); CORE_NEVER: none, it is the first subscription. */
    uint64_t gap_since;
};

/* True: `*ret` is filled and the delivery is no longer pending. */
bool core_take_delivery(struct core *core, struct core_delivery *ret);

/* Where one input leads to several things to be told: makes the next one, after problem
 * and delivery before it have been taken. False: there is none. */
bool core_next_told(struct core *core);

/*
 * Appends the next frame that the server is owed to `out` (cleared by the caller) and
 * counts it as sent. 1: a frame; 0: none; PUSHER_ERR_NOMEM: nothing changed, ask again
 * later. Only while connected (I3, I8). Order: pong, ping, then unsubscribes and
 * subscribes in the order they were asked for, then client events.
 */
int core_next_frame(struct core *core, struct buf *out, uint64_t now);

/* --- authorizations (auth.c) --- */

/* One that is to begin. */
struct core_auth {
    pusher_id id;
    struct core_channel *channel; /* NULL: of the user who signs in */
};

/*
 * The next authorization to begin, at most max_parallel_auth at a time; counts as begun.
 * 1: one; 0: none; PUSHER_ERR_NOMEM: one could not begin, which made a problem.
 */
int core_next_auth(struct core *core, struct core_auth *ret, uint64_t now);

/* Whether that would be the user's. */
bool core_next_auth_is_of_user(const struct core *core);

/* The next one whose answer is not of interest any more. */
struct core_auth_cancelled {
    pusher_id id;
    bool user; /* it was for the sign-in */
};
bool core_take_cancelled_auth(struct core *core, struct core_auth_cancelled *ret);

/*
 * The answers, given at any time but once: the JSON text of the endpoint (AUTH-06), or
 * why there is none. `http_status`: of its answer; below 100: none. No answer, 408, 429
 * and 5xx are tried again after a delay, others are final for this connection (AUTH-05).
 * 0; PUSHER_ERR_NOT_FOUND: the request is unknown, cancelled, answered, or of an older
 * connection; PUSHER_ERR_NOMEM: it is still to be answered.
 */
int core_auth_resolve(struct core *core, pusher_id id, pusher_str json);
int core_auth_reject(struct core *core, pusher_id id, int http_status, pusher_str reason);

/* What follows from the next answer. False: there is none. May make a problem and a
 * delivery. */
bool core_next_auth_answer(struct core *core, uint64_t now);

/* --- the user (user.c) --- */

/* Wants to be signed in, on each connection; a failed sign-in is tried again (USER-01).
 * 0, PUSHER_ERR_NOMEM. */
int core_signin(struct core *core);
pusher_subscription core_signin_state(const struct core *core);
/* Empty unless signed in. */
pusher_str core_user_data(const struct core *core);
pusher_str core_user_id(const struct core *core);

/* --- channels (core_channel.c) --- */

/*
 * Adds channel `name`, or finds it; a failed one is wanted again, a cancelled one is
 * taken back (SUB-05). `user` is stored for core_channel_user in each of these cases. The
 * name has been checked. 0 with `*ret`; PUSHER_ERR_NOMEM; PUSHER_ERR_LIMIT: max_channels
 * are wanted, or as many again are still on their way out. On failure nothing changed.
 */
int core_subscribe(struct core *core, pusher_str name, void *user,
                   struct core_channel **ret);

/*
 * The user no longer wants it: the pointer is invalid from here on, and a delivery that
 * was not taken yet is no longer for this channel (SUB-15).
 */
void core_unsubscribe(struct core *core, struct core_channel *channel);

/* The wanted channel of that name, or NULL. */
struct core_channel *core_find_channel(const struct core *core, pusher_str name);

/*
 * Owes the server a client event; name, data and kind of channel have been checked
 * (CEV-02). `json` ptr NULL: without data. 0; PUSHER_ERR_STATE: not subscribed, and
 * nothing is queued; PUSHER_ERR_LIMIT: the queue is full; PUSHER_ERR_NOMEM.
 */
int core_trigger(struct core *core, struct core_channel *channel, pusher_str event,
                 pusher_str json);
/* Client events that were taken and not sent. */
uint64_t core_dropped_events(const struct core *core);

/* A member of a presence channel. */
struct core_member {
    pusher_str id;   /* NUL-terminated, as the info */
    pusher_str info; /* JSON; ptr NULL: none */
};

/* Who is there; nobody unless subscribed (PRES-06). The texts live until the next input.
 */
size_t core_member_count(const struct core_channel *channel);
bool core_find_member(const struct core_channel *channel, pusher_str id,
                      struct core_member *ret);
bool core_me(const struct core_channel *channel, struct core_member *ret);
/* The member after the one with that id, the first after a ptr NULL; false: none. */
bool core_next_member(const struct core_channel *channel, pusher_str after,
                      struct core_member *ret);

pusher_subscription core_channel_state(const struct core_channel *channel);
pusher_str core_channel_name(const struct core_channel *channel); /* NUL-terminated */
void *core_channel_user(const struct core_channel *channel);

#endif
