/*
 * A loop: its life, and one dispatch. The engine underneath is in engine.c.
 */
#include "net/loop_impl.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/descriptors.h"
#include "net/sigpipe.h"
#include "net/thread.h"

enum { LEAST_SUSPENSION_MS = 500 };
/* More than libuv and libwebsockets take at once for a loop: some of it they do not
 * survive the lack of. */
enum { LOOP_BYTES = 256 * 1024 };
enum {
    TURNS_PER_DISPATCH = 8,
    GOODBYE_TURNS = 10,
    GOODBYE_MS = 1000,
    SCRATCH_KEPT_BYTES = 64 * 1024
};

/* The smallest struct that was ever released. */
#define FIRST_OPTIONS_SIZE (offsetof(pusher_loop_options, allocator) + sizeof(void *))
enum { MOST_ATTEMPTS = 1000000, MOST_DESCRIPTORS = 1 << 20 };

static const pusher_loop_options defaults = {
    .struct_size = sizeof defaults,
    .max_connecting = 128,
};

void pusher_loop_options_init_sized(pusher_loop_options *options, size_t struct_size)
{
    size_t known = struct_size < sizeof defaults ? struct_size : sizeof defaults;
    memset(options, 0, struct_size);
    memcpy(options, &defaults, known);
    options->struct_size = struct_size;
}

/* Defaults for what the caller does not know of. */
static int options_read(const pusher_loop_options *options, pusher_loop_options *ret)
{
    *ret = defaults;
    if (!options)
        return 0;
    if (options->struct_size < FIRST_OPTIONS_SIZE || options->struct_size > sizeof *ret)
        return PUSHER_ERR_INVALID;
    memcpy(ret, options, options->struct_size);
    if (ret->max_connecting > MOST_ATTEMPTS || ret->connects_per_second > MOST_ATTEMPTS ||
        ret->descriptors > MOST_DESCRIPTORS)
        return PUSHER_ERR_INVALID;
    return 0;
}

static int open_engine(pusher_loop *loop)
{
    struct descriptors_hold hold;
    if (!context_has_room(LOOP_BYTES))
        return PUSHER_ERR_NOMEM;
    if (!descriptors_hold(&hold))
        return PUSHER_ERR_SYSTEM;
    int rc = engine_open(loop);
    descriptors_release(&hold);
    return rc;
}

int pusher_loop_new(pusher_loop **ret, const pusher_loop_options *given)
{
    pusher_loop_options options;
    int rc = ret ? options_read(given, &options) : PUSHER_ERR_INVALID;
    if (rc)
        return rc;
    const pusher_allocator *mem = options.allocator ? options.allocator : &mem_default;
    rc = descriptors_raise(options.descriptors, &options.log);
    if (rc)
        return rc;
    pusher_loop *loop = mem_zalloc(mem, sizeof *loop);
    if (!loop)
        return PUSHER_ERR_NOMEM;
    loop->mem = *mem;
    loop->log = options.log;
    loop->process = getpid();
    loop->asleep_ms = clock_asleep_ms();
    list_init(&loop->vhosts);
    list_init(&loop->tasks);
    list_init(&loop->children);
    list_init(&loop->closing);
    resolver_init(&loop->resolver);
    dial_gate_init(loop, options.max_connecting, options.connects_per_second);
    buf_init(&loop->scratch, &loop->mem, SIZE_MAX / 2);
    pthread_mutex_init(&loop->lock, NULL);
    loop->mailbox = mailbox_new(loop);
    loop->descriptors = options.descriptors;
    rc = loop->mailbox ? open_engine(loop) : PUSHER_ERR_NOMEM;
    if (rc) {
        pthread_mutex_destroy(&loop->lock);
        pusher_mailbox_free(loop->mailbox);
        mem_free(mem, loop);
        return rc;
    }
    owner_set(loop, thread_token());
    *ret = loop;
    return 0;
}

/* Connections that were open when they were closed get the time to send their close frame
 * (CLOSE-10): the next turns do that, unless the network is full. Of very many, those
 * that get their turn within a second. */
