/*
 * The roster of a presence channel: who is there. While the channel is subscribed it is
 * what the server says; otherwise nobody is there (PRES-06).
 *
 * Changes arrive as events of the channel: "pusher:subscription_succeeded" when the
 * roster is there, "pusher:member_added" and "pusher:member_removed" with data
 * {"id":…,"info":…} (PRES-03, PRES-04).
 */
#ifndef PUSHER_PRESENCE_H
#define PUSHER_PRESENCE_H

#include <stdbool.h>

#include <pusher/channel.h>
#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One member. Its texts are NUL-terminated and live until the callback returns that is
 * running, or, outside of callbacks, until the loop runs again. */
typedef struct pusher_member {
    pusher_str id;   /* user_id; a number is its text (PRES-05) */
    pusher_str info; /* user_info as JSON text; ptr NULL when there is none */
} pusher_member;

/* How many members there are. 0 for NULL and other channels. Runs no callback. */
PUSHER_API size_t pusher_channel_member_count(const pusher_channel *channel);

/*
 * The member that this client is: true, and `*ret` is filled (PRES-02). False, and `*ret`
 * untouched: nobody is there, or the server does not list us. Runs no callback.
 */
PUSHER_API bool pusher_channel_me(const pusher_channel *channel, pusher_member *ret);

/* The member with this id, as above; `id` has to be NUL-terminated. */
PUSHER_API bool pusher_channel_member(const pusher_channel *channel, const char *id,
                                      pusher_member *ret);

/*
 * The next member, in the order in which they came: begin with a `*member` that is all
 * zero, and go on with what the call before has filled in. False: there is none after it,
 * or it is not there any more.
 *
 *     pusher_member member = {0};
 *     while (pusher_channel_next_member(channel, &member))
 *         puts(member.id.ptr);
 */
PUSHER_API bool pusher_channel_next_member(const pusher_channel *channel,
                                           pusher_member *member);

#ifdef __cplusplus
}
#endif

#endif
