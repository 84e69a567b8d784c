/*
 * A client: one connection to a Channels server, with its options, state, problems and
 * life cycle. Channels are in channel.h.
 */
#ifndef PUSHER_CLIENT_H
#define PUSHER_CLIENT_H

#include <stdbool.h>

#include <pusher/auth.h>
#include <pusher/error.h>
#include <pusher/log.h>
#include <pusher/loop.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A client: pusher_client_new() makes it. */
typedef struct pusher_client pusher_client;

/* A channel: borrowed from its client, valid until it is unsubscribed; see channel.h. */
typedef struct pusher_channel pusher_channel;

/* The six states of a connection (CONN-01). */
typedef enum pusher_state {
    PUSHER_STATE_INITIALIZED = 0, /* connect has not been asked for yet */
    PUSHER_STATE_CONNECTING,      /* an attempt runs, or the next one is waited for */
    PUSHER_STATE_CONNECTED,       /* the server has greeted us; there is a socket id */
    PUSHER_STATE_UNAVAILABLE, /* as connecting, for longer than unavailable_timeout_ms */
    PUSHER_STATE_FAILED,      /* this build cannot connect at all (CFG-08): none so far */
    PUSHER_STATE_DISCONNECTED /* by pusher_client_disconnect(), or refused for good */
} pusher_state;

/* The name of a state as the protocol has it: "connecting". "unknown" for other values.
 */
PUSHER_API const char *pusher_state_name(pusher_state state);

/* What a problem is about. The names are those of pusherctl's JSON. */
typedef enum pusher_problem_kind {
    PUSHER_PROBLEM_RESOLVE = 0, /* the host name has no address */
    PUSHER_PROBLEM_CONNECT,     /* no TCP connection */
    PUSHER_PROBLEM_TLS,         /* no TLS session, or a certificate that is not trusted */
    PUSHER_PROBLEM_PROXY,       /* the proxy refused; no proxies are used so far */
    PUSHER_PROBLEM_UPGRADE,     /* an HTTP answer that is not a WebSocket upgrade */
    PUSHER_PROBLEM_GREETING,    /* no connection_established, or not a valid one */
    PUSHER_PROBLEM_CLOSED,      /* the connection ended; see `code` */
    PUSHER_PROBLEM_PONG_TIMEOUT, /* a silent connection did not answer our ping */
    PUSHER_PROBLEM_PROTOCOL,  /* a message that is not of the protocol; it was dropped */
    PUSHER_PROBLEM_AUTH,      /* an authorization failed; with will_retry and no delay,
                                 that for another key of a subscription that stands */
    PUSHER_PROBLEM_SUBSCRIBE, /* the server refused a subscription */
    PUSHER_PROBLEM_SIGNIN,    /* signing in failed */
    PUSHER_PROBLEM_DECRYPT, /* an event could not be decrypted; the channel's bindings get
                               "pusher:decryption_error", {"event":…,"error":…} */
    PUSHER_PROBLEM_LIMIT,   /* a limit of the options was passed */
    PUSHER_PROBLEM_SERVER   /* the server sent an in-band pusher:error */
} pusher_problem_kind;

/* The name of a kind of problem: "pong_timeout". "unknown" for other values. */
PUSHER_API const char *pusher_problem_name(pusher_problem_kind kind);

/* One problem, reported once. All of it lives until the callback returns. */
typedef struct pusher_problem {
    pusher_problem_kind kind;
    int code;           /* close code, or code of an in-band error; -1: none */
    int http_status;    /* status of the HTTP answer; 0: none */
    int system_error;   /* an errno value; 0: none */
    pusher_str channel; /* the channel it is about; ptr NULL: none */
    pusher_str message; /* what happened, to what, and what to do; NUL-terminated. Where
                           it repeats the words of others, the app key and what looks like
                           a signature or a secret are left out of them */
    bool will_retry;    /* true: the library goes on by itself; false: it needs a call */
    uint32_t attempt;   /* the number of the failed attempt since the last stable
                           connection, from 1; 0: the problem is not a failed attempt */
    uint32_t retry_in_ms; /* delay to the next try, when will_retry; 0: at once, or there
                             is nothing to try */
} pusher_problem;

/*
 * The state changed (CONN-01): once for each edge, in order, `previous` != `current`.
 * Runs on the loop's thread; every call on the client is legal inside, also
 * pusher_client_free().
 */
