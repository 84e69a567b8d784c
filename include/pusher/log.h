/*
 * The log callback. The library is silent unless an application asks (LOG-01).
 *
 * No line ever holds an app key, a signature, a shared secret, user data or the payload
 * of an event, at any level.
 */
#ifndef PUSHER_LOG_H
#define PUSHER_LOG_H

#include <pusher/types.h>

typedef enum pusher_log_level {
    PUSHER_LOG_OFF = 0,
    PUSHER_LOG_ERROR = 1, /* something is broken and will not mend itself */
    PUSHER_LOG_WARN = 2,  /* an attempt failed, something odd was received */
    PUSHER_LOG_INFO = 3,  /* one line a transition: states, subscriptions */
    PUSHER_LOG_DEBUG = 4  /* frames (event and channel names, sizes), timers, addresses */
} pusher_log_level;

/*
 * Where log lines go, and from which level on. `write` gets one line without a line end;
 * the text lives until it returns. It runs on the loop's thread, at any moment inside a
 * call of the library, and must not call the library; only the report of a call on a
 * wrong thread, after which the program ends, is made on that one. With `write` NULL or
 * level OFF nothing is formatted at all.
 */
typedef struct pusher_log {
    pusher_log_level level;
    void (*write)(pusher_log_level level, const char *line, void *userdata);
    void *userdata;
} pusher_log;

#endif
