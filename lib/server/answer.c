/*
 * The status of an answer, in its first line or in its body.
 */
#include "server/answer.h"

#include <stdlib.h>

#include "codec/json.h"
#include "codec/json_walk.h"

enum { FIRST_OF_REFUSALS = 300, LAST_OF_REFUSALS = 599 };

/* 0: the body is none of a refusal. */
static int status_in_body(pusher_str body)
{
    if (!body.ptr || !json_valid(body) ||
        json_kind_of(json_find(body, "error")) != JSON_STRING)
        return 0;
    pusher_str code = json_number_text(json_find(body, "code"));
    /* Ends at what follows in the object. */
    long status = code.ptr ? strtol(code.ptr, NULL, 10) : 0;
    return status >= FIRST_OF_REFUSALS && status <= LAST_OF_REFUSALS ? (int)status : 0;
}

int answer_status(const struct http_response *response)
{
    if (response->error)
        return 0;
    bool is_accepted = response->status >= 200 && response->status < 300;
    int told = is_accepted ? status_in_body(response->body) : 0;
    return told ? told : response->status;
}
