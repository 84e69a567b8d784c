/*
 * Authorization: how a client comes by the signatures that private, presence and
 * encrypted channels ask for.
 *
 * The server of the application signs; the client never sees the app's secret. The
 * application gives an authorizer, a pair of functions that begin and cancel a request;
 * its answer may come at once or later. A request belongs to one connection: after a
 * reconnect there are new ones for the new socket id (SUB-08), and an answer to an old
 * one is a clean error (SUB-11).
 */
#ifndef PUSHER_AUTH_H
#define PUSHER_AUTH_H

#include <stdbool.h>

#include <pusher/error.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pusher_client pusher_client;
typedef struct pusher_channel pusher_channel;

/* One authorization that is to be obtained. All of it lives until the callback returns;
 * texts are NUL-terminated. */
typedef struct pusher_auth_request {
    pusher_id id;            /* for pusher_auth_resolve() or pusher_auth_reject() */
    pusher_str socket_id;    /* of the present connection */
    pusher_str channel_name; /* ptr NULL: of the user who signs in */
    pusher_channel *channel; /* NULL: likewise */
} pusher_auth_request;

/*
 * Begins `count` requests, 1 or more; each is to be answered once, inside the callback or
 * later, on the loop's thread (pusher_loop_post() gets there from another one, and
 * pusher_mailbox_post() also when the loop may be gone by then). Runs on the loop's
 * thread; every call on the client is legal inside. A request without an answer within
 * auth_timeout_ms is cancelled, reported and made anew.
 */
typedef void (*pusher_auth_begin_fn)(pusher_client *client,
                                     const pusher_auth_request *requests, size_t count,
                                     void *userdata);

/*
 * The answer to `request` is not of interest any more: the connection is gone, the
 * channel unsubscribed, or the time over. An answer that comes all the same does no harm.
 * Same rules.
 */
typedef void (*pusher_auth_cancel_fn)(pusher_client *client, pusher_id request,
                                      void *userdata);

/* The authorizer of a client, an option of pusher_client_new(). */
typedef struct pusher_authorizer {
    pusher_auth_begin_fn begin;   /* NULL: there is none */
    pusher_auth_cancel_fn cancel; /* may be NULL */
    /* True: `begin` gets all requests that wait at once, after a reconnect those of all
     * channels (AUTH-08), and max_parallel_auth does not count. False: one at a time. */
    bool batch;
    void *userdata;
    pusher_free_fn free_userdata; /* frees `userdata` once, with the client, and also when
                                     pusher_client_new() fails */
} pusher_authorizer;

/* A field of a request's header, or a parameter of its body. */
typedef struct pusher_auth_field {
    const char *name;
    const char *value;
} pusher_auth_field;

/* What a provider adds to one request. */
typedef struct pusher_auth_extras pusher_auth_extras;

/*
 * Adds a header field to the request that is being made; it replaces the fixed ones of
 * the same name (AUTH-02). Texts are copied. Only inside the provider. Returns 0;
 * PUSHER_ERR_INVALID: NULL, a name or value that has no place in a header, one that the
 * library writes (Host, Content-Type, …), more than 64, or more than 12 KiB of them;
 * PUSHER_ERR_NOMEM. Runs no callback.
 */
PUSHER_API int pusher_auth_add_header(pusher_auth_extras *extras, const char *name,
                                      const char *value);

/* As pusher_auth_add_header(), for a parameter of the body; PUSHER_ERR_INVALID also for
 * socket_id and channel_name, and for what is not UTF-8. */
PUSHER_API int pusher_auth_add_param(pusher_auth_extras *extras, const char *name,
                                     const char *value);

/*
 * Called for each request before it is made, for what changes, for example a token.
 * Returns 0, or anything else: the request is not made, and tried again after a delay
 * like one without an answer. Runs on the loop's thread; the client may not be freed
 * inside.
 */
typedef int (*pusher_auth_provide_fn)(const pusher_auth_request *request,
                                      pusher_auth_extras *extras, void *userdata);

/*
 * An endpoint of the application's server that signs (AUTH-01): the library's own
 * authorizer, in the client's loop. It is asked by POST, with socket_id and channel_name
 * and the parameters; any 2xx with a valid body is a yes; redirects are not followed; the
 * answer may have 64 KiB and 8 KiB of header, and take auth_timeout_ms. All of it is
 * copied.
 */
typedef struct pusher_auth_endpoint {
    const char *url; /* "https://host[:port]/path?query", up to 112 bytes of host and 2000
                        from the path on; NULL: there is no endpoint */
    const pusher_auth_field *headers; /* as Authorization or Cookie; not those that the
                                         library writes: Host, Content-Type, … */
    size_t header_count;
    const pusher_auth_field *params; /* not socket_id and channel_name */
    size_t param_count;
    bool json;                      /* false: the body is a form; true: JSON */
    const char *ca_file;            /* as in pusher_options; NULL: the system's */
    pusher_auth_provide_fn provide; /* may be NULL */
    void *userdata;                 /* of `provide` */
} pusher_auth_endpoint;

/*
 * Answers a request with what the application's server said (AUTH-06): the JSON text of
 * an object, for a channel {"auth":"KEY:signature"}, with "channel_data" for a presence
 * channel and "shared_secret" for an encrypted one; for a user also "user_data". `json`
 * has `json_len` bytes and is copied. An answer of another form is reported as a problem
 * (PUSHER_PROBLEM_AUTH) and final for this connection.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_NOT_FOUND: the request is cancelled,
 * answered, or of an older connection; PUSHER_ERR_NOMEM: it is still to be answered. Runs
 * no callback.
 */
PUSHER_API int pusher_auth_resolve(pusher_client *client, pusher_id request,
                                   const char *json, size_t json_len);

/*
 * Answers a request with a failure. `http_status`: 0 (no answer), 408, 429 and 500 to 599
 * are tried again after a delay; others, for example 403, are final for this connection:
 * the channel gets the event "pusher:subscription_error" and waits for the next
 * connection or pusher_client_subscribe() (AUTH-05, SUB-06). `reason` (may be NULL) is
 * for people, and copied; it is part of the report.
 *
 * Returns as pusher_auth_resolve(). Runs no callback.
 */
PUSHER_API int pusher_auth_reject(pusher_client *client, pusher_id request,
                                  int http_status, const char *reason);

#ifdef __cplusplus
}
#endif

#endif
