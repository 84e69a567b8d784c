/*
 * The server toolkit: signs authorizations and publishes events over the HTTP API.
 *
 * It is the only header that takes the app secret, and it belongs into back ends, tools
 * and tests: never give the secret to a program that runs on a user's device. libpusher
 * does not contain it: it is a library of its own, linked into pusherctl and so far not
 * installed.
 *
 * Signing is a pure calculation and needs no loop. Publishing needs a pusher_loop.
 */
#ifndef PUSHER_SERVER_H
#define PUSHER_SERVER_H

#include <stdbool.h>

#include <pusher/error.h>
#include <pusher/log.h>
#include <pusher/loop.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Bytes that an `auth` value takes: key, ":", 64 hexadecimal digits and the NUL.
 * `key_len` is the length of the app key.
 */
#define PUSHER_SERVER_AUTH_SIZE(key_len) ((key_len) + 1 + 64 + 1)

/*
 * Signs the subscription of one connection to a private, encrypted or presence channel
 * (AUTH-09) and writes the `auth` value "KEY:hex", NUL-terminated, to `ret`; untouched on
 * failure. Nothing is allocated that outlives the call.
 *
 * `key` and `secret` are those of the app. `socket_id` is that of the connection; it must
 * have the form digits.digits, so that a value taken from a request cannot smuggle in
 * another channel. `channel_data` is the JSON text of the member, at least
 * {"user_id":"…"}, for a presence channel, and NULL for every other; it is signed byte
 * for byte and must be sent to the client as the same bytes. `ret_size` is the size of
 * `ret`: PUSHER_SERVER_AUTH_SIZE(strlen(key)) or more.
 *
 * Whether the user may join the channel is for the caller to decide before.
 *
 * Returns 0; PUSHER_ERR_BAD_KEY; PUSHER_ERR_BAD_CHANNEL (not a channel name, or a public
 * channel, which needs no signature); PUSHER_ERR_INVALID (NULL, empty secret, a socket id
 * or channel data of another form); PUSHER_ERR_LIMIT (`ret` is too small, or more than
 * 1 MiB is to be signed); PUSHER_ERR_NOMEM; PUSHER_ERR_SYSTEM (the crypto library
 * failed). Safe from any thread. Runs no callback.
 */
PUSHER_API int pusher_server_sign_channel(const char *key, const char *secret,
                                          const char *socket_id, const char *channel,
                                          const char *channel_data, char *ret,
                                          size_t ret_size);

/*
 * Signs the sign-in of a user on one connection (AUTH-09, USER-02): as
 * pusher_server_sign_channel(), but over `user_data`, the JSON text of the user, at least
 * {"id":"…"} with an id that is not empty.
 *
 * Returns 0, PUSHER_ERR_BAD_KEY, PUSHER_ERR_INVALID, PUSHER_ERR_LIMIT, PUSHER_ERR_NOMEM,
 * PUSHER_ERR_SYSTEM, for the same reasons. Safe from any thread. Runs no callback.
 */
PUSHER_API int pusher_server_sign_user(const char *key, const char *secret,
                                       const char *socket_id, const char *user_data,
                                       char *ret, size_t ret_size);

/* Publishes for one app; belongs to the thread of its loop. */
typedef struct pusher_server pusher_server;

/*
 * Options of a server object. Fill with pusher_server_options_init(), set at least
 * `loop`, `app_id`, `key`, `secret`, and `cluster` or `host`. All text is copied; the
 * copy of the secret is overwritten when it is freed.
 */
typedef struct pusher_server_options {
    size_t struct_size; /* set by the init function; lets the struct grow */

    /* The loop that carries the requests; required. */
    pusher_loop *loop;

    /* The app; required. Id and key: characters A-Z a-z 0-9 _ . ~ - only. */
    const char *app_id;
    const char *key;
    const char *secret;

    /* The cluster, for example "eu": the host is then api-<cluster>.pusher.com (API-01).
     */
    const char *cluster;
    /* The host of another server: a name or a numeric address ("::1" without brackets).
     * Wins over `cluster`. */
    const char *host;
    /* TCP port; 0: 443 with TLS, 80 without. */
    uint16_t port;

    /* TLS on (default true). Certificate chain, host name and validity are always
     * checked; there is no switch that turns this off. */
    bool tls;
    /* A PEM file with the certification authorities to trust instead of the system's.
     * NULL: the system's. */
    const char *ca_file;

    /* Time that one request may take in all, in milliseconds: 100 to 600000; default
     * 10000. */
    uint32_t timeout_ms;
    /* Limit of the data of one event: 1 to 2^24; default 10240 as hosted Pusher has it
     * (LIM-02). */
    size_t max_data_bytes;
    /* Requests that may be under way at once: 1 to 65536; default 256. */
    uint32_t max_requests;

    /* Where log lines go. Default: off. A refused event is explained here at level
     * ERROR. Never holds the key, the secret, a signature or the data of an event. */
    pusher_log log;
    /* Memory of the object; copied. NULL: malloc, realloc, free. */
    const pusher_allocator *allocator;
} pusher_server_options;