typedef void (*pusher_state_fn)(pusher_client *client, pusher_state previous,
                                pusher_state current, void *userdata);

/*
 * Something went wrong on the network, at the server or in the protocol. A problem that
 * costs the connection is reported before the state changes. Same rules as
 * pusher_state_fn.
 */
typedef void (*pusher_problem_fn)(pusher_client *client, const pusher_problem *problem,
                                  void *userdata);

/* A time in which events of a channel may have been missed: the service does not repeat
 * what was published while nobody listened (SUB-16). */
typedef struct pusher_gap {
    pusher_channel *channel; /* the one that is subscribed again */
    /* From the last message of the lost connection to the new subscription, by the
     * system's clock, in milliseconds since 1970: fetch what was published since `from`,
     * less the time that a message may be on its way. A message that the application,
     * busy or stopped, read late counts from when it arrived. The length is exact even
     * when that clock was set meanwhile. */
    int64_t from_unix_ms;
    int64_t until_unix_ms;
} pusher_gap;

/*
 * A channel is subscribed again after a lost connection: once for each such subscription,
 * right after its pusher:subscription_succeeded. `gap` lives until the callback returns.
 * Same rules as pusher_state_fn.
 */
typedef void (*pusher_gap_fn)(pusher_client *client, const pusher_gap *gap,
                              void *userdata);

/* What happens to client events that cannot be sent yet (CEV-04). */
typedef enum pusher_queue_policy {
    PUSHER_QUEUE_OFF = 0, /* none are kept: unless subscribed they are refused, and those
                             of a lost connection are dropped */
    PUSHER_QUEUE_REFUSE,  /* kept until subscribed; refused when the queue is full */
    PUSHER_QUEUE_DROP_OLDEST, /* kept; when it is full, the oldest is dropped */
    PUSHER_QUEUE_DROP_NEWEST  /* kept; when it is full, the new one is dropped */
} pusher_queue_policy;

/*
 * Options of a client. Fill with pusher_options_init(), set at least `key` and `cluster`
 * or `host`. All text is copied by pusher_client_new().
 */
