/*
 * The model of a Channels server: greets, confirms, answers pings, publishes; and all
 * that it can do wrong.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "transport.h"

/* The WebSocket is open. */
void server_accept(struct ws *ws);

/* It greets, perhaps not for the first time. */
void server_greet(struct ws *ws);

/* A frame has arrived. */
void server_read(struct ws *ws, pusher_str text);

/* --- talking (talk.c, talk_users.c) --- */

/* Sends a message, perhaps twice. */
void transport_say(struct ws *ws, enum letter_kind kind, int channel, int event,
                   int64_t number, const char *text);

void say_greeting(struct ws *ws);
void say_succeeded(struct ws *ws, int channel);
void say_refused(struct ws *ws, int channel);
void say_roster(struct ws *ws, int channel, bool bad);
void say_member(struct ws *ws, int channel, int user, bool there);
void say_member_without_id(struct ws *ws, int channel);
void say_sealed(struct ws *ws);
void say_signed_in(struct ws *ws, bool bad);
void say_watched(struct ws *ws, bool bad);
void say_pong(struct ws *ws);
void say_ping(struct ws *ws);
void say_event(struct ws *ws, int channel, int event);
void say_count(struct ws *ws, int channel, bool bad);
void say_error(struct ws *ws, int code);
void say_garbage(struct ws *ws);
void say_unknown(struct ws *ws);
void say_binary(struct ws *ws);
void say_close(struct ws *ws, int code);

/* A close code of any kind, often one that has a meaning; -1: none. */
int pick_code(struct world *world);

/* --- misbehaviour at a moment (incident.c) --- */

void incident(struct world *world, enum fault fault, struct app *app);

#endif
