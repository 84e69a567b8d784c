/*
 * The data of control messages: what is read from it is in range, whatever it is.
 */
#include <assert.h>
#include <string.h>

#include <pusher/error.h>

#include "base/str.h"
#include "base/utf8.h"
#include "codec/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_greeting(pusher_str data)
{
    struct greeting greeting;
    int rc = greeting_parse(data, &greeting);
    assert(rc == 0 || rc == PUSHER_ERR_INVALID);
    if (rc)
        return;
    size_t len = strlen(greeting.socket_id);
    assert(len >= 3 && len <= SOCKET_ID_MAX);
    assert(strspn(greeting.socket_id, "0123456789.") == len);
    assert(greeting.activity_timeout_ms == 0 ||
           (greeting.activity_timeout_ms >= 1000 &&
            greeting.activity_timeout_ms <= 24 * 3600 * 1000));
}

static void check_error(const struct server_error *error)
{
    assert(error->code >= -1 && error->code <= 65535);
    assert(memchr(error->message, '\0', sizeof error->message));
    assert(utf8_valid(str_of(error->message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pusher_str text = {(const char *)data, size};
    struct server_error error;
    uint32_t count = 0;
    if (!utf8_valid(text)) /* the transport lets nothing else through */
        return 0;
    check_greeting(text);
    server_error_parse(text, &error);
    check_error(&error);
    subscription_error_parse(text, &error);
    check_error(&error);
    int rc = subscription_count_parse(text, &count);
    assert(rc == 0 || (rc == PUSHER_ERR_INVALID && count == 0));
    return 0;
}
