/*
 * Close codes: the policy as a table of ranges (CLOSE-01, CLOSE-11).
 */
#include "codec/close_code.h"

#include <stddef.h>

enum close_action close_action_of(int code)
{
    static const struct {
        int first;
        enum close_action action;
    } ranges[] = {
        /* from the highest down: the first that starts at or below the code */
        {4300, CLOSE_REFUSED}, {4200, CLOSE_RETRY_NOW}, {4100, CLOSE_BACKOFF},
        {4001, CLOSE_REFUSED}, {4000, CLOSE_TLS_ONLY},  {1005, CLOSE_RECONNECT},
        {1002, CLOSE_BACKOFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i].first)
            return ranges[i].action;
    }
    return CLOSE_RECONNECT;
}

const char *close_code_text(int code)
{
    static const struct {
        int code;
        const char *text;
    } meanings[] = {
        {1000, "normal closure"},
        {1001, "the server is going away"},
        {1002, "WebSocket protocol error"},
        {1003, "the server does not take this kind of data"},
        {1006, "the connection was lost"},
        {1007, "invalid UTF-8"},
        {1008, "policy violation"},
        {1009, "a message was too big"},
        {1011, "the server had an internal error"},
        {1012, "the server restarts"},
        {1013, "the server is overloaded"},
        {4000, "the app takes TLS connections only"},
        {4001, "there is no app with this key"},
        {4003, "the app is disabled"},
        {4004, "the app is over its connection quota"},
        {4005, "the path was not found"},
        {4006, "the client version is not valid"},
        {4007, "the protocol version is not supported"},
        {4008, "no protocol version was given"},
        {4009, "the connection is not authorized"},
        {4100, "the server is over capacity"},
        {4200, "the server asks to reconnect"},
        {4201, "the server got no pong in time"},
        {4202, "the connection was inactive for too long"},
        {4301, "client events came too fast"},
        {4302, "the watchlist is too long"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].code == code)
            return meanings[i].text;
    }
    return "";
}
