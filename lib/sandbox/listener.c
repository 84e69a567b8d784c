/*
 * The listening socket, the virtual host, and the sessions on it.
 *
 * Its end has several steps, since libwebsockets closes sockets over several turns: the
 * sessions go first, each with its last callback, then the virtual host, and only then
 * does `on_gone` run. The loop's own end makes the same steps in one go.
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

static const char protocol_name[] = "pusher-sandbox";

/* Libwebsockets would ping by itself after five minutes; connection.c does that better.
 */
static const lws_retry_bo_t no_idle_policy = {0};

/* ---- accepting ---- */

/* Out of descriptors, a waiting connection would keep the loop awake for nothing. */
static void refuse_one(struct listener *listener)
{
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
    struct session *session = full ? NULL : session_new(service);
    if (!session) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* On failure libwebsockets has closed the descriptor. */
    session->wsi = lws_adopt_socket_vhost(listener->vhost, fd);
    if (!session->wsi) {
        session_free(session);
        return;
    }
    lws_set_opaque_user_data(session->wsi, session);
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
    if (!listener->stopping || listener->vhost || listener->session_count)
        return;
    loop_task_cancel(&listener->start);
    loop_task_cancel(&listener->stop);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->spare_fd >= 0)
        close(listener->spare_fd);
    listener->on_gone(listener->userdata);
}

static void end_session(struct listener *listener, struct session *session)
{
    lws_set_opaque_user_data(session->wsi, NULL);
    session_free(session);
    listener->session_count--;
    gone_if_empty(listener);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                    void *in, size_t len)
{
    (void)user;
    struct lws_vhost *vhost = wsi ? lws_get_vhost(wsi) : NULL;
    struct listener *listener = vhost ? lws_vhost_user(vhost) : NULL;
    struct session *session = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!listener)
        return 0;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        accept_some(listener);
    else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE)
        listener->fd = -1; /* libwebsockets closes it */
    if (!session)
        return 0;
    if (reason != LWS_CALLBACK_WSI_DESTROY)
        return session_callback(session, reason, in, len);
    end_session(listener, session);
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = protocol_name, .callback = callback},
    {.name = NULL},
};

/* ---- start and stop ---- */

static void on_vhost_gone(struct lws_vhost *vhost, void *userdata)
{
    struct listener *listener = userdata;
    (void)vhost;
    listener->vhost = NULL;
    gone_if_empty(listener);
}

static bool start_vhost(struct listener *listener)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%u", protocol_name, listener->port);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .vhost_name = name,
        .user = listener,
        .finalize = on_vhost_gone,
        .finalize_arg = listener,
        .timeout_secs = HTTP_TIMEOUT_S,
        .keepalive_timeout = HTTP_TIMEOUT_S,
        .retry_and_idle_policy = &no_idle_policy,
    };
    struct lws_context *context = loop_lws_context(listener->service->loop);
    listener->vhost = context ? lws_create_vhost(context, &info) : NULL;
    if (!listener->vhost)
        return false;
    lws_sock_file_fd_type fd = {.filefd = listener->fd};
    return lws_adopt_descriptor_vhost(listener->vhost, LWS_ADOPT_RAW_FILE_DESC, fd,
                                      protocol_name, NULL) != NULL;
}

/* Runs in the loop's first turn after listener_open(), where libwebsockets may be used.
 */
static void on_start(void *userdata)
{
    struct listener *listener = userdata;
    if (start_vhost(listener))
        return;
    log_line(&listener->service->log, PUSHER_LOG_ERROR,
             "the sandbox cannot serve port %u: libwebsockets refused", listener->port);
    shutdown(listener->fd, SHUT_RDWR);
}

static void on_stop(void *userdata)
{
    struct listener *listener = userdata;
    lws_vhost_destroy(listener->vhost);
}

void listener_close(struct listener *listener)
{
    listener->stopping = true;
    if (!listener->vhost) {
        gone_if_empty(listener);
        return;
    }
    shutdown(listener->fd, SHUT_RDWR);
    loop_task_schedule(listener->service->loop, &listener->stop);
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
