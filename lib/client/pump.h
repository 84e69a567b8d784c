/*
 * The pump: between the core, which only decides, and the loop, which only does.
 */
#ifndef CLIENT_PUMP_H
#define CLIENT_PUMP_H

#include "client/client.h"

/* Sets up task and timer of a new client. */
void pump_init(pusher_client *client);

/* Has the pump run in the loop's next turn: after every input that came from a public
 * call. */
void pump_later(pusher_client *client);

/* Tells the core when something last arrived; before what may end the connection. */
void pump_arrival(pusher_client *client);

/* Takes everything of the client off the loop: transport, task, timer. */
void pump_detach(pusher_client *client);

#endif
