/*
 * A loop: the event loop of one thread, shared by any number of clients.
 *
 * Drive it in one of three ways, never two at a time:
 *   pusher_loop_run()  the library waits and works until pusher_loop_stop();
 *   pusher_loop_start()  the same on a thread that the library makes, until
 *   pusher_loop_stop(); pusher_loop_join() waits for its end;
 *   pusher_loop_fd() with pusher_loop_dispatch()  the application's own loop watches one
 *   descriptor and calls dispatch whenever it is readable. Nothing else is needed: timers
 *   and calls made between two dispatches make the descriptor readable too. Needs a
 *   library that was built with libuv, as by default.
 *
 * Threads. A loop and everything on it (clients, channels, sandboxes, server objects)
 * belong to one thread at a time:
 *   from pusher_loop_new() on, to the thread that called it;
 *   while it is run, to the thread that runs it; when the run has returned, to whichever
 *   thread uses it next;
 *   from pusher_loop_start() to the return of pusher_loop_join(), to the thread that the
 *   library made;
 *   from a pusher_loop_dispatch() on, to the thread that called it; another one takes the
 *   loop over by running or dispatching it, or by freeing it.
 * Handing over is the application's to order (a mutex, a join). Safe on any thread at any
 * time while the loop exists are pusher_loop_post(), pusher_loop_stop(), pusher_loop_fd()
 * and pusher_mailbox_new(); a mailbox is safe to use even when the loop is gone. All
 * other calls on another thread are errors: a library that was built with assertions
 * writes which one to the log and to standard error, and aborts; one built without
 * (NDEBUG) does not look.
 *
 * Processes. After fork() a loop belongs to the parent, which goes on undisturbed. The
 * child may make loops of its own, exec or exit. In it, pusher_loop_free(),
 * pusher_client_free(), pusher_sandbox_free(), pusher_server_free() and
 * pusher_mailbox_free() do nothing for what the parent made, so that destructors are
 * harmless; every other call on it is an error as above (those that only tell a pointer
 * or a port go unnoticed). Descriptors are close-on-exec.
 *
 * Signals. None is handled; no SIGPIPE reaches the process for what the library writes.
 * Callbacks run with SIGPIPE blocked, and so do programs that they start, unless they
 * unblock it; on threads that the library makes, all signals are but those of faults
 * (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS). No handler is changed, but for that
 * of SIGPIPE inside pusher_loop_new(): libwebsockets sets it, and it is put back before
 * the function returns. Loops may be made on several threads at once, and processes
 * forked; no other thread may set that handler meanwhile.
 *
 * When the last loop and mailbox are freed, no descriptor is left but two that libuv
 * keeps for the process, and no thread but those that still wait for the system's
 * resolver; these end by themselves. There are at most eight of these a loop, whatever
 * the number of its clients: clients that look up the same name at the same time share
 * one, further names wait.
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
typedef struct pusher_mailbox pusher_mailbox;

/* Options of a loop. Fill with pusher_loop_options_init(), then change what is needed. */
typedef struct pusher_loop_options {
    size_t struct_size; /* set by the init function; lets the struct grow */
    /* Log lines of the loop itself. Default: off. Those of libwebsockets are switched
     * off, in the whole process. */
    pusher_log log;
    /* Memory of the loop; copied. NULL: malloc, realloc, free. */
    const pusher_allocator *allocator;

    /*
     * How clients of the loop connect, so that ten thousand do not dial in one instant:
     * at most `max_connecting` attempts are under way at a time (from the look-up of the
     * name until the WebSocket is open or the attempt has failed), and at most
     * `connects_per_second` begin in a second, evenly. The others wait for their turn, in
     * the order in which they came. A client that waits reads connecting (or unavailable,
     * once unavailable_timeout_ms has passed); its connect_timeout_ms runs from its turn
     * on. Requests to authorization endpoints are not counted: max_parallel_auth limits
     * them.
     */
    uint32_t max_connecting;      /* 0 to 1000000; 0: any number. Default: 128 */
    uint32_t connects_per_second; /* 0 to 1000000; 0: no limit. Default: 0 */

    /*
     * Descriptors that the process is going to need, all told: one for each client, one
     * more while it asks an authorization endpoint, about 20 for the loop and its
     * look-ups, and the application's own. Where the soft limit (RLIMIT_NOFILE) is lower,
     * pusher_loop_new() raises it to this; beyond the hard limit it fails with
     * PUSHER_ERR_LIMIT. With 0, the default, the limit is left alone. It counts when the
     * loop is made: raised later, it is of no use to this loop. A client that finds no
     * descriptor left reports PUSHER_PROBLEM_CONNECT with system_error EMFILE, and tries
     * again. A loop takes 16 bytes for each descriptor that the limit allows, up to 65536
     * (with a number here, 1048576) of them; with a limit above that, what an event costs
     * grows with the number of clients.
     */
    uint32_t descriptors; /* 0 to 1048576 */
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
 * the defaults. The caller frees it with pusher_loop_free().
 *
 * Returns 0, PUSHER_ERR_INVALID (NULL `ret`, a `struct_size` that is no size of this
 * struct, or a number out of its range), PUSHER_ERR_LIMIT (more `descriptors` than the
 * hard limit), PUSHER_ERR_NOMEM, or PUSHER_ERR_SYSTEM (too few descriptors are left for
 * it). Runs no callback but the log's.
 */
PUSHER_API int pusher_loop_new(pusher_loop **ret, const pusher_loop_options *options);

/*
 * Frees the loop, and before it every client and sandbox that is still on it, also a
 * client that made the loop for itself. A background thread is stopped and joined first.
 * Posted functions that have not run do not run; their `free_arg` is called, on the
 * calling thread. NULL is fine. Must not be called from a callback that this loop runs,
 * nor while another thread may still call pusher_loop_post() or pusher_loop_stop(): where
 * that cannot be known, let other threads post through a mailbox.
 */
PUSHER_API void pusher_loop_free(pusher_loop *loop);

/*
 * Waits and works on the calling thread until pusher_loop_stop() is called; callbacks of
 * the loop's clients run inside. A stop that came before makes it return at once, and is
 * then used up.
 *
 * Returns 0 when stopped, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_REENTRANT from inside
 * one of the loop's own callbacks, PUSHER_ERR_WRONG_THREAD while the loop has a
 * background thread, PUSHER_ERR_SYSTEM if waiting itself failed.
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
 * Runs the loop on a thread of its own, as pusher_loop_run() would, until
 * pusher_loop_stop(): a stop that came before is used up at once. From now on callbacks
 * run there, and until pusher_loop_join() has returned, this thread too reaches the loop
 * through pusher_loop_post() only. Connect and bind before, or by a post.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_STATE when it was started and not
 * joined since, PUSHER_ERR_REENTRANT from inside one of the loop's own callbacks,
 * PUSHER_ERR_SYSTEM when no thread can be made (errno says why). After a failure the loop
 * is as it was.
 */
PUSHER_API int pusher_loop_start(pusher_loop *loop);

/*
 * Waits until the background thread has ended, which it does after pusher_loop_stop().
 * Then no callback runs any more; the loop may be used, run or started again, and freed.
 * (Where a client made the loop itself and is freed in a callback, the thread ends with
 * the loop: neither is there to be joined.) Runs no callback.
 *
 * Returns what pusher_loop_run() returned on that thread (0 or PUSHER_ERR_SYSTEM);
 * PUSHER_ERR_INVALID for NULL, PUSHER_ERR_STATE when there is no background thread or
 * another thread waits for it already, PUSHER_ERR_WRONG_THREAD on the background thread
 * itself.
 */
PUSHER_API int pusher_loop_join(pusher_loop *loop);

/*
 * The descriptor to watch for readability (level-triggered; an epoll descriptor, so it
 * can itself be watched by poll, epoll, libuv, GLib, libev …). It belongs to the loop:
 * never read, write or close it.
 *
 * Returns it (0 or more), PUSHER_ERR_INVALID for NULL, or PUSHER_ERR_UNSUPPORTED from a
 * library that was built without libuv (-Dlibuv=disabled): that has no such descriptor,
 * and a loop is run, or has a background thread.
 */
PUSHER_API int pusher_loop_fd(const pusher_loop *loop);

/*
 * Does what is due, without waiting; callbacks run inside. Call it when the descriptor is
 * readable; an extra call does no harm. Bounded: it returns after a few turns, and the
 * descriptor stays readable while there is more.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_REENTRANT from inside one of the
 * loop's own callbacks, PUSHER_ERR_WRONG_THREAD while the loop has a background thread,
 * PUSHER_ERR_SYSTEM if asking what is due failed.
 */
PUSHER_API int pusher_loop_dispatch(pusher_loop *loop);

/*
 * Has the loop call `fn(arg)` on its own thread, soon, in the order of posting; then
 * `free_arg(arg)` unless that is NULL. Safe from any thread while the loop exists. This
 * is how another thread reaches a client. `fn` may call everything that a callback may.
 *
 * `free_arg` is called exactly once in any case: after `fn` on the loop's thread; when
 * the loop is freed before, by pusher_loop_free() without `fn`; on failure, before the
 * function returns. No lock is held meanwhile.
 *
 * Returns 0, PUSHER_ERR_INVALID (NULL `loop` or `fn`), PUSHER_ERR_STATE (the loop is
 * being freed: a `free_arg` posts again) or PUSHER_ERR_NOMEM.
 */
PUSHER_API int pusher_loop_post(pusher_loop *loop, void (*fn)(void *arg), void *arg,
                                pusher_free_fn free_arg);

/*
 * Makes a mailbox of the loop: a way to post to it that stays safe when the loop is
 * freed. Stored in `*ret`; untouched on failure. Free it with pusher_mailbox_free(),
 * before or after the loop. Safe on any thread while the loop exists.
 *
 * Returns 0, or PUSHER_ERR_INVALID for NULL. Runs no callback.
 */
PUSHER_API int pusher_mailbox_new(pusher_mailbox **ret, pusher_loop *loop);

/*
 * As pusher_loop_post(), but safe until the mailbox is freed, also while another thread
 * frees the loop: what was posted before has its `free_arg` called by pusher_loop_free(),
 * what comes later has it called here.
 *
 * Returns 0, PUSHER_ERR_STATE when the loop is gone, PUSHER_ERR_INVALID (NULL `mailbox`
 * or `fn`) or PUSHER_ERR_NOMEM.
 */
PUSHER_API int pusher_mailbox_post(pusher_mailbox *mailbox, void (*fn)(void *arg),
                                   void *arg, pusher_free_fn free_arg);

/*
 * Frees the mailbox; what was posted through it stays posted. NULL is fine. Safe on any
 * thread, once no other one uses this mailbox. Runs no callback.
 */
PUSHER_API void pusher_mailbox_free(pusher_mailbox *mailbox);

#ifdef __cplusplus
}
#endif

#endif
