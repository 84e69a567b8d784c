/*
 * An application model: one client, what it has of channels and bindings, and calls at
 * any moment, from outside and from inside callbacks.
 */
#ifndef SIM_APP_H
#define SIM_APP_H

#include <pusher/pusher.h>

#include "grant.h"
#include "memory.h"
#include "names.h"
#include "watch.h"
#include "world.h"

enum { MOST_BINDINGS = 24 };

enum call {
    CALL_NEW,
    CALL_FREE,
    CALL_CONNECT,
    CALL_DISCONNECT,
    CALL_SUBSCRIBE,
    CALL_UNSUBSCRIBE,
    CALL_BIND,
    CALL_UNBIND,
    CALL_PING,
    CALL_HINT, /* pusher_client_network_changed */
    CALL_SIGNIN,
    CALL_TRIGGER, /* a client event */
    CALL_ANSWER,  /* pusher_auth_resolve, pusher_auth_reject */
    CALL_COUNT
};

const char *call_name(int call);

/* Userdata of one binding. */
struct app_binding {
    struct app *app;
    int number;
    int channel; /* -1: of the client; SIGNIN: of the user */
    int event;   /* -1: every event */
    pusher_id id;
};

struct app {
    struct world *world;
    unsigned number;
    struct memory memory;
    pusher_options options; /* of the present client */
    pusher_client *client;  /* NULL: none, or freed */
    pusher_loop *loop;      /* its loop; only while there is a client */
    pusher_loop *own_loop;  /* the application's, if it is not the client's own */
    pusher_channel *channels[CHANNEL_NAMES];
    struct app_binding *bindings[MOST_BINDINGS];
    bool inside;        /* a callback runs */
    bool binding_now;   /* inside a bind */
    bool uncounted;     /* the client has been freed, and its memory not looked at yet */
    bool fixed_options; /* the defaults, for comparisons between many clients */
    struct happening reconnect; /* after a refusal */
    struct happening look;      /* soon after a call from outside */
    struct happening settle;
    uint64_t settled_at; /* since when it leaves the client alone */
    bool settled_deaf;   /* with a connection that does not answer */

    /* its transports (transport.c) */
    struct ws *ws;       /* the present one */
    unsigned live;       /* not ended or closed */
    unsigned transports; /* so far */

    unsigned present;     /* the others on the presence channel, as the server has it */
    struct list requests; /* to its authorizer (authorizer.c) */
    unsigned triggered;   /* client events so far */

    struct watch watch; /* what the checks remember */
};

void app_init(struct app *app, struct world *world, unsigned number);
void app_end(struct app *app); /* frees client and loop */

/* A random call. */
void app_move(struct app *app);

/* Faults have stopped: as soon as its machine runs it makes up its mind to be connected
 * (or not), and leaves it at that. */
void app_settle(struct app *app);

/* The loop of a client that lives; or NULL. */
pusher_loop *app_loop(const struct app *app);

/* Nothing is left to do just now: looks at everything that can be asked. */
void app_look(struct app *app);

/* The application does something of its own inside a callback, or not; then it ends. */
void callback_ends(struct app *app);

/* --- calls (calls.c): each makes facts, and the application's own books --- */

int call_new(struct app *app);
void call_free(struct app *app);
void call_connect(struct app *app);
void call_disconnect(struct app *app);
int call_subscribe(struct app *app, int channel);
void call_unsubscribe(struct app *app, int channel);
void call_bind(struct app *app, int channel, int event);
void call_unbind(struct app *app, int binding);
void call_ping(struct app *app);
void call_hint(struct app *app);
void call_signin(struct app *app);
void call_trigger(struct app *app, int channel);

/* What a client event of this form (n[2] of the call) is worth: 0, or the error. */
int trigger_result(int form);

/* Answers a request: with `text` if it is to be granted, or of a wrong form; else (ptr
 * NULL) it is rejected with `status`. */
int call_answer(struct app *app, pusher_id request, int channel, enum verdict verdict,
                pusher_str text, int status);

#endif
