/*
 * Channels of a client: subscribing, binding callbacks to events, and the events
 * themselves.
 *
 * A subscription is intent: it survives errors and reconnects until the application
 * unsubscribes, and may be asked for at any time, connected or not (SUB-01, SUB-08).
 */
#ifndef PUSHER_CHANNEL_H
#define PUSHER_CHANNEL_H

#include <pusher/client.h>
#include <pusher/error.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* json-c's value type; include <json-c/json.h> to read one. */
struct json_object;

/* Where a subscription stands. */
typedef enum pusher_subscription {
    PUSHER_SUBSCRIPTION_WANTED = 0,  /* asked for; not connected, or not yet sent */
    PUSHER_SUBSCRIPTION_AUTHORIZING, /* the authorizer is asked */
    PUSHER_SUBSCRIPTION_SUBSCRIBING, /* sent; the server has not answered */
    PUSHER_SUBSCRIPTION_SUBSCRIBED,  /* confirmed by the server on this connection */
    PUSHER_SUBSCRIPTION_FAILED       /* refused; tried again at the next connection, or by
                                        pusher_client_subscribe() */
} pusher_subscription;

/* The name of a subscription state: "subscribed". "unknown" for other values. */
PUSHER_API const char *pusher_subscription_name(pusher_subscription subscription);

/* What the data of an event was on the wire (MSG-02). */
typedef enum pusher_data_kind {
    PUSHER_DATA_ABSENT = 0, /* the event had no data */
    PUSHER_DATA_TEXT, /* a JSON string: `data` is that string's text, byte for byte */
    PUSHER_DATA_JSON  /* another JSON value: `data` is its JSON text as received */
} pusher_data_kind;

/*
 * An event. The library fills it; it may grow at the end. Everything in it lives until
 * the callback returns. Texts are NUL-terminated.
 */
typedef struct pusher_event {
    pusher_str name;         /* "order", "pusher:subscription_succeeded" */
    pusher_str data;         /* see data_kind; ptr NULL when absent */
    pusher_str user_id;      /* sender of a client event on a presence channel (MSG-03);
                                ptr NULL otherwise */
    pusher_str channel_name; /* ptr NULL for an event without a channel */
    pusher_channel
        *channel; /* NULL for an event without a channel or of an unknown one */
    pusher_data_kind data_kind;
} pusher_event;

/*
 * A bound event arrived. Runs on the loop's thread, never twice at a time for one client.
 * Every call on the client is legal inside.
 */
typedef void (*pusher_event_fn)(pusher_client *client, const pusher_event *event,
                                void *userdata);

/*
 * The data of `event` as a JSON value: parsed when first asked for, and cached. Data that
 * was a JSON string is parsed as JSON if it is JSON, nested at most 32 deep, else it is a
 * JSON string value (MSG-02).
 *
 * Only with an event that the library is delivering just now. Borrowed: it lives until
 * the callback returns; json_object_get() keeps it. Returns NULL when the data is absent,
 * is the JSON value null, or memory ran out.
 */
PUSHER_API struct json_object *pusher_event_json(const pusher_event *event);

/*
 * Subscribes to channel `name` and stores the channel in `*ret` (which may be NULL);
 * untouched on failure. Subscribing to a channel that is subscribed already gives the
 * same channel (CHAN-02); a failed one is tried again. Never calls back from inside;
 * success arrives as the event "pusher:subscription_succeeded" on the channel, on every
 * (re)subscription.
 *
 * `name`: 1 to 200 of A-Z a-z 0-9 _ - = @ , . ; (LIM-01), not starting with "#"
 * (CHAN-01).
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL, PUSHER_ERR_BAD_CHANNEL,
 * PUSHER_ERR_UNSUPPORTED (a private- or presence- channel without an authorizer among the
 * options; an encrypted channel in a build without libsodium, CHAN-03), PUSHER_ERR_LIMIT
 * (max_channels), PUSHER_ERR_NOMEM.
 */
PUSHER_API int pusher_client_subscribe(pusher_client *client, const char *name,
                                       pusher_channel **ret);

/*
 * Ends the subscription. The channel and its bindings are gone when this returns: no
 * event of it arrives any more (SUB-15), not even the rest of one that is being
 * delivered. The server is told as soon as it can be (SUB-04).
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL.
 */
PUSHER_API int pusher_channel_unsubscribe(pusher_channel *channel);

/*
 * Sends a client event to the other subscribers of the channel (CEV-01 … CEV-04); the
 * server must allow it. `event` starts with "client-"; `json` is a JSON value as text, of
 * at most 10 KiB, or NULL for none (some servers want an object). Both are copied. Events
 * of a channel go out in the order of the calls; what happens to one that cannot be sent
 * yet is said by the option event_queue.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_UNSUPPORTED (a public or encrypted
 * channel), PUSHER_ERR_BAD_EVENT, PUSHER_ERR_BAD_DATA, PUSHER_ERR_STATE (not subscribed,
 * with PUSHER_QUEUE_OFF), PUSHER_ERR_LIMIT (the queue is full), PUSHER_ERR_NOMEM. Runs no
 * callback.
 */
