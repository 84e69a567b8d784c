/*
 * flood: the load source of the receive benchmark. A small WebSocket server that greets
 * and subscribes N clients and then sends them events, as fast as they read or at a fixed
 * rate.
 *
 * It ends by itself: exit 0 once every event was written and every client has left, exit
 * 1 with the reason on standard error if anything was not as expected or the time ran
 * out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "flood_options.h"
#include "payload.h"
#include "session.h"

#define NS_PER_S   1000000000u
#define NS_PER_MS  1000000u
#define FIRST_SEQ  1000000000u
#define CHUNK      65536u
#define OUT_BUDGET (16u << 20) /* bulk: for the buffers of all clients together */
#define ANSWERS    1024u       /* room for answers beside the events */
#define TURN_FILLS 4           /* chunks to one client before the others get their turn */

struct flood {
    struct flood_options options;
    struct payload payload;
    struct conn_tls *tls;
    int epoll_fd;
    int listen_fd;
    int timer_fd;
    struct session **sessions; /* in order of arrival; NULL once gone */
    unsigned arrived;
    unsigned subscribed;
    unsigned gone;
    bool started;
    uint64_t start_ns;
    uint64_t sent;
    uint64_t bytes;
    size_t out_cap;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* One shot at an absolute time. */
static void arm(const struct flood *flood, uint64_t at_ns)
{
    struct itimerspec spec = {0};

    spec.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
    spec.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
    if (timerfd_settime(flood->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) != 0)
        flood_fail("timerfd_settime: %s", strerror(errno));
}

static void watch(const struct flood *flood, struct session *session, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = session};

    if (session->watched == events)
        return;
    if (epoll_ctl(flood->epoll_fd, EPOLL_CTL_MOD, session->conn.fd, &event) != 0)
        flood_fail("epoll_ctl: %s", strerror(errno));
    session->watched = events;
}

static bool event_put(struct flood *flood, struct session *session, uint64_t t_ns)
{
    /* The room for answers stays free, whatever the events take. */
    char *out = session_reserve(session, flood->payload.longest + ANSWERS);

    if (out == NULL)
        return false;
    size_t len = payload_render(&flood->payload, session->sent, FIRST_SEQ + session->sent,
                                t_ns, out);
    session_commit(session, len);
    session->events_out = true;
    session->sent++;
    flood->sent++;
    flood->bytes += len;
    return true;
}

static void bulk_pump(struct flood *flood, struct session *session)
{
    for (int i = 0; i < TURN_FILLS && session->sent < session->quota; i++) {
        uint64_t t_ns = now_ns();

        while (session->sent < session->quota && event_put(flood, session, t_ns))
            continue;
        session_flush(session);
        if (session->phase == SESSION_GONE || session_pending(session))
            return;
    }
}

/* Sends every event that is due; each is one write, as a publish of its own. */
static void paced_pump(struct flood *flood)
{
    const struct flood_options *options = &flood->options;

    while (flood->sent < options->count) {
        struct session *session = flood->sessions[flood->sent % options->clients];
        uint64_t first = flood->sent - flood->sent % options->burst;
        uint64_t due_ns = flood->start_ns +
                          (uint64_t)((double)first * (double)NS_PER_S / options->rate);
        uint64_t t_ns = now_ns();

        if (due_ns > t_ns) {
            arm(flood, due_ns);
            return;
        }
        if (session == NULL || session->phase == SESSION_GONE)
            return; /* reported where the loop sees it */
        if (!event_put(flood, session, t_ns))
            return; /* it comes back here when the client has read */
        session_flush(session);
        if (session_pending(session))
            watch(flood, session, EPOLLIN | EPOLLOUT);
    }
}

static void on_start(struct flood *flood)
{
    flood->started = true;
    flood->start_ns = now_ns();
    if (flood->options.mode == MODE_PACED)
        paced_pump(flood);
    if (flood->options.mode != MODE_BULK)
        return;
    for (unsigned i = 0; i < flood->arrived; i++)
        if (flood->sessions[i] != NULL)
            watch(flood, flood->sessions[i], EPOLLIN | EPOLLOUT);
}

static void on_gone(struct flood *flood, struct session *session)
{
    bool complete = session->sent == session->quota && !session->events_out;
    bool finished = flood->subscribed == flood->options.clients && complete;

    if (session->why != NULL)
        flood_fail("client %u %s", session->number, session->why);
    if (!finished && flood->options.mode != MODE_IDLE)
        flood_fail("client %u left after %llu of %llu events", session->number,
                   (unsigned long long)session->sent, (unsigned long long)session->quota);
    if (!finished)
        flood_fail("client %u left when %u of %u were subscribed", session->number,
                   flood->subscribed, flood->options.clients);
    flood->gone++;
    flood->sessions[session->number - 1] = NULL;
    session_free(session);
}

