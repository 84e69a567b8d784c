/*
 * What an answer of the HTTP API comes to.
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "net/http.h"

/*
 * The HTTP status of an answer (API-04). soketi sends its refusals with status 200 and
 * names the right one in the body, {"error":"…","code":401}: then it is that one. 0: no
 * answer came.
 */
int answer_status(const struct http_response *response);

#endif
