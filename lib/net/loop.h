/*
 * What the layers above may ask of a loop besides its public calls: the time, timers,
 * tasks for the next turn, children that die with it, and shared scratch memory. Nothing
 * here shows libwebsockets or libuv.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>

#include <pusher/loop.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/list.h"

/* At the beginning of every public call that belongs to the loop's thread. Nothing in
 * builds without assertions; else a call on another thread, or in a forked child, ends
 * the program. */
#ifdef NDEBUG
#define loop_check(loop) ((void)0)
#else
void loop_check_from(const pusher_loop *loop, const char *function);
#define loop_check(loop) loop_check_from((loop), __func__)
#endif

/* True in a child that was forked after the loop was made: descriptors are shared, so
 * that whatever is done to them is done to the parent. */
bool loop_is_inherited(const pusher_loop *loop);

/* Monotonic milliseconds, those included in which the system was suspended; read once a
 * turn inside dispatch, fresh outside of it. */
uint64_t loop_now(pusher_loop *loop);

/* 64 bits from the system's secure source. 0, or PUSHER_ERR_SYSTEM. */
int loop_random(uint64_t *ret);

const pusher_allocator *loop_mem(const pusher_loop *loop);

/* A timer that fires once, from the loop's dispatch. Zeroed before first use (with fire
 * and userdata set); setting and clearing never fail and are legal everywhere on the
 * thread. */
struct loop_timer {
    struct heap_node node;
    void (*fire)(void *userdata);
    void *userdata;
    int armed; /* 1 while on the loop's heap */
};

/* `deadline` in loop_now() milliseconds; UINT64_MAX clears. An armed timer is moved. */
void loop_timer_set(pusher_loop *loop, struct loop_timer *timer, uint64_t deadline);
void loop_timer_clear(pusher_loop *loop, struct loop_timer *timer);

/* A task runs once in the next turn of the loop, inside dispatch, where libwebsockets may
 * be used. Initialise `link` with list_init; scheduling a scheduled task does nothing. */
struct loop_task {
    struct list link;
    void (*run)(void *userdata);
    void *userdata;
};

void loop_task_init(struct loop_task *task, void (*run)(void *userdata), void *userdata);
void loop_task_schedule(pusher_loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop_task *task);

/* An object that is freed with the loop if it still lives then (clients, sandboxes). */
struct loop_child {
    struct list link;
    void (*free)(void *userdata); /* must detach */
    /* The system was suspended and goes on; must not run user code. NULL: no matter. */
    void (*resumed)(void *userdata);
    void *userdata;
};

void loop_child_attach(pusher_loop *loop, struct loop_child *child);
void loop_child_detach(struct loop_child *child);

/* The calling thread is about to run or dispatch the loop, and takes it over. `function`
 * is the public call that does. 0, PUSHER_ERR_WRONG_THREAD while the loop has a
 * background thread that is another one, PUSHER_ERR_REENTRANT in the loop's callbacks. */
int loop_take_over(pusher_loop *loop, const char *function);

/* Memory for the moment: whoever uses it is done with it before returning to the loop.
 * Kept between uses up to 64 KiB. No maximum of its own. */
struct buf *loop_scratch(pusher_loop *loop);
void loop_scratch_done(pusher_loop *loop);

/* Frees the loop, unless it is being freed; also from inside its own dispatch: it then
 * stops, and is freed when the outermost run or dispatch on the stack returns. */
void loop_free_when_idle(pusher_loop *loop);

/* As pusher_loop_run, but also returns 0 when `*done` becomes nonzero. */
int loop_run_until(pusher_loop *loop, const int *done);

#endif
