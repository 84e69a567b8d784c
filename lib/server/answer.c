/*
 * The status of an answer, in its first line or in its body.
 */
#include "server/answer.h"

#include "codec/json.h"
#include "codec/json_walk.h"

enum { FIRST_OF_REFUSALS = 300, LAST_OF_REFUSALS = 599 };

/* 0: none. */
static int three_digits(pusher_str text)
{
    int number = 0;
    if (text.len != 3)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        number = number * 10 + (text.ptr[i] - '0');
    }
    return number;
}

/* 0: the body is none of a refusal. */
static int status_in_body(pusher_str body)
{
    if (!body.ptr || !json_valid(body) ||
        json_kind_of(json_find(body, "error")) != JSON_STRING)
        return 0;
    int status = three_digits(json_number_text(json_find(body, "code")));
    return status >= FIRST_OF_REFUSALS && status <= LAST_OF_REFUSALS ? status : 0;
}

int answer_status(const struct http_response *response)
{
    if (response->error)
        return 0;
    bool is_accepted = response->status >= 200 && response->status < 300;
    int told = is_accepted ? status_in_body(response->body) : 0;
    return told ? told : response->status;
}
