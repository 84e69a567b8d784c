/*
 * Signing in: who the user of a connection is, and whom it watches (AUTH-09, USER-04,
 * USER-09).
 */
#ifndef SANDBOX_SIGNIN_H
#define SANDBOX_SIGNIN_H

#include "sandbox/connection.h"

/*
 * Signs in with the data of pusher:signin (ptr NULL: absent, or not text). What is wrong
 * is answered with an in-band error 4009 and that close code (CLOSE-13); a second sign-in
 * with an error without a code.
 */
void signin(struct connection *connection, pusher_str auth, pusher_str user_data);

#endif
