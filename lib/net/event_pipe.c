/*
 * Preventing a second close. No call of libwebsockets sets the descriptor of a socket,
 * but one reads it: given memory that counts, lws_get_socket_fd() tells where it reads.
 */
#include "net/event_pipe.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static void take_poll_handle(uv_handle_t *handle, void *ret)
{
    if (handle->type == UV_POLL)
        *(uv_handle_t **)ret = handle;
}

uv_handle_t *event_pipe_find(uv_loop_t *uv)
{
    uv_handle_t *handle = NULL;
    uv_walk(uv, take_poll_handle, &handle);
    return handle;
}

/* In ints from the beginning of a struct lws; -1: not in what was looked through. */
static int place_of_descriptor(void)
{
    enum { INTS = 1024 }; /* several times a struct lws */
    union {
        max_align_t align;
        int numbers[INTS];
    } counting;
    for (int i = 0; i < INTS; i++)
        counting.numbers[i] = i;
    int place = lws_get_socket_fd((struct lws *)(void *)&counting);
    return place >= 0 && place < INTS ? place : -1;
}

void event_pipe_destroy_context(struct lws_context *context, uv_handle_t *pipe)
{
    struct lws *wsi = pipe ? pipe->data : NULL;
    int fd = wsi ? lws_get_socket_fd(wsi) : -1;
    int place = place_of_descriptor();
    lws_context_destroy(context);
    /* Until its close callback runs, in a turn, the handle is there, and what it names.
     */
    bool again = fd >= 0 && place >= 0 && uv_is_closing(pipe) && pipe->data == wsi &&
                 lws_get_socket_fd(wsi) == fd;
    if (!again)
        return;
    int none = LWS_SOCK_INVALID;
    memcpy((char *)wsi + sizeof none * (size_t)place, &none, sizeof none);
}