typedef struct pusher_options {
    size_t struct_size; /* set by the init function; lets the struct grow */

    /* The loop the client lives on. NULL: the client makes a private one, see
     * pusher_client_loop(). */
    pusher_loop *loop;

    /* The app key; required; characters A-Z a-z 0-9 _ . ~ - only (CFG-01), up to 512. */
    const char *key;
    /* The cluster, for example "eu": the host is then ws-<cluster>.pusher.com (CFG-02).
     */
    const char *cluster;
    /* The host of another server: a name of up to 112 bytes or a numeric address ("::1"
     * without brackets; IPv6 only without TLS, where a name is needed). Wins over
     * `cluster`. */
    const char *host;
    /* TCP port; 0: 443 with TLS, 80 without (CFG-03). */
    uint16_t port;
    /* Put before "/app/<key>"; NULL or "" for none; otherwise starts with "/", up to 1024
     * bytes. */
    const char *path;
    /* Value of the Origin header, for example "https://example.com", up to 112 bytes;
     * NULL: none is sent (URL-02). */
    const char *origin;

    /* TLS on (default true). Certificate chain, host name and validity are always
     * checked, at least TLS 1.2; there is no switch that turns this off. */
    bool tls;
    /* A PEM file with the certification authorities to trust instead of the system's.
     * NULL: the system's. */
    const char *ca_file;

    /* Timeouts in milliseconds. A value out of range makes pusher_client_new() fail. */
    uint32_t
        activity_timeout_ms;         /* 1000 to 86400000; default 120000 (CFG-04). Silence
                                        after which we ping; the server's value wins if less */
    uint32_t pong_timeout_ms;        /* 1000 to 3600000; default 30000 (PING-02) */
    uint32_t probe_timeout_ms;       /* 500 to 3600000; default 5000. As pong_timeout_ms,
                                        after pusher_client_network_changed(); the
                                        smaller one counts */
    uint32_t unavailable_timeout_ms; /* 1000 to 3600000; default 10000 (CONN-05) */
    uint32_t connect_timeout_ms;     /* 1000 to 600000; default 15000. From when the loop
                                        dials to the greeting: name, TCP, TLS, upgrade */

    /* Reconnecting (RETRY-06): a random delay between backoff_min_ms and an upper bound
     * that doubles with each failed attempt up to backoff_max_ms. */
    uint32_t backoff_min_ms;      /* 100 to 600000; default 1000 */
    uint32_t backoff_max_ms;      /* backoff_min_ms to 3600000; default 30000 */
    uint32_t reconnect_spread_ms; /* 0 to 3600000; default 9500. After a connection that
                                     the other side has ended, the upper bound is at least
                                     this (but not above backoff_max_ms): the clients of
                                     a server that dies do not return all at once */
    uint32_t max_attempts;        /* default 0: unlimited. After so many failed attempts
                                     without a stable connection the library gives up: state
                                     DISCONNECTED. Each pusher_client_connect() is one more
                                     attempt then, until a connection is stable */
    uint32_t stable_after_ms; /* 0 to 3600000; default 10000. A connection that lived this
                                 long makes the backoff start anew */

    /* Subscribing: one that is not answered, or whose authorization is not, is reported
     * and tried again, with delays as for reconnecting (SUB-13, AUTH-05). */
    uint32_t subscribe_timeout_ms; /* 1000 to 86400000; default 15000 */
    uint32_t auth_timeout_ms;      /* 1000 to 3600000; default 10000 */
    size_t max_parallel_auth;      /* 1 to 2^24; default 8: authorizations under way at a
                                      time; the others wait for their turn */

    /* Client events, see pusher_channel_trigger(). */
    pusher_queue_policy event_queue; /* default PUSHER_QUEUE_OFF */
    size_t event_queue_max;          /* 1 to 2^20; default 100: events in the queue */
    size_t event_queue_bytes;        /* 1024 to 2^30; default 1 MiB: their size */
    uint32_t events_per_second; /* 0 to 1000; default 0: not limited. In any second; those
                                   beyond wait in the queue; hosted servers allow 10
                                   (CEV-03) */

    /* Limits. Passing one is a PUSHER_ERR_LIMIT or a PUSHER_PROBLEM_LIMIT. */
    size_t max_message_bytes; /* 1024 to 2^30; default 1 MiB (LIM-02): one incoming
                                 message */
    size_t max_channels;      /* 1 to 2^24; default 100000 */

    size_t max_members;      /* 1 to 2^24; default 10000: in the roster of one presence
                                channel; those beyond are reported and left out */
    size_t max_member_bytes; /* 64 to 2^30; default 16384: what a server tells of one
                                member (its info, as JSON); a longer one is reported, and
                                the member is there without it. A roster holds no more
                                than max_members times that */

    /* Default false. True: after a reconnect each presence channel tells who went and who
     * came meanwhile, as pusher:member_removed and pusher:member_added after its
     * pusher:subscription_succeeded (PRES-06). */
    bool presence_diff;

    /* Callbacks; each may be NULL. `userdata` is theirs; `free_userdata` frees it once,
     * after the client's last callback, also when pusher_client_new() fails. */
    pusher_state_fn on_state;
    pusher_problem_fn on_problem;
    pusher_gap_fn on_gap;
    void *userdata;
    pusher_free_fn free_userdata;

    /* Who authorizes private, presence and encrypted channels, one of the two; see
     * auth.h.
     */
    pusher_auth_endpoint auth_endpoint;
    pusher_authorizer authorizer;
    /* Who signs for the user, see user.h; without a URL the authorizer above does. */
    pusher_auth_endpoint user_endpoint;

    /* Where log lines go. Default: off. */
    pusher_log log;
    /* Memory of the client; copied. NULL: malloc, realloc, free. */
    const pusher_allocator *allocator;
} pusher_options;

/*
 * Fills `options` with the defaults. `struct_size` is the size of the struct that the
 * caller was compiled with. Never fails, runs no callback.
 */
PUSHER_API void pusher_options_init_sized(pusher_options *options, size_t struct_size);
#define pusher_options_init(options)                                                     \
    pusher_options_init_sized((options), sizeof *(options))

