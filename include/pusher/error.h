/*
 * Error codes and their texts.
 *
 * A function that can fail returns an int: 0, or one of the negative PUSHER_ERR_ values.
 * Return values speak of misuse and of resources only. What goes wrong later on the
 * network or in the protocol is never a return value: it arrives as a pusher_problem
 * (client.h).
 */
#ifndef PUSHER_ERROR_H
#define PUSHER_ERROR_H

#include <pusher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The list of all error codes: name, value, text. */
#define PUSHER_ERRORS(X)                                                                 \
    X(INVALID, -1, "an argument is not valid")                                           \
    X(STATE, -2, "the call is not possible in this state")                               \
    X(NOT_FOUND, -3, "no such object")                                                   \
    X(NOMEM, -4, "out of memory")                                                        \
    X(LIMIT, -5, "a limit is reached")                                                   \
    X(BAD_KEY, -6, "the app key may only hold up to 512 of A-Z a-z 0-9 _ . ~ -")         \
    X(BAD_HOST, -7, "the host or cluster is missing, too long or not a host name")       \
    X(BAD_CHANNEL, -8,                                                                   \
      "a channel name has 1 to 200 of A-Z a-z 0-9 _ - = @ , . ; and must not start "     \
      "with #")                                                                          \
    X(UNSUPPORTED, -9, "not supported by this build or for this kind of channel")        \
    X(SYSTEM, -10, "the operating system refused a resource")                            \
    X(WRONG_THREAD, -11, "not possible on this thread")                                  \
    X(REENTRANT, -12, "called from inside a callback that this call itself runs")        \
    X(TIMEOUT, -13, "the deadline passed")                                               \
    X(BAD_EVENT, -14,                                                                    \
      "the name of a client event starts with client- and has at most 200 bytes")        \
    X(BAD_DATA, -15, "the data of a client event is JSON text of at most 10 KiB")

#define PUSHER_ERROR_ENUM(name, value, text) PUSHER_ERR_##name = (value),
enum pusher_error { PUSHER_OK = 0, PUSHER_ERRORS(PUSHER_ERROR_ENUM) };
#undef PUSHER_ERROR_ENUM

/*
 * One clear sentence about `error`, an error code or 0; "unknown error" for other values.
 * The text is static and never freed. Safe from any thread. Never fails, runs no
 * callback.
 */
PUSHER_API const char *pusher_strerror(int error);

/*
 * The name of `error`, for logs: "PUSHER_ERR_NOMEM", "PUSHER_OK" for 0,
 * "PUSHER_ERR_UNKNOWN" for other values. Static text. Safe from any thread.
 */
PUSHER_API const char *pusher_error_name(int error);

#ifdef __cplusplus
}
#endif

#endif