static void on_session(struct flood *flood, struct session *session)
{
    bool was_subscribed = session->subscribed;

    session_flush(session);
    session_read(session, flood->options.channel);
    if (!was_subscribed && session->subscribed &&
        ++flood->subscribed == flood->options.clients)
        arm(flood, now_ns() + (uint64_t)flood->options.settle_ms * NS_PER_MS);
    if (flood->started && flood->options.mode == MODE_BULK &&
        session->phase != SESSION_GONE && !session_pending(session))
        bulk_pump(flood, session);
    if (session->phase == SESSION_GONE) {
        on_gone(flood, session);
        return;
    }
    bool more = flood->started && flood->options.mode == MODE_BULK &&
                session->sent < session->quota;
    watch(flood, session,
          more || session_pending(session) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void session_accept(struct flood *flood, int fd)
{
    const struct flood_options *options = &flood->options;
    unsigned n = flood->arrived;
    struct conn conn;
    int one = 1;

    if (n == options->clients)
        flood_fail("more than %u clients connected", options->clients);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (conn_init(&conn, fd, flood->tls) != 0)
        flood_fail("no TLS session to be had");

    struct session *session = session_new(conn, n + 1, flood->out_cap);
    if (session == NULL)
        flood_fail("out of memory");
    if (options->mode != MODE_IDLE)
        session->quota = options->count / options->clients +
                         (n < options->count % options->clients ? 1 : 0);
    session->watched = EPOLLIN;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};
    if (epoll_ctl(flood->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        flood_fail("epoll_ctl: %s", strerror(errno));
    flood->sessions[flood->arrived++] = session;
}

static void on_listener(struct flood *flood)
{
    for (;;) {
        int fd = accept4(flood->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
                return;
            flood_fail("accept: %s", strerror(errno));
        }
        session_accept(flood, fd);
    }
}

static void on_timer(struct flood *flood)
{
    uint64_t ticks;

    if (read(flood->timer_fd, &ticks, sizeof ticks) != (ssize_t)sizeof ticks)
        return; /* armed anew since; it will be back */
    if (!flood->started)
        on_start(flood);
}

/* Milliseconds for epoll_wait(), rounded up so that it does not spin at the end. */
static int remaining_ms(uint64_t deadline_ns)
{
    uint64_t now = now_ns();

    return now >= deadline_ns ? 0 : (int)((deadline_ns - now) / NS_PER_MS + 1);
}

static void run(struct flood *flood)
{
    const struct flood_options *options = &flood->options;
    uint64_t deadline_ns = now_ns() + (uint64_t)options->timeout_s * NS_PER_S;
    struct epoll_event events[256];

    while (flood->gone < options->clients) {
        int n = epoll_wait(flood->epoll_fd, events, 256, remaining_ms(deadline_ns));

        if (n < 0 && errno != EINTR)
            flood_fail("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &flood->listen_fd)
                on_listener(flood);
            else if (events[i].data.ptr == &flood->timer_fd)
                on_timer(flood);
            else
                on_session(flood, events[i].data.ptr);
        }
        if (flood->started && options->mode == MODE_PACED)
            paced_pump(flood);
        if (now_ns() >= deadline_ns && flood->gone < options->clients)
            flood_fail(
                "time is up: of %u clients %u were subscribed and %u have left; %llu of "
                "%llu events are sent",
                options->clients, flood->subscribed, flood->gone,
                (unsigned long long)flood->sent,
                (unsigned long long)(options->mode == MODE_IDLE ? 0 : options->count));
    }
}

static void add_source(const struct flood *flood, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};

    if (fd < 0 || epoll_ctl(flood->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        flood_fail("no descriptor to be had: %s", strerror(errno));
}

/* Returns the port. */
static unsigned start_listening(struct flood *flood)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)flood->options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int one = 1;

    flood->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (flood->listen_fd < 0)
        flood_fail("socket: %s", strerror(errno));
    setsockopt(flood->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(flood->listen_fd, (struct sockaddr *)&address, len) != 0 ||
        listen(flood->listen_fd, 1024) != 0 ||
        getsockname(flood->listen_fd, (struct sockaddr *)&address, &len) != 0)
        flood_fail("cannot listen on 127.0.0.1:%u: %s", flood->options.port,
                   strerror(errno));
    return ntohs(address.sin_port);
}

static size_t buffer_size(const struct flood *flood)
{
    size_t longest = flood->payload.longest;
    size_t chunk = OUT_BUDGET / flood->options.clients;

    if (flood->options.mode == MODE_IDLE)
        return ANSWERS;
    if (flood->options.mode == MODE_PACED)
        return 4 * longest + ANSWERS;
    if (chunk > CHUNK)
        chunk = CHUNK;
    return (chunk > longest ? chunk : longest) + ANSWERS;
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void flood_init(struct flood *flood)
{
    const struct flood_options *options = &flood->options;

    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    if (payload_init(&flood->payload, options->channel, options->event, options->size) !=
        0)
        flood_fail("no payload of %zu bytes for event %s on channel %s", options->size,
                   options->event, options->channel);
    if (options->cert_file != NULL) {
        flood->tls = conn_tls_new(options->cert_file, options->key_file);
        if (flood->tls == NULL)
            flood_fail("cannot use certificate %s with key %s", options->cert_file,
                       options->key_file);
    }
    flood->out_cap = buffer_size(flood);
    flood->sessions = calloc(options->clients, sizeof(struct session *));
    if (flood->sessions == NULL)
        flood_fail("out of memory");
    flood->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    flood->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    add_source(flood, flood->timer_fd, &flood->timer_fd);
    unsigned port = start_listening(flood);
    add_source(flood, flood->listen_fd, &flood->listen_fd);
    printf("{\"port\":%u}\n", port);
    fflush(stdout);
}

static void flood_free(struct flood *flood)
{
    for (unsigned i = 0; i < flood->arrived; i++)
        session_free(flood->sessions[i]);
    free(flood->sessions);
    payload_free(&flood->payload);
    conn_tls_free(flood->tls);
    close(flood->listen_fd);
    close(flood->timer_fd);
    close(flood->epoll_fd);
}

int main(int argc, char **argv)
{
    static struct flood flood;

    flood_options_parse(argc, argv, &flood.options);
    flood_init(&flood);
    run(&flood);
    printf("{\"sent\":%llu,\"bytes\":%llu,\"clients\":%u}\n",
           (unsigned long long)flood.sent, (unsigned long long)flood.bytes, flood.gone);
    flood_free(&flood);
    return 0;
}
