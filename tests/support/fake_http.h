/*
 * HTTP requests that a test answers by hand: stands in for lib/net/http at link time.
 */
#ifndef SUPPORT_FAKE_HTTP_H
#define SUPPORT_FAKE_HTTP_H

#include "net/http.h"

/* How many requests are neither answered nor cancelled. */
unsigned fake_http_waiting(void);

/* What the oldest waiting one asks, as it would go over the wire: "POST
 * http://HOST/PATH", fields, an empty line, the body; lines end in \n. NULL: none waits.
 */
const char *fake_http_asked(void);

/* Answers the oldest waiting one; `error`: no answer. */
void fake_http_answer(int status, const char *body);
void fake_http_fail(int error, const char *reason);

/* From now on requests cannot be started (0: no more). */
void fake_http_refuse(int error);

#endif
