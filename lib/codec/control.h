/*
 * The data of control messages: what connection_established, pusher:error and their like
 * say. `data` is always the decoded text of message_data_copy().
 */
#ifndef CODEC_CONTROL_H
#define CODEC_CONTROL_H

#include <pusher/types.h>

enum {
    SOCKET_ID_MAX = 64 /* longer ones are refused (T33 of the threat list) */
};

struct greeting {
    char socket_id[SOCKET_ID_MAX + 1];
    uint32_t activity_timeout_ms; /* 0: absent or not a number in 1 s … 24 h (CONN-09) */
};

/*
 * Reads the data of pusher:connection_established (HS-02, HS-04, CONN-09). 0,
 * PUSHER_ERR_INVALID when there is no socket_id of 1 … SOCKET_ID_MAX bytes shaped
 * digits.digits, PUSHER_ERR_NOMEM.
 */
int greeting_parse(pusher_str data, struct greeting *ret);

struct server_error {
    int code;          /* -1: null, absent or not a number */
    char message[256]; /* NUL-terminated, cut at a character; "" when absent */
};

/* Reads the data of pusher:error, an object or text with an object (HS-03, CLOSE-12).
 * Never fails: what cannot be read is absent. */
void server_error_parse(pusher_str data, struct server_error *ret);

/* Reads {"subscription_count":n} (SUB-14). 0, PUSHER_ERR_INVALID, PUSHER_ERR_NOMEM. */
int subscription_count_parse(pusher_str data, uint32_t *ret);

/* Reads {"type":…,"error":…,"status":…} of pusher:subscription_error (SUB-10); never
 * fails. code: the status, or -1. message: the error text, else the type, else "". */
void subscription_error_parse(pusher_str data, struct server_error *ret);

#endif