/*
 * Makes a client from `options` and stores it in `*ret`; untouched on failure. Nothing is
 * sent before pusher_client_connect() (CFG-12). The caller frees it with
 * pusher_client_free(). Call it on the thread of the loop.
 *
 * Returns 0, or PUSHER_ERR_INVALID (NULL, a struct_size that is no size of this struct, a
 * value out of the range that stands beside it, a path or origin that is too long or has
 * bytes with no place in a request, an empty ca_file, an endpoint that is not valid, an
 * auth_endpoint beside an authorizer), PUSHER_ERR_BAD_KEY, PUSHER_ERR_BAD_HOST (CFG-01),
 * PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM (too few descriptors for a private loop). Runs no
 * callback but the log's and, on failure, `free_userdata`.
 */
PUSHER_API int pusher_client_new(pusher_client **ret, const pusher_options *options);

/*
 * Frees the client with its channels and bindings, and its private loop. The connection
 * is closed without waiting for the server. No callback of the client runs after this
 * returns, or, from inside one of them, after that one returns; then the `free` functions
 * of all userdata run. Legal in every callback. NULL is fine.
 */
PUSHER_API void pusher_client_free(pusher_client *client);

/*
 * Asks for a connection; the library keeps it up, with unlimited attempts, until
 * pusher_client_disconnect() (CONN-03, CONN-08, RETRY-06). Without effect while
 * connected, connecting or unavailable. The work happens in the loop; results arrive
 * through on_state and on_problem, never from inside this call.
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL.
 */
PUSHER_API int pusher_client_connect(pusher_client *client);

/*
 * Ends the connection or the attempts; nothing reconnects until pusher_client_connect()
 * (CONN-07). Channels and bindings stay and are subscribed again then. The state callback
 * arrives from the loop. Without effect when disconnected.
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL.
 */
PUSHER_API int pusher_client_disconnect(pusher_client *client);

/*
 * Sends a ping now (PING-02); the round-trip time follows from its answer. Without one
 * within pong_timeout_ms the connection is given up and made anew. Without effect while a
 * ping is under way.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_STATE unless connected. Runs no
 * callback.
 */
PUSHER_API int pusher_client_ping(pusher_client *client);

/*
 * The time from a ping to its pong, in milliseconds: of the last one, and smoothed over
 * the last ones (an eighth of each new value, as TCP does). Pings are sent after
 * activity_timeout_ms of silence and by pusher_client_ping(). The values of an earlier
 * connection stay until there are new ones. Either pointer may be NULL.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_NOT_FOUND when nothing was measured
 * yet. Runs no callback.
 */
PUSHER_API int pusher_client_round_trip(const pusher_client *client, uint32_t *last_ms,
                                        uint32_t *smoothed_ms);

/*
 * A hint that the network may have changed: another interface, an address, a link that is
 * up again. A connection is probed at once and given up after probe_timeout_ms without an
 * answer; while the next attempt is waited for, it starts at once; an attempt that is
 * older than a second is begun anew. Without effect when disconnected. The library gives
 * itself this hint when the system was suspended.
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL. Runs no callback.
 */
PUSHER_API int pusher_client_network_changed(pusher_client *client);

/*
 * For programs with one client: connects, and runs the client's loop on this thread until
 * the state is DISCONNECTED or FAILED, the client is freed by a callback, or
 * pusher_loop_stop() is called on its loop. Callbacks run inside. As with
 * pusher_loop_run(), the loop is this thread's meanwhile, whoever made it.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_REENTRANT from inside one of the
 * loop's callbacks, PUSHER_ERR_WRONG_THREAD while the loop has a background thread,
 * PUSHER_ERR_SYSTEM if waiting failed.
 */
PUSHER_API int pusher_client_run(pusher_client *client);

/* The state as last reported to on_state. INITIALIZED for NULL. Runs no callback. */
PUSHER_API pusher_state pusher_client_state(const pusher_client *client);

/*
 * The socket id that the server gave this connection, for example "123.456"; an empty
 * text unless connected (CONN-10). Lives until the next callback or call that lets the
 * loop run; NUL-terminated.
 */
PUSHER_API pusher_str pusher_client_socket_id(const pusher_client *client);

/* The loop of the client: the one of its options, or its private one. NULL for NULL. */
PUSHER_API pusher_loop *pusher_client_loop(const pusher_client *client);

/* The `userdata` of the client's options. NULL for NULL. */
PUSHER_API void *pusher_client_userdata(const pusher_client *client);

#ifdef __cplusplus
}
#endif

#endif
