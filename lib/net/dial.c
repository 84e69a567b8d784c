/*
 * Dialling the addresses of a name.
 */
#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/descriptors.h"
#include "net/loop_impl.h"
#include "net/resolver.h"

/* Several times what libwebsockets allocates for a connection until it is open. */
enum { CONNECTION_BYTES = 65536 };

/* An address gets at least that long, even when those before it took the time. */
enum { LEAST_ADDRESS_MS = 1000 };

struct dial {
    pusher_loop *loop;
    const struct dial_calls *calls;
    void *userdata;
    struct gate_pass pass;
    uint32_t timeout_ms;
    uint64_t deadline;
    struct resolution resolution;
    int next, count;
    char (*addresses)[ADDRESS_TEXT_MAX];
    uint16_t port;
    bool tls, has_ca, has_origin;
    const char *method, *protocol;
    const char *host, *ca_file, *request, *host_header, *origin;
    char texts[];
};

static void failed(struct dial *dial, const char *words)
{
    struct cause cause = {.stage = CAUSE_CONNECT};
    /* The system's resolver does not say so. */
    if (descriptors_left(dial->loop->descriptors_end, &cause))
        snprintf(cause.words, sizeof cause.words, "%s", words);
    dial->calls->ready(dial->userdata, &cause);
}

static void resolved(void *userdata, const struct resolver_answer *answer)
{
    struct dial *dial = userdata;
    size_t size = (size_t)answer->count * sizeof *dial->addresses;
    if (!answer->count) {
        failed(dial, answer->error);
        return;
    }
    dial->addresses = mem_alloc(&dial->loop->mem, size);
    if (!dial->addresses) {
        failed(dial, "out of memory");
        return;
    }
    memcpy(dial->addresses, answer->addresses, size);
    dial->count = answer->count;
    dial->calls->ready(dial->userdata, NULL);
}

static int begin(struct dial *dial)
{
    dial->deadline = loop_now(dial->loop) + dial->timeout_ms;
    return resolver_start(dial->loop, dial->host, resolved, dial, &dial->resolution);
}

/* --- turns --- */

/* Either call may free the dial, and others. */
static void begin_late(struct dial *dial)
{
    if (begin(dial))
        failed(dial, "out of memory");
    else
        dial->calls->begun(dial->userdata);
}

static void let_in(void *userdata)
{
    pusher_loop *loop = userdata;
    struct gate_pass *pass;
    while ((pass = gate_next(&loop->gate, loop_now(loop))))
        begin_late(container_of(pass, struct dial, pass));
    loop_timer_set(loop, &loop->gate_timer, gate_due(&loop->gate));
}

void dial_gate_init(pusher_loop *loop, uint32_t most_inside, uint32_t per_second)
{
    gate_init(&loop->gate, most_inside, per_second);
    loop_task_init(&loop->gate_task, let_in, loop);
    loop->gate_timer.fire = let_in;
    loop->gate_timer.userdata = loop;
}

/* Somebody has come who waits, or left: whoever can go in does so in the next turn. */
static void look_at_gate(pusher_loop *loop)
{
    if (!list_empty(&loop->gate.waiting))
        loop_task_schedule(loop, &loop->gate_task);
}

bool dial_is_waiting(const struct dial *dial)
{
    return gate_is_waiting(&dial->pass);
}

int dial_new(pusher_loop *loop, const struct dial_target *target,
             const struct dial_calls *calls, void *userdata, struct dial **ret)
{
    size_t size = target->host.len + target->ca_file.len + target->request.len +
                  target->host_header.len + target->origin.len + 5;
    struct dial *dial = mem_zalloc(&loop->mem, sizeof *dial + size);
    if (!dial)
        return PUSHER_ERR_NOMEM;
    char *at = dial->texts;
    dial->loop = loop;
    dial->calls = calls;
    dial->userdata = userdata;
    dial->timeout_ms = target->timeout_ms;
    dial->port = target->port;
    dial->tls = target->tls;
    dial->has_ca = target->ca_file.ptr != NULL;
    dial->has_origin = target->origin.ptr != NULL;
    dial->method = target->method;
    dial->protocol = target->protocol;
    dial->host = str_put(&at, target->host);
    dial->ca_file = str_put(&at, target->ca_file);
    dial->request = str_put(&at, target->request);
    dial->host_header = str_put(&at, target->host_header);
    dial->origin = str_put(&at, target->origin);
    bool inside = !target->paced || gate_enter(&loop->gate, &dial->pass, loop_now(loop));
    int rc = inside ? begin(dial) : 0;
    if (!inside)
        look_at_gate(loop);
    if (rc) {
        gate_leave(&loop->gate, &dial->pass);
        mem_free(&loop->mem, dial);
        return rc;
    }
    *ret = dial;
    return 0;
}