/*
 * Fills `options` with the defaults. `struct_size` is the size of the struct that the
 * caller was compiled with. Never fails, runs no callback.
 */
PUSHER_API void pusher_server_options_init_sized(pusher_server_options *options,
                                                 size_t struct_size);
#define pusher_server_options_init(options)                                              \
    pusher_server_options_init_sized((options), sizeof *(options))

/*
 * Makes a server object and stores it in `*ret`; untouched on failure. Nothing is sent
 * yet. The caller frees it with pusher_server_free(), before the loop. Call it on the
 * thread of the loop.
 *
 * Returns 0, PUSHER_ERR_INVALID (NULL, a missing key, a missing or ill-formed app id or
 * secret, an app id of more than 512 bytes, a struct_size that is no size of this
 * struct, a value out of the range that stands beside it), PUSHER_ERR_BAD_KEY,
 * PUSHER_ERR_BAD_HOST, PUSHER_ERR_NOMEM. Runs no callback.
 */
PUSHER_API int pusher_server_new(pusher_server **ret,
                                 const pusher_server_options *options);

/*
 * Ends all requests under way without calling their `done`, frees their userdata,
 * overwrites the secret and frees the object. Legal inside `done`. NULL is fine.
 */
PUSHER_API void pusher_server_free(pusher_server *server);

/* One event to publish (API-01). Fill with pusher_server_event_init(). The texts need to
 * live only until the call returns. */
typedef struct pusher_server_event {
    size_t struct_size; /* set by the init function; lets the struct grow */
    /* The event's name: 1 to 200 bytes of UTF-8. */
    const char *name;
    /* The event's data: UTF-8 text, by convention JSON; may be empty, but not absent. */
    pusher_str data;
    /* The channels it goes to: 1 to 100 names. */
    const char *const *channels;
    size_t channel_count;
    /* The socket id of a connection that is not to get the event (API-04); NULL: none. */
    const char *socket_id;
} pusher_server_event;

/*
 * Fills `event` with zeros and its size. `struct_size` is the size of the struct that the
 * caller was compiled with. Never fails, runs no callback.
 */
PUSHER_API void pusher_server_event_init_sized(pusher_server_event *event,
                                               size_t struct_size);
#define pusher_server_event_init(event)                                                  \
    pusher_server_event_init_sized((event), sizeof *(event))

/* How a request ended. The text lives until the callback returns. */
typedef struct pusher_server_result {
    /* 0 when the server accepted (HTTP status 200 to 299). Otherwise PUSHER_ERR_TIMEOUT;
     * PUSHER_ERR_SYSTEM (no answer: name, connection, TLS); PUSHER_ERR_LIMIT (an answer
     * that is too long); PUSHER_ERR_NOMEM; PUSHER_ERR_INVALID (the server refused, see
     * http_status: 400 bad request, 401 wrong key, secret or clock, 403 disabled or over
     * quota, 404 no such app, 413 too large; API-04). */
    int error;
    int http_status;    /* 0: no answer came. The `code` of a body that has an `error`,
                           too, wins over 200: soketi refuses that way */
    pusher_str message; /* what went wrong, in the server's words or ours, without the key
                           and what looks like a signature; "" when all is well;
                           NUL-terminated */
} pusher_server_result;

/*
 * The end of a request: once for each accepted call of pusher_server_publish(), on the
 * loop's thread, never inside that call. Every call is legal inside, pusher_server_free()
 * too.
 */
typedef void (*pusher_server_done_fn)(pusher_server *server,
                                      const pusher_server_result *result, void *userdata);

/*
 * Publishes `event` (API-01, API-02). The limits of API-01 and LIM-02 are checked before
 * anything is sent. Requests run side by side: events whose order matters must wait for
 * `done`. A request that failed is not repeated.
 *
 * `done` may be NULL. `userdata` belongs to the library from the call on, also when it
 * fails; `free_userdata` (may be NULL) is called with it once, after `done`.
 *
 * Returns 0: `done` will be called, unless the object is freed before; or, and then
 * `done` is not called: PUSHER_ERR_INVALID (NULL, a struct_size that is no size of this
 * struct, no or an empty name, absent data, name or data that is not UTF-8, no channel, a
 * socket id that is not digits.digits), PUSHER_ERR_BAD_CHANNEL, PUSHER_ERR_UNSUPPORTED
 * (an encrypted channel, and data that is not {"nonce":…,"ciphertext":…}: the library
 * does not encrypt, and never sends plain text there), PUSHER_ERR_LIMIT (name, data,
 * channels or requests; the log says which), PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM (the
 * crypto library failed). Runs no callback but the log's and, on failure,
 * `free_userdata`.
 */
PUSHER_API int pusher_server_publish(pusher_server *server,
                                     const pusher_server_event *event,
                                     pusher_server_done_fn done, void *userdata,
                                     pusher_free_fn free_userdata);

#ifdef __cplusplus
}
#endif

#endif
