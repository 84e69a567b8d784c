/*
 * Signatures of subscriptions and sign-ins (AUTH-09), without the checks of the public
 * calls: to sign, and for the sandbox to check what a client brings.
 */
#ifndef SERVER_SIGN_H
#define SERVER_SIGN_H

#include <stdbool.h>

#include <pusher/types.h>

#include "crypto/digest.h"

enum { SIGNED_DATA_MAX = 1024 * 1024 }; /* bytes of what is signed */

/* digits "." digits, as HS-02 has it. Anything else could move the border between the
 * socket id and the channel in the signed text. */
bool socket_id_valid(pusher_str socket_id);

/* Hex over "socket_id:channel", and ":channel_data" unless its ptr is NULL. 0,
 * PUSHER_ERR_LIMIT, PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM. */
int sign_channel(const pusher_allocator *mem, pusher_str secret, pusher_str socket_id,
                 pusher_str channel, pusher_str channel_data, char ret[SHA256_HEX + 1]);

/* Hex over "socket_id::user::user_data". Same errors. */
int sign_user(const pusher_allocator *mem, pusher_str secret, pusher_str socket_id,
              pusher_str user_data, char ret[SHA256_HEX + 1]);

#endif