void dial_free(struct dial *dial)
{
    if (!dial)
        return;
    gate_leave(&dial->loop->gate, &dial->pass);
    look_at_gate(dial->loop);
    resolver_cancel(&dial->resolution);
    mem_free(&dial->loop->mem, dial->addresses);
    mem_free(&dial->loop->mem, dial);
}

bool dial_has_next(const struct dial *dial)
{
    return dial->next < dial->count;
}

uint64_t dial_next_deadline(const struct dial *dial)
{
    uint64_t now = loop_now(dial->loop);
    uint64_t left = dial->deadline > now ? dial->deadline - now : 0;
    uint64_t share = left / (uint64_t)(dial->count - dial->next);
    return now + (share < LEAST_ADDRESS_MS ? LEAST_ADDRESS_MS : share);
}

/* libwebsockets never frees its handle of a socket whose connect() fails at once, as it
 * does where there is no route. One that sends nothing asks whether there is. */
static bool has_route(const char *address, struct cause *ret)
{
    static const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST,
                                            .ai_socktype = SOCK_DGRAM};
    struct addrinfo *to;
    if (getaddrinfo(address, "9", &numeric, &to) != 0)
        return true;
    int error = 0;
    int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(to);
    if (!error)
        return true;
    *ret = (struct cause){.stage = CAUSE_CONNECT, .system_error = error};
    snprintf(ret->words, sizeof ret->words, "%s", strerror(error));
    return false;
}

bool dial_next(struct dial *dial, struct socket_owner *owner, struct lws **wsi,
               struct cause *ret)
{
    static const lws_retry_bo_t no_idle_policy = {0};
    const char *address = dial->addresses[dial->next++];
    const char *why = "";
    struct lws_vhost *vhost = NULL;
    /* libwebsockets would look for a certificate of "[", the host up to the first colon.
     */
    if (dial->tls && strchr(dial->host, ':'))
        why =
            "a numeric IPv6 address cannot be checked against a certificate; give a name";
    else
        vhost =
            vhost_get(dial->loop, dial->tls, dial->has_ca ? dial->ca_file : NULL, &why);
    if (!vhost) {
        dial->next = dial->count; /* it would be the same for every address */
        *ret = (struct cause){.stage = CAUSE_TLS};
        snprintf(ret->words, sizeof ret->words, "%s", why);
        return false;
    }
    if (!descriptors_left(dial->loop->descriptors_end, ret)) {
        dial->next = dial->count;
        return false;
    }
    if (!context_has_room(CONNECTION_BYTES)) {
        *ret = (struct cause){.stage = CAUSE_CONNECT, .words = "out of memory"};
        return false;
    }
    if (!has_route(address, ret))
        return false;
    /* Unless a callback inside the call knows better. */
    *ret = (struct cause){.stage = CAUSE_CONNECT, .words = "no connection"};
    struct lws_client_connect_info info = {
        .context = loop_lws_context(dial->loop),
        .vhost = vhost,
        .address = address,
        .port = dial->port,
        .path = dial->request,
        .host = dial->host_header,
        .origin = dial->has_origin ? dial->origin : NULL,
        .method = dial->method,
        .ssl_connection =
            LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (dial->tls ? LCCSCF_USE_SSL : 0),
        .local_protocol_name = dial->protocol,
        .alpn = "http/1.1",
        .userdata = owner,
        .pwsi = wsi,
        .retry_and_idle_policy = &no_idle_policy,
    };
    if (lws_client_connect_via_info(&info))
        return true;
    *wsi = NULL;
    return false;
}
