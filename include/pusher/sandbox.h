/*
 * The sandbox: a small Channels server inside the process, for first steps and for tests.
 * It speaks protocol 7 for public, private, encrypted, presence and cache channels, with
 * client events, signs users in (USER-01 … USER-09: server-to-user events, watchlist),
 * and answers all of the HTTP API (API-01), with full check of signatures. One app, no
 * TLS, no persistence, no statistics, no webhooks: in production use Pusher, soketi,
 * Reverb or Sockudo.
 *
 * It lives on a pusher_loop, beside clients if that is wanted, and works while the loop
 * is run or dispatched. libpusher does not contain it: it is a library of its own, linked
 * into pusherctl and so far not installed.
 */
#ifndef PUSHER_SANDBOX_H
#define PUSHER_SANDBOX_H

#include <stdbool.h>

#include <pusher/error.h>
#include <pusher/log.h>
#include <pusher/loop.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pusher_sandbox pusher_sandbox;

/*
 * Options of a sandbox. Fill with pusher_sandbox_options_init(), set at least `loop`. All
 * text is copied.
 */
typedef struct pusher_sandbox_options {
    size_t struct_size; /* set by the init function; lets the struct grow */

    /* The loop the sandbox lives on; required. Its allocator is the sandbox's too. */
    pusher_loop *loop;

    /* The numeric IPv4 or IPv6 address to listen on; default "127.0.0.1". Any other than
     * a loopback address lets the network in. */
    const char *address;
    /* The TCP port; default 0: a free one, see pusher_sandbox_port(). */
    uint16_t port;

    /* The only app; defaults "app-id", "app-key", "app-secret". Id and key: characters
     * A-Z a-z 0-9 _ . ~ - only. */
    const char *app_id;
    const char *key;
    const char *secret;

    /* What connection_established announces, in seconds: 1 to 86400; default 120. A
     * connection that is silent for one and a half times as long is pinged, and closed
     * with 4201 if it stays silent for `activity_timeout_s`, 30 s at most. So long may a
     * request of the HTTP API take in all. */
    uint32_t activity_timeout_s;

    /* Limits. */
    uint32_t max_connections; /* 1 to 1000000; default 10000. More: close 4100 */
    size_t max_message_bytes; /* 1024 to 2^30; default 65536. One message of a client;
                                 a longer one: close 1009 */
    size_t max_queue_bytes;   /* 1024 to 2^30; default 4 MiB. What waits for a client; one
                                 that reads too slowly is dropped */
    size_t max_data_bytes;    /* 1 to 2^24; default 10240. Data of one event (LIM-02);
                                 more: HTTP status 413, or in-band error 4301 */
    uint32_t max_client_events_per_s; /* 0 to 1000000; default 10; 0: no limit. Of one
                                         connection (CEV-03); more: in-band error 4301 */

    /* True: the subscribers of all channels but presence channels are told how many they
     * are, whenever that changes (SUB-14); more than 100 of one channel every five
     * seconds at most. Default false, as it is in an app of hosted Pusher. */
    bool subscription_count;

    /* What happens, a line each: connections, subscriptions and events at level INFO,
     * refusals at WARN. Never holds the secret, a signature or the data of an event.
     * Default: off. */
    pusher_log log;
} pusher_sandbox_options;

/*
 * Fills `options` with the defaults. `struct_size` is the size of the struct that the
 * caller was compiled with. Never fails, runs no callback.
 */
PUSHER_API void pusher_sandbox_options_init_sized(pusher_sandbox_options *options,
                                                  size_t struct_size);
#define pusher_sandbox_options_init(options)                                             \
    pusher_sandbox_options_init_sized((options), sizeof *(options))

/*
 * Makes a sandbox that listens, and stores it in `*ret`; untouched on failure. When it
 * returns, the address is bound and connections queue up; they are served once the loop
 * runs. The caller frees it with pusher_sandbox_free(), or leaves that to
 * pusher_loop_free(). Call it on the thread of the loop; legal in callbacks.
 *
 * Returns 0, PUSHER_ERR_INVALID (NULL, a struct_size that is no size of this struct, an
 * ill-formed app id, an empty secret, a value out of the range that stands beside it),
 * PUSHER_ERR_BAD_KEY, PUSHER_ERR_BAD_HOST (not a numeric address), PUSHER_ERR_SYSTEM (the
 * address cannot be bound; errno says why), PUSHER_ERR_NOMEM. Runs no callback but the
 * log's.
 */
PUSHER_API int pusher_sandbox_new(pusher_sandbox **ret,
                                  const pusher_sandbox_options *options);

/*
 * Stops listening at once and ends all connections; what is left to do is done by the
 * loop. No log line is written after it returns. Legal in callbacks. NULL is fine.
 */
PUSHER_API void pusher_sandbox_free(pusher_sandbox *sandbox);

/* The port it listens on, never 0; 0 for NULL. Runs no callback. Safe on any thread while
 * the sandbox exists. */
PUSHER_API uint16_t pusher_sandbox_port(const pusher_sandbox *sandbox);

#ifdef __cplusplus
}
#endif

#endif
