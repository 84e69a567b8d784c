/*
 * Dialling the addresses of a name.
 */
#include "net/dial.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/loop_impl.h"
#include "net/resolver.h"

/* An address gets at least that long, even when those before it took the time. */
enum { LEAST_ADDRESS_MS = 1000 };

struct dial {
    pusher_loop *loop;
    void (*ready)(void *userdata, const char *error);
    void *userdata;
    uint64_t deadline;
    struct resolution *resolution; /* NULL: done */
    int next, count;
    char (*addresses)[ADDRESS_TEXT_MAX];
    uint16_t port;
    bool tls, has_ca, has_origin;
    const char *method, *protocol;
    const char *host, *ca_file, *request, *host_header, *origin;
    char texts[];
};

static void resolved(void *userdata, const struct resolver_answer *answer)
{
    struct dial *dial = userdata;
    dial->resolution = NULL;
    const char *error = answer->error;
    if (answer->count) {
        size_t size = (size_t)answer->count * sizeof *dial->addresses;
        dial->addresses = mem_alloc(&dial->loop->mem, size);
        if (dial->addresses) {
            memcpy(dial->addresses, answer->addresses, size);
            dial->count = answer->count;
        }
        error = dial->addresses ? NULL : "out of memory";
    }
    dial->ready(dial->userdata, error);
}

int dial_new(pusher_loop *loop, const struct dial_target *target,
             void (*ready)(void *userdata, const char *error), void *userdata,
             struct dial **ret)
{
    size_t size = target->host.len + target->ca_file.len + target->request.len +
                  target->host_header.len + target->origin.len + 5;
    struct dial *dial = mem_zalloc(&loop->mem, sizeof *dial + size);
    if (!dial)
        return PUSHER_ERR_NOMEM;
    char *at = dial->texts;
    dial->loop = loop;
    dial->ready = ready;
    dial->userdata = userdata;
    dial->deadline = loop_now(loop) + target->timeout_ms;
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
    int rc = resolver_start(loop, dial->host, resolved, dial, &dial->resolution);
    if (rc) {
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
    if (dial->resolution)
        resolver_cancel(dial->resolution);
    mem_free(&dial->loop->mem, dial->addresses);
    mem_free(&dial->loop->mem, dial);
}

bool dial_is_resolving(const struct dial *dial)
{
    return dial->resolution != NULL;
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
