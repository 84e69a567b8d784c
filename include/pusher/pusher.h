/*
 * libpusher: a client for the Pusher Channels protocol (version 7).
 *
 *   loop.h     a loop: one thread's event loop, shared by any number of clients
 *   client.h   a client: one connection; options, state, problems, life cycle
 *   channel.h  channels of a client: subscribe, bind, events
 *   auth.h     authorization of private, presence and encrypted channels
 *   presence.h rosters of presence channels
 *   user.h     the signed-in user
 *   log.h      the log callback
 *   error.h    error codes and their texts
 *   types.h    text, identifiers, allocator
 *   version.h  the version
 *
 * Ownership is a tree: a loop must outlive its clients, a client owns its channels, a
 * channel owns its bindings. Text given to the library is copied. Text given to a
 * callback lives until the callback returns.
 *
 * A loop, its clients and their channels belong to one thread: the one that runs or
 * dispatches the loop (loop.h says it exactly). pusher_loop_post() and pusher_loop_stop()
 * may be called from other threads, and, while their object exists, the calls that return
 * what never changes: pusher_client_loop(), pusher_client_userdata() and
 * pusher_channel_client().
 *
 * From inside any callback every call is legal, also the ones that unbind, unsubscribe,
 * disconnect or free what is being called. The exceptions say so: running or freeing the
 * loop.
 */
#ifndef PUSHER_PUSHER_H
#define PUSHER_PUSHER_H

#include <pusher/auth.h>
#include <pusher/channel.h>
#include <pusher/client.h>
#include <pusher/error.h>
#include <pusher/log.h>
#include <pusher/loop.h>
#include <pusher/presence.h>
#include <pusher/types.h>
#include <pusher/user.h>
#include <pusher/version.h>

#endif