static void say_goodbye(pusher_loop *loop)
{
    uint64_t until = clock_ms() + GOODBYE_MS;
    loop->poke = true;
    for (int turns = 0; turns < GOODBYE_TURNS && loop->websockets; turns++) {
        if (!list_empty(&loop->closing) && clock_ms() < until)
            turns = 0;
        engine_turn(loop);
        engine_arm(loop);
        engine_wait(loop, 1);
    }
    ws_forget_closing(loop);
}

static void free_children(pusher_loop *loop)
{
    while (!list_empty(&loop->children)) {
        struct loop_child *child =
            container_of(loop->children.next, struct loop_child, link);
        list_remove(&child->link);
        child->free(child->userdata);
    }
}

void pusher_loop_free(pusher_loop *loop)
{
    struct sigpipe sigpipe;
    /* What a forked child did to the descriptors, it would do to the parent. */
    if (!loop || loop_is_inherited(loop))
        return;
    thread_end(loop);
    owner_check_idle(loop);
    loop->free_pending = true; /* a client that made it does not free it again */
    owner_set(loop, thread_token());
    owner_enter(loop);
    sigpipe_block(&sigpipe);
    free_children(loop);
    resolver_close(&loop->resolver);
    mailbox_close(loop->mailbox);
    say_goodbye(loop);
    /* Tasks and timers of what libwebsockets still holds are harmless: nothing runs them.
     */
    engine_close(loop);
    sigpipe_unblock(&sigpipe);
    vhosts_forget(loop);
    buf_free(&loop->scratch);
    pusher_mailbox_free(loop->mailbox);
    pthread_mutex_destroy(&loop->lock);
    pusher_allocator mem = loop->mem;
    mem_free(&mem, loop);
}

void loop_free_when_idle(pusher_loop *loop)
{
    if (loop->free_pending)
        return;
    if (!loop->dispatching) {
        pusher_loop_free(loop);
        return;
    }
    loop->free_pending = true;
    pusher_loop_stop(loop);
}

/* Connections may be dead, and nobody told us: sockets know nothing of a suspension. */
static void look_for_suspension(pusher_loop *loop)
{
    uint64_t asleep_ms = clock_asleep_ms();
    uint64_t before = loop->asleep_ms;
    loop->asleep_ms = asleep_ms;
    if (asleep_ms < before + LEAST_SUSPENSION_MS)
        return;
    loop->resumed_at = loop->now;
    loop->slept_ms = asleep_ms - before;
    log_line(&loop->log, PUSHER_LOG_INFO, "the system was suspended for %u s",
             (unsigned)(loop->slept_ms / 1000));
    for (struct list *at = loop->children.next; at != &loop->children; at = at->next) {
        struct loop_child *child = container_of(at, struct loop_child, link);
        if (child->resumed)
            child->resumed(child->userdata);
    }
}

/* Sockets before timers: after the process had to wait (stopped, starved), the answer
 * that a timer misses may have been there for long. */
static void turn(pusher_loop *loop)
{
    loop->now = clock_ms();
    look_for_suspension(loop);
    mailbox_run(loop->mailbox);
    engine_turn(loop);
    timers_run(loop);
}

/* True: the loop is gone. */
static bool dispatch(pusher_loop *loop)
{
    loop->dispatching = true;
    for (int turns = 0; turns < TURNS_PER_DISPATCH && !loop->free_pending; turns++) {
        turn(loop);
        if (!engine_busy(loop))
            break;
    }
    loop->dispatching = false;
    if (loop->free_pending) {
        pusher_loop_free(loop);
        return true;
    }
    engine_arm(loop);
    return false;
}

int loop_take_over(pusher_loop *loop, const char *function)
{
    owner_check_process(loop, function);
    if (thread_is_elsewhere(loop))
        return PUSHER_ERR_WRONG_THREAD;
    owner_check_outside(loop, function);
    if (loop->dispatching)
        return PUSHER_ERR_REENTRANT;
    owner_set(loop, thread_token());
    return 0;
}