PUSHER_API int pusher_channel_trigger(pusher_channel *channel, const char *event,
                                      const char *json);

/* How many client events were taken and then dropped: by the queue's policy, with a lost
 * connection, or with their channel. Returns 0 for NULL. Runs no callback. */
PUSHER_API uint64_t pusher_client_dropped_events(const pusher_client *client);

/* The channel called `name`, or NULL if there is none (CHAN-02). Runs no callback. */
PUSHER_API pusher_channel *pusher_client_channel(pusher_client *client, const char *name);

/* The name of the channel; lives as long as the channel; NUL-terminated. An empty text
 * for NULL. */
PUSHER_API pusher_str pusher_channel_name(const pusher_channel *channel);

/* Where the subscription stands now. WANTED for NULL. Runs no callback. */
PUSHER_API pusher_subscription pusher_channel_state(const pusher_channel *channel);

/* The client of the channel. NULL for NULL. */
PUSHER_API pusher_client *pusher_channel_client(const pusher_channel *channel);

/*
 * Binds `fn` to event `event` of the channel, or to every event of it when `event` is
 * NULL. The same function may be bound several times and is then called so often
 * (BIND-01). Names match exactly (BIND-06).
 *
 * For one event the order is: the channel's bindings to every event, the channel's to
 * that event, the client's to every event, the client's to that event; each in order of
 * binding (BIND-02, BIND-08). A binding made while an event is delivered does not see
 * that event; one that is removed is not called any more (BIND-05).
 *
 * `userdata` is the library's from here on; `free_userdata` (may be NULL) frees it once,
 * when the binding is gone and its callback has returned, also when this call fails.
 * `*ret` (may be NULL) gets the binding's id; untouched on failure.
 *
 * Returns 0, or PUSHER_ERR_INVALID (NULL `channel` or `fn`, an event name of 0 or more
 * than 200 bytes), PUSHER_ERR_LIMIT (2^24 bindings of one client), PUSHER_ERR_NOMEM. Runs
 * no callback but, on failure, `free_userdata`.
 */
PUSHER_API int pusher_channel_bind(pusher_channel *channel, const char *event,
                                   pusher_event_fn fn, void *userdata,
                                   pusher_free_fn free_userdata, pusher_id *ret);

/*
 * As pusher_channel_bind(), for the events of all channels and those without a channel.
 * Events of the library's own about one channel (pusher:subscription_succeeded, …) reach
 * only bindings of that channel (MSG-07).
 */
PUSHER_API int pusher_client_bind(pusher_client *client, const char *event,
                                  pusher_event_fn fn, void *userdata,
                                  pusher_free_fn free_userdata, pusher_id *ret);

/*
 * As pusher_channel_bind() and pusher_client_bind(), for one event only: the binding is
 * gone before its callback runs.
 */
PUSHER_API int pusher_channel_bind_once(pusher_channel *channel, const char *event,
                                        pusher_event_fn fn, void *userdata,
                                        pusher_free_fn free_userdata, pusher_id *ret);

/* As pusher_channel_bind_once(), for the events that pusher_client_bind() is for. */
PUSHER_API int pusher_client_bind_once(pusher_client *client, const char *event,
                                       pusher_event_fn fn, void *userdata,
                                       pusher_free_fn free_userdata, pusher_id *ret);

/*
 * Removes all bindings to single events that match: `event`, `fn` and `userdata` each,
 * where NULL matches any (BIND-04). Legal inside a callback that it removes.
 *
 * Returns how many were removed; 0 for a NULL channel.
 */
PUSHER_API size_t pusher_channel_unbind_event(pusher_channel *channel, const char *event,
                                              pusher_event_fn fn, const void *userdata);

/* As pusher_channel_unbind_event(), of the bindings to every event. */
PUSHER_API size_t pusher_channel_unbind_global(pusher_channel *channel,
                                               pusher_event_fn fn, const void *userdata);

/* As pusher_channel_unbind_event(), of all bindings of the channel. */
PUSHER_API size_t pusher_channel_unbind_all(pusher_channel *channel);

/* As pusher_channel_unbind_event(), of the client's own bindings; those of its channels
 * and of the user stay. */
PUSHER_API size_t pusher_client_unbind_event(pusher_client *client, const char *event,
                                             pusher_event_fn fn, const void *userdata);

/* As pusher_client_unbind_event(), of the bindings to every event. */
PUSHER_API size_t pusher_client_unbind_global(pusher_client *client, pusher_event_fn fn,
                                              const void *userdata);

/* As pusher_client_unbind_event(), of all of the client's own bindings. */
PUSHER_API size_t pusher_client_unbind_all(pusher_client *client);

/*
 * Removes a binding of the client or of one of its channels; it is not called any more.
 * Legal inside the bound callback itself.
 *
 * Returns 0, PUSHER_ERR_INVALID for a NULL client, PUSHER_ERR_NOT_FOUND if the id is not,
 * or no longer, that of a binding.
 */
PUSHER_API int pusher_client_unbind(pusher_client *client, pusher_id binding);

#ifdef __cplusplus
}
#endif

#endif
