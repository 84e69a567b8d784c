/*
 * The listening socket and the sessions it brings.
 *
 * All sandboxes of a loop share one virtual host of libwebsockets, which lives as long as
 * the loop: libwebsockets chooses the virtual host of a request anew by its Host header,
 * among all that do not listen themselves, so that several would get each other's
 * sockets.
 *
 * The end takes several turns: every socket is told to close, and when the last one has
 * had its last callback, `on_gone` runs. The end of the loop makes the same steps in one
 * go.
 */
#include "sandbox/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "net/lws_internal.h"
#include "sandbox/session.h"

enum {
    ACCEPTS_A_TURN = 64,
    IDLE_SOCKETS = 256, /* on top of max_connections: HTTP requests and upgrades */
    HTTP_TIMEOUT_S = 15,
};

static const char vhost_name[] = "pusher-sandbox";

/* Libwebsockets would ping by itself after five minutes; connection.c does that better.
 */
static const lws_retry_bo_t no_idle_policy = {0};

/* ---- accepting ---- */

/* Out of descriptors, a waiting connection would keep the loop awake for nothing. */
static void refuse_one(struct listener *listener)
{
    if (!listener->is_short)
        log_line(&listener->service->log, PUSHER_LOG_ERROR,
                 "the sandbox has %u connections and turns others away: no descriptor is "
                 "left (ulimit -n)",
                 listener->session_count);
    listener->is_short = true;
    if (listener->spare_fd < 0)
        return;
    close(listener->spare_fd);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void adopt(struct listener *listener, int fd)
{
    struct service *service = listener->service;
    bool full = listener->session_count >= service->max_connections + IDLE_SOCKETS;
    struct session *session = full ? NULL : session_new(listener);
    if (!session) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* On failure libwebsockets has closed the descriptor. */
    session->wsi = lws_adopt_socket_vhost(lws_get_vhost(listener->wsi), fd);
    if (!session->wsi) {
        session_free(session);
        return;
    }
    lws_set_opaque_user_data(session->wsi, &session->owner);
    list_append(&listener->sessions, &session->link);
    listener->session_count++;
}

static void accept_some(struct listener *listener)
{
    for (int i = 0; i < ACCEPTS_A_TURN && !listener->stopping; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            adopt(listener, fd);
        else if (errno == EMFILE || errno == ENFILE)
            refuse_one(listener);
        else if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

/* ---- libwebsockets' callback ---- */

static void gone_if_empty(struct listener *listener)
{
    if (!listener->stopping || listener->wsi || listener->session_count)
        return;
    loop_task_cancel(&listener->start);
    loop_task_cancel(&listener->stop);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->spare_fd >= 0)
        close(listener->spare_fd);
    listener->on_gone(listener->userdata);
}

/* The socket has had its last callback. */
static void end_socket(const struct socket_owner *owner)
{
    struct listener *listener = owner->listener;
    if (owner->session) {
        session_free(owner->session);
        listener->session_count--;
    } else {
        listener->wsi = NULL;
    }
    gone_if_empty(listener);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                    void *in, size_t len)
{
    (void)user;
    /* Without one it is of the virtual host as a whole, or of a socket that is not yet,
     * or no longer, ours. */
    const struct socket_owner *owner = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!owner)
        return 0;
    if (reason == LWS_CALLBACK_WSI_DESTROY) {
        lws_set_opaque_user_data(wsi, NULL);
        end_socket(owner);
    } else if (owner->session) {
        return session_callback(owner->session, reason, in, len);
    } else if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        accept_some(owner->listener);
    } else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        owner->listener->fd = -1; /* libwebsockets closes it */
    }
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = vhost_name, .callback = callback},
    {.name = NULL},
};

/* ---- start and stop ---- */

/* The virtual host of all sandboxes on this context. */
static struct lws_vhost *shared_vhost(struct lws_context *context)
{
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .vhost_name = vhost_name,
        .timeout_secs = HTTP_TIMEOUT_S,
        .keepalive_timeout = HTTP_TIMEOUT_S,
        .retry_and_idle_policy = &no_idle_policy,
    };
    struct lws_vhost *vhost = lws_get_vhost_by_name(context, vhost_name);
    return vhost ? vhost : lws_create_vhost(context, &info);
}

static bool adopt_listening(struct listener *listener)
{
    struct lws_context *context = loop_lws_context(listener->service->loop);
    struct lws_vhost *vhost = context ? shared_vhost(context) : NULL;
    if (!vhost)
        return false;
    lws_sock_file_fd_type fd = {.filefd = listener->fd};
    listener->wsi =
        lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, fd, vhost_name, NULL);
    if (!listener->wsi)
        return false;
    listener->owner = (struct socket_owner){listener, NULL};
    lws_set_opaque_user_data(listener->wsi, &listener->owner);
    return true;
}

/* Runs in the loop's first turn after listener_open(), where libwebsockets may be used.
 */
static void on_start(void *userdata)
{
    struct listener *listener = userdata;
    if (adopt_listening(listener))
        return;
    log_line(&listener->service->log, PUSHER_LOG_ERROR,
             "the sandbox cannot serve port %u: libwebsockets refused", listener->port);
    shutdown(listener->fd, SHUT_RDWR);
}

static void kill_socket(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void on_stop(void *userdata)
{
    struct listener *listener = userdata;
    struct list *head = &listener->sessions;
    if (listener->wsi)
        kill_socket(listener->wsi);
    for (struct list *at = head->next; at != head; at = at->next)
        kill_socket(container_of(at, struct session, link)->wsi);
}

void listener_close(struct listener *listener)
{
    listener->stopping = true;
    if (listener->fd >= 0)
        shutdown(listener->fd, SHUT_RDWR);
    loop_task_schedule(listener->service->loop, &listener->stop);
    gone_if_empty(listener);
}

/* ---- the listening socket ---- */

static uint16_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size))
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
                                                   : address.v4.sin_port);
}

/* A listening descriptor, or -1 with errno. */
static int listen_on(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
        !bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, SOMAXCONN))
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

int listener_open(struct listener *listener, struct service *service, const char *address,
                  uint16_t port, void (*on_gone)(void *userdata), void *userdata)
{
    char service_name[8];
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *info;
    snprintf(service_name, sizeof service_name, "%u", port);
    if (getaddrinfo(address, service_name, &hints, &info))
        return PUSHER_ERR_BAD_HOST;
    int fd = listen_on(info);
    int cause = errno;
    freeaddrinfo(info);
    errno = cause;
    if (fd < 0)
        return PUSHER_ERR_SYSTEM;

    *listener = (struct listener){
        .service = service,
        .fd = fd,
        .spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
        .port = bound_port(fd),
        .on_gone = on_gone,
        .userdata = userdata,
    };
    list_init(&listener->sessions);
    loop_task_init(&listener->start, on_start, listener);
    loop_task_init(&listener->stop, on_stop, listener);
    loop_task_schedule(service->loop, &listener->start);
    return 0;
}
