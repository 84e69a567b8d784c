/*
 * An application's event loop that drives a pusher_loop, as a test needs it. One file a
 * kind of loop; the cases are the same for all.
 */
#ifndef ADAPTERS_DRIVER_H
#define ADAPTERS_DRIVER_H

#include <stdbool.h>

#include <pusher/pusher.h>

extern const char driver_name[];

/* The application's loop, before and after any pusher_loop. */
void driver_open(void);
void driver_close(void);

/* Any number of loops; detaching is legal in callbacks too. */
void *driver_attach(pusher_loop *loop);
void driver_detach(void *attached);

/* Runs the application's loop until `*done` or for `ms`; true when done. */
bool driver_run(const bool *done, int ms);

/* How often the application's loop woke up in that. */
extern unsigned driver_turns;

/* How often the library was dispatched; driver files include their adapter with
 * pusher_loop_dispatch() replaced by this. */
extern unsigned dispatches;
int counted_dispatch(pusher_loop *loop);

#endif
