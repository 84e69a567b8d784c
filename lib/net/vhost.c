/*
 * One virtual host of libwebsockets for each TLS configuration, made when it is first
 * used: a program without TLS never pays for reading certificates.
 */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/loop_impl.h"
#include "net/tls.h"

/* libwebsockets keeps a buffer of that size for each connection and reads no more at a
 * time. Few connections read much at once; of thousands each takes little memory. */
enum { RX_BYTES_OF_FEW = 16384, RX_BYTES_OF_MANY = 512 };

struct vhost {
    struct list link;
    struct lws_vhost *lws;
    bool tls;
    char ca_file[]; /* "" for the system's */
};

/* Of the virtual host as such, and libwebsockets' last word about each socket. */
static int first_protocol(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                          void *in, size_t len)
{
    struct socket_owner *owner = user;
    (void)wsi;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS)
        tls_watch(user);
    else if (reason == LWS_CALLBACK_WSI_DESTROY && owner)
        owner->destroyed(owner);
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "libpusher", .callback = first_protocol},
    {.name = ws_protocol_of_few,
     .callback = ws_callback,
     .rx_buffer_size = RX_BYTES_OF_FEW},
    {.name = ws_protocol_of_many,
     .callback = ws_callback,
     .rx_buffer_size = RX_BYTES_OF_MANY},
    {.name = http_protocol_name, .callback = http_callback, .rx_buffer_size = 0},
    {0},
};

static struct lws_vhost *make(pusher_loop *loop, const struct vhost *vhost)
{
    static const lws_retry_bo_t no_idle_policy = {0};
    bool own_ca = vhost->tls && *vhost->ca_file;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .vhost_name = vhost->tls ? "tls" : "plain",
        .timeout_secs = LWS_BACKSTOP_S,
        .connect_timeout_secs = LWS_BACKSTOP_S,
        .retry_and_idle_policy = &no_idle_policy,
        /* Not the environment's proxy: only what the application asks for. */
        .http_proxy_address = ":0",
    };
    if (vhost->tls)
        tls_set_client_options(&info);
    if (own_ca) {
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = vhost->ca_file;
    }
    return lws_create_vhost(loop_lws_context(loop), &info);
}

struct lws_vhost *vhost_get(pusher_loop *loop, bool tls, const char *ca_file,
                            const char **why)
{
    const char *ca = tls && ca_file ? ca_file : "";
    for (struct list *at = loop->vhosts.next; at != &loop->vhosts; at = at->next) {
        const struct vhost *vhost = container_of(at, struct vhost, link);
        if (vhost->tls == tls && strcmp(vhost->ca_file, ca) == 0)
            return vhost->lws;
    }
    if (*ca && access(ca, R_OK) != 0) {
        *why = "the CA file cannot be read";
        return NULL;
    }
    struct vhost *vhost = mem_zalloc(&loop->mem, sizeof *vhost + strlen(ca) + 1);
    if (vhost) {
        vhost->tls = tls;
        memcpy(vhost->ca_file, ca, strlen(ca) + 1);
        vhost->lws = make(loop, vhost);
    }
    if (!vhost || !vhost->lws) {
        mem_free(&loop->mem, vhost);
        *why = *ca ? "the CA file holds no certificate that can be used"
                   : "out of memory for a TLS configuration";
        return NULL;
    }
    list_append(&loop->vhosts, &vhost->link);
    return vhost->lws;
}

void vhosts_forget(pusher_loop *loop)
{
    while (!list_empty(&loop->vhosts)) {
        struct vhost *vhost = container_of(loop->vhosts.next, struct vhost, link);
        list_remove(&vhost->link);
        mem_free(&loop->mem, vhost);
    }
}
