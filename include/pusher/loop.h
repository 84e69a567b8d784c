/*
 * A loop: the event loop of one thread, shared by any number of clients.
 *
 * Drive it in one of two ways, never both at a time:
 *   pusher_loop_run()  the library waits and works until pusher_loop_stop();
 *   pusher_loop_fd() with pusher_loop_dispatch()  the application's own loop watches one
 *   descriptor and calls dispatch whenever it is readable. Nothing else is needed: timers
 * and calls made between two dispatches make the descriptor readable too.
 *
 * Side effects on the process: libwebsockets sets SIGPIPE to be ignored when a loop is
 * made. All descriptors are close-on-exec. After fork() a loop belongs to the parent; the
 * child must not use it.
 */
#ifndef PUSHER_LOOP_H
#define PUSHER_LOOP_H

#include <pusher/error.h>
#include <pusher/log.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pusher_loop pusher_loop;

/* Options of a loop. Fill with pusher_loop_options_init(), then change what is needed. */
typedef struct pusher_loop_options {
    size_t struct_size; /* set by the init function; lets the struct grow */
    /* Log lines of the loop itself and of libwebsockets inside it. Default: off. */
    pusher_log log;
    /* Memory of the loop; copied. NULL: malloc, realloc, free. */
    const pusher_allocator *allocator;
} pusher_loop_options;

/*
 * Fills `options` with the defaults. `struct_size` is the size of the struct that the
 * caller was compiled with. Never fails, runs no callback.
 */
PUSHER_API void pusher_loop_options_init_sized(pusher_loop_options *options,
                                               size_t struct_size);
#define pusher_loop_options_init(options)                                                \
    pusher_loop_options_init_sized((options), sizeof *(options))

/*
 * Makes a loop and stores it in `*ret`; untouched on failure. `options` may be NULL for
 * the defaults. The loop belongs to the calling thread until it is run or dispatched by
 * another one for the first time. The caller frees it with pusher_loop_free().
 *
 * Returns 0, PUSHER_ERR_INVALID (NULL `ret`, or a `struct_size` that is no size of this
 * struct), PUSHER_ERR_NOMEM, or PUSHER_ERR_SYSTEM (no descriptor to be had). Runs no
 * callback but the log's.
 */
PUSHER_API int pusher_loop_new(pusher_loop **ret, const pusher_loop_options *options);

/*
 * Frees the loop, and before it every client and sandbox that is still on it. Posted
 * functions that have not run do not run; their `free_arg` is called. NULL is fine. Must
 * not be called from a callback that this loop runs, nor while another thread may still
 * post.
 */
PUSHER_API void pusher_loop_free(pusher_loop *loop);

/*
 * Waits and works on the calling thread until pusher_loop_stop() is called; callbacks of
 * the loop's clients run inside. A stop that came before makes it return at once, and is
 * then used up.
 *
 * Returns 0 when stopped, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_REENTRANT from inside
 * one of the loop's own callbacks, PUSHER_ERR_SYSTEM if waiting itself failed.
 */
PUSHER_API int pusher_loop_run(pusher_loop *loop);

/*
 * As pusher_loop_run(), for at most `timeout_ms` milliseconds (0 to 2^31 - 1; 0 does what
 * is due now). Returns PUSHER_ERR_TIMEOUT when the time passed without a stop.
 */
PUSHER_API int pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms);

/*
 * Makes pusher_loop_run() return after the callback that runs now, or the next call of it
 * return at once. Safe from any thread and from any callback, not from a signal handler.
 * NULL is ignored.
 */
PUSHER_API void pusher_loop_stop(pusher_loop *loop);

/*
 * The descriptor to watch for readability (level-triggered; an epoll descriptor, so it
 * can itself be watched by poll, epoll, libuv, GLib, libev …). It belongs to the loop:
 * never read, write or close it. -1 when `loop` is NULL or the build has no single
 * descriptor.
 */
PUSHER_API int pusher_loop_fd(const pusher_loop *loop);

/*
 * Does what is due, without waiting; callbacks run inside. Call it when the descriptor is
 * readable; an extra call does no harm. Bounded: it returns after a few turns, and the
 * descriptor stays readable while there is more.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_REENTRANT from inside one of the
 * loop's own callbacks.
 */
PUSHER_API int pusher_loop_dispatch(pusher_loop *loop);

/*
 * Has the loop call `fn(arg)` on its own thread, soon, in the order of posting; then
 * `free_arg(arg)` unless that is NULL. Safe from any thread while the loop exists. This
 * is how another thread reaches a client.
 *
 * Returns 0, or PUSHER_ERR_INVALID (NULL `loop` or `fn`) or PUSHER_ERR_NOMEM; `free_arg`
 * is then called before the function returns. `fn` may call everything that a callback
 * may.
 */
PUSHER_API int pusher_loop_post(pusher_loop *loop, void (*fn)(void *arg), void *arg,
                                pusher_free_fn free_arg);

#ifdef __cplusplus
}
#endif

#endif
