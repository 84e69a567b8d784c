/*
 * Which thread a loop belongs to. Builds with assertions check it in every public call,
 * and end the program with clear words when it is broken; others do not look.
 */
#ifndef NET_OWNER_H
#define NET_OWNER_H

#include <stdatomic.h>
#include <stdint.h>

#include "net/loop.h"

/* Tells threads that live at the same time apart; never 0 or 1. */
uintptr_t thread_token(void);

struct owner {
    atomic_uintptr_t thread; /* a token; OWNER_NOBODY; OWNER_BACKGROUND */
    atomic_uintptr_t inside; /* the thread that runs or dispatches now, or 0 */
};

enum {
    OWNER_NOBODY = 0,    /* between two runs */
    OWNER_BACKGROUND = 1 /* the thread of the library's own, which is not in its run */
};

#ifdef NDEBUG
#define owner_set(loop, whom)               ((void)0)
#define owner_enter(loop)                   ((void)0)
#define owner_leave(loop)                   ((void)0)
#define owner_check_process(loop, function) ((void)(function))
#define owner_check_outside(loop, function) ((void)(function))
#define owner_check_idle(loop)              ((void)0)
#else
void owner_set(pusher_loop *loop, uintptr_t whom);
/* The calling thread runs or dispatches, until it leaves. */
void owner_enter(pusher_loop *loop);
void owner_leave(pusher_loop *loop);
/* For what any thread may call: it is no forked child. */
void owner_check_process(const pusher_loop *loop, const char *function);
/* No other thread is inside. */
void owner_check_outside(const pusher_loop *loop, const char *function);
/* Nor is this one: the loop is to be freed. */
void owner_check_idle(const pusher_loop *loop);
#endif

#endif