static int dispatch_once(pusher_loop *loop, bool *ret_gone)
{
    struct sigpipe sigpipe;
    int rc = loop_take_over(loop, "pusher_loop_dispatch");
    if (rc)
        return rc;
    owner_enter(loop);
    sigpipe_block(&sigpipe);
    rc = engine_wait(loop, 0);
    *ret_gone = dispatch(loop);
    sigpipe_unblock(&sigpipe);
    if (!*ret_gone)
        owner_leave(loop);
    return rc;
}

int pusher_loop_dispatch(pusher_loop *loop)
{
    bool gone = false;
    return loop ? dispatch_once(loop, &gone) : PUSHER_ERR_INVALID;
}

/* Until stopped, `*done` (may be NULL), or the deadline (UINT64_MAX: none). */
static int run_inside(pusher_loop *loop, const int *done, uint64_t deadline,
                      bool *ret_gone)
{
    engine_arm(loop);
    for (;;) {
        if (atomic_exchange(&loop->stop, false) || (done && *done))
            return 0;
        uint64_t now = clock_ms();
        if (now >= deadline)
            return PUSHER_ERR_TIMEOUT;
        int timeout_ms = deadline == UINT64_MAX ? -1 : (int)(deadline - now);
        int rc = engine_wait(loop, timeout_ms);
        if (rc)
            return rc;
        if (dispatch(loop)) {
            *ret_gone = true;
            return 0;
        }
    }
}

static int run(pusher_loop *loop, const int *done, uint64_t deadline)
{
    struct sigpipe sigpipe;
    bool gone = false;
    int rc = loop_take_over(loop, "pusher_loop_run");
    if (rc)
        return rc;
    owner_enter(loop);
    sigpipe_block(&sigpipe);
    rc = run_inside(loop, done, deadline, &gone);
    sigpipe_unblock(&sigpipe);
    if (!gone) {
        owner_leave(loop);
        owner_set(loop, thread_is_here(loop) ? OWNER_BACKGROUND : OWNER_NOBODY);
    }
    return rc;
}

int loop_run_until(pusher_loop *loop, const int *done)
{
    return run(loop, done, UINT64_MAX);
}

int pusher_loop_run(pusher_loop *loop)
{
    return loop ? loop_run_until(loop, NULL) : PUSHER_ERR_INVALID;
}

int pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms)
{
    if (!loop || timeout_ms > INT_MAX)
        return PUSHER_ERR_INVALID;
    if (timeout_ms)
        return run(loop, NULL, clock_ms() + timeout_ms);
    bool gone = false;
    int rc = dispatch_once(loop, &gone);
    if (rc || gone)
        return rc;
    owner_set(loop, OWNER_NOBODY);
    return atomic_exchange(&loop->stop, false) ? 0 : PUSHER_ERR_TIMEOUT;
}

void pusher_loop_stop(pusher_loop *loop)
{
    if (!loop)
        return;
    owner_check_process(loop, __func__);
    atomic_store(&loop->stop, true);
    engine_wake(loop);
}

int pusher_loop_fd(const pusher_loop *loop)
{
    if (!loop)
        return PUSHER_ERR_INVALID;
    owner_check_process(loop, __func__);
    return engine_fd(loop);
}

int loop_random(uint64_t *ret)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value)
        return PUSHER_ERR_SYSTEM;
    *ret = value;
    return 0;
}

const pusher_allocator *loop_mem(const pusher_loop *loop)
{
    return &loop->mem;
}

void loop_child_attach(pusher_loop *loop, struct loop_child *child)
{
    list_append(&loop->children, &child->link);
}

void loop_child_detach(struct loop_child *child)
{
    list_remove(&child->link);
}

struct buf *loop_scratch(pusher_loop *loop)
{
    buf_clear(&loop->scratch);
    return &loop->scratch;
}

void loop_scratch_done(pusher_loop *loop)
{
    if (loop->scratch.cap > SCRATCH_KEPT_BYTES)
        buf_free(&loop->scratch);
    buf_clear(&loop->scratch);
}
