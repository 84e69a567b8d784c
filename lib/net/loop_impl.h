/*
 * The inside of a loop, for the files of lib/net.
 */
#ifndef NET_LOOP_IMPL_H
#define NET_LOOP_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#ifdef PUSHER_WITH_LIBUV
#include <uv.h>
#endif

#include "net/gate.h"
#include "net/loop.h"
#include "net/lws_internal.h"
#include "net/mailbox.h"
#include "net/owner.h"
#include "net/resolver.h"

/* Of the background thread. */
enum { THREAD_NONE, THREAD_RUNS, THREAD_IS_JOINED };

struct pusher_loop {
    pusher_allocator mem;
    pusher_log log;

    struct lws_context *context; /* libwebsockets clears it when it is gone */
#ifdef PUSHER_WITH_LIBUV
    /* One pollable descriptor over everything (engine.c). */
    uv_loop_t uv;
    int epoll_fd;
    int timer_fd;            /* the earliest of our deadlines and libuv's */
    int event_fd;            /* something was posted, or stop was asked for */
    int resume_fd;           /* the system's clock was set, as when it resumes; or -1 */
    uint64_t timer_armed;    /* what timer_fd is set to, in ms; UINT64_MAX: nothing */
    uv_handle_t *event_pipe; /* its own, see event_pipe.h */
#else
    /* engine_poll.c */
    lws_sorted_usec_list_t alarm; /* ends the wait */
    atomic_bool woken;            /* and not looked yet for what */
#endif
    bool waiting; /* libwebsockets waits and works inside engine_wait() */
    struct list vhosts;
    bool poke; /* libwebsockets was used outside of its callbacks in this turn */

    bool dispatching;
    bool free_pending;
    uint64_t now;       /* of this turn, while dispatching */
    uint64_t asleep_ms; /* that the system was suspended until the last turn */
    uint64_t resumed_at,
        slept_ms; /* the last suspension: when it was noticed; its length */

    struct heap timers;
    struct list tasks;
    struct list children;
    unsigned websockets; /* that there are, in whatever state */

    /* Closing handshakes: under way, and those that wait for their turn (ws.c). */
    unsigned closing_now;
    struct list closing;

    unsigned descriptors;     /* that it is to hold; 0: not known */
    unsigned descriptors_end; /* see descriptors_table_size() */

    struct resolver resolver;
    /* For the dials that are paced (dial.c). */
    struct gate gate;
    struct loop_task gate_task;
    struct loop_timer gate_timer;

    struct buf scratch;
    pid_t process; /* that made it */

    /* What other threads touch. */
    pusher_mailbox *mailbox;
    atomic_bool stop;
    pthread_mutex_t lock; /* held while the background thread is made */
    pthread_t thread;     /* once THREAD_RUNS */
    atomic_int thread_state;
    atomic_uintptr_t thread_token; /* 0: none, or it has not begun */
#ifndef NDEBUG
    struct owner owner;
#endif
};

/* context.c: opens it, with `options` of libwebsockets' besides ours and on a loop of the
 * kind that these name (NULL: its own). 0 or PUSHER_ERR_SYSTEM. */
int context_open(pusher_loop *loop, uint64_t options, void *foreign_loop);
/* True when there is memory for what libwebsockets is about to allocate: where it fails
 * to, it may go on with what it has freed. */
bool context_has_room(size_t bytes);

/* engine.c, or engine_poll.c in builds without libuv */
int engine_open(pusher_loop *loop);
void engine_close(pusher_loop *loop);
/* Lets libwebsockets do what is due. */
void engine_turn(pusher_loop *loop);
/* True when there is more to do at once. */
bool engine_busy(pusher_loop *loop);
/* libwebsockets was used outside of its callbacks: a turn is due. */
void engine_poke(pusher_loop *loop);
/* Has the engine wake for the next moment that something is due. */
void engine_arm(pusher_loop *loop);
/* Waits at most `timeout_ms` (-1: without end) and takes the readiness that only wakes.
 * Without libuv, callbacks of libwebsockets run inside. 0 or PUSHER_ERR_SYSTEM. */
int engine_wait(pusher_loop *loop, int timeout_ms);
int engine_fd(const pusher_loop *loop); /* to watch, or PUSHER_ERR_UNSUPPORTED */
void engine_wake(pusher_loop *loop);    /* any thread */

/* dial.c */
void dial_gate_init(pusher_loop *loop, uint32_t most_inside, uint32_t per_second);

/* ws.c: those that wait go without a closing handshake, when their sockets do. */
void ws_forget_closing(pusher_loop *loop);

/* timers.c */
void timers_run(pusher_loop *loop);
uint64_t clock_ms(void);
/* How long the system has been suspended since it started. */
uint64_t clock_asleep_ms(void);
/* The time that was so many milliseconds ago by a clock that stands still while the
 * system is suspended. */
uint64_t loop_awake_ago(const pusher_loop *loop, uint64_t awake_ms);

/* vhost.c: the virtual host for a TLS configuration, made when first asked for; NULL with
 * a text in `*why` when that failed. */
struct lws_vhost *vhost_get(pusher_loop *loop, bool tls, const char *ca_file,
                            const char **why);
void vhosts_forget(pusher_loop *loop);

/*
 * What a socket's user pointer leads to, as the first member: libwebsockets says its last
 * word about a socket, LWS_CALLBACK_WSI_DESTROY, to the first protocol of the virtual
 * host, whatever the socket's own is.
 */
struct socket_owner {
    void (*destroyed)(struct socket_owner *owner);
};

/* ws_events.c, http.c: the callbacks of libwebsockets for what comes before. */
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len);
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);
extern const char ws_protocol_of_few[];
extern const char ws_protocol_of_many[];
extern const char http_protocol_name[];

#endif
