/*
 * One HTTP request as it arrives: method, path, query and body, collected up to a limit
 * and then answered by api.c. Every answer ends the connection: a sandbox needs no
 * keep-alive.
 */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <libwebsockets.h>

#include "sandbox/service.h"

struct exchange;

/* Reads the head of the request on `wsi`. NULL when memory runs out. */
struct exchange *exchange_new(struct service *service, struct lws *wsi, pusher_str path);
void exchange_free(struct exchange *exchange); /* NULL is fine */

/* True when a body will follow. */
bool exchange_wants_body(const struct exchange *exchange);

/* A piece of the body. What passes the limit is read and forgotten, so that the answer
 * reaches a client that is still sending. */
void exchange_body(struct exchange *exchange, pusher_str piece);

/* The request is complete: acts on it and begins to write the answer. Returns -1: close;
 * 0: there is more for exchange_write(). */
int exchange_finish(struct exchange *exchange, struct lws *wsi);

/* True when exchange_finish() has returned 0. */
bool exchange_answering(const struct exchange *exchange);

/* The socket can take more of the answer. Returns likewise. */
int exchange_write(struct exchange *exchange, struct lws *wsi);

/* Writes an answer without an exchange. Returns -1: close. */
int exchange_refuse(struct lws *wsi, int status, const char *text);

#endif
