#include "lws_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>
#include <uv.h>

#include "receiver.h"

#define RX_BUFFER_BYTES 4096
#define CONTROL_MAX     512 /* greeting and confirmation are far shorter */
#define NEVER_S         3600

enum phase { LINK_GREETING, LINK_SUBSCRIBE, LINK_CONFIRMATION, LINK_UP };

struct lws_link {
    struct lws *wsi;
    unsigned number;
    enum phase phase;
};

static struct {
    struct receiver *receiver;
    lws_link_fragment_fn on_fragment;
    struct lws_context *context;
    struct lws_link *links;
    uint32_t started;
    uint32_t up;
    uv_loop_t loop;
    char path[256];
    bool stopped;
} run;

static void start_next(void)
{
    struct receiver *receiver = run.receiver;
    struct lws_link *link = &run.links[run.started];
    struct lws_client_connect_info info = {
        .context = run.context,
        .address = receiver->host,
        .port = receiver->port,
        .path = run.path,
        .host = receiver->host,
        .local_protocol_name = "bench",
        .userdata = link,
        .pwsi = &link->wsi,
        .alpn = "http/1.1",
    };

    if (receiver->ca_file != NULL)
        info.ssl_connection = LCCSCF_USE_SSL;
    link->number = run.started++;
    if (lws_client_connect_via_info(&info) == NULL)
        receiver_fail("client %u cannot connect", link->number);
}

static int send_subscribe(struct lws_link *link)
{
    char buf[LWS_PRE + CONTROL_MAX];
    int len = snprintf(buf + LWS_PRE, CONTROL_MAX,
                       "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\","
                       "\"channel\":\"%s\"}}",
                       run.receiver->channel);

    if (len <= 0 || len >= CONTROL_MAX)
        receiver_fail("the channel name is too long");
    link->phase = LINK_CONFIRMATION;
    return lws_write(link->wsi, (unsigned char *)buf + LWS_PRE, (size_t)len,
                     LWS_WRITE_TEXT) == len
               ? 0
               : -1;
}

static void on_control(struct lws_link *link, const char *text, size_t len)
{
    const char *wanted = link->phase == LINK_GREETING
                             ? "pusher:connection_established"
                             : "pusher_internal:subscription_succeeded";

    if (memmem(text, len, wanted, strlen(wanted)) == NULL)
        receiver_fail("client %u awaited %s and got %.*s", link->number, wanted, (int)len,
                      text);
    if (link->phase == LINK_GREETING) {
        link->phase = LINK_SUBSCRIBE;
        lws_callback_on_writable(link->wsi);
        return;
    }
    link->phase = LINK_UP;
    if (++run.up == run.receiver->clients)
        receiver_ready(run.receiver);
    else if (run.started < run.receiver->clients)
        start_next();
}

static void stop(void)
{
    run.stopped = true;
    uv_stop(&run.loop);
}

static void on_receive(struct lws_link *link, const char *bytes, size_t len)
{
    bool first = lws_is_first_fragment(link->wsi) != 0;
    bool final = lws_is_final_fragment(link->wsi) != 0;

    if (run.stopped)
        return;
    if (link->phase == LINK_UP) {
        if (run.on_fragment(run.receiver, link->number, bytes, len, first, final))
            stop();
    } else if (first && final) {
        on_control(link, bytes, len);
    } else {
        receiver_fail("client %u got a control message in pieces", link->number);
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                    void *in, size_t len)
{
    struct lws_link *link = user;

    (void)wsi;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_receive(link, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return link->phase == LINK_SUBSCRIBE ? send_subscribe(link) : 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        receiver_fail("client %u cannot connect: %s", link->number,
                      in != NULL ? (const char *)in : "no reason given");
    case LWS_CALLBACK_CLIENT_CLOSED:
        if (!run.stopped)
            receiver_fail("client %u lost its connection", link->number);
        return 0;
    default:
        return 0;
    }
}

static void make_context(void)
{
    static const struct lws_protocols protocols[] = {
        {.name = "bench", .callback = callback, .rx_buffer_size = RX_BUFFER_BYTES},
        {.name = NULL}};
    /* No pings of libwebsockets' own. */
    static const lws_retry_bo_t no_idle_policy = {.secs_since_valid_ping = 0};
    static void *loops[1];
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .retry_and_idle_policy = &no_idle_policy,
        .gid = -1,
        .uid = -1,
        .timeout_secs = NEVER_S,
        .connect_timeout_secs = NEVER_S,
    };

    lws_set_log_level(0, NULL);
    if (uv_loop_init(&run.loop) != 0)
        receiver_fail("no libuv loop to be had");
    loops[0] = &run.loop;
    if (run.receiver->ca_file != NULL) {
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = run.receiver->ca_file;
    }
    info.pcontext = &run.context;
    run.context = lws_create_context(&info);
    if (run.context == NULL)
        receiver_fail("no libwebsockets context on libuv to be had");
}

/* The second destroy is needed once libuv has closed what libwebsockets had in the loop.
 */
static void destroy_context(void)
{
    lws_context_destroy(run.context);
    while (uv_loop_alive(&run.loop))
        uv_run(&run.loop, UV_RUN_NOWAIT);
    if (run.context != NULL)
        lws_context_destroy(run.context);
    uv_loop_close(&run.loop);
}

void lws_link_run(struct receiver *receiver, lws_link_fragment_fn on_fragment)
{
    run.receiver = receiver;
    run.on_fragment = on_fragment;
    run.links = calloc(receiver->clients, sizeof *run.links);
    if (run.links == NULL)
        receiver_fail("out of memory");
    snprintf(run.path, sizeof run.path, "/app/%s?protocol=7&client=bench&version=1",
             receiver->key);
    make_context();
    for (uint32_t i = 0; i < receiver->window && i < receiver->clients; i++)
        start_next();
    while (!run.stopped)
        uv_run(&run.loop, UV_RUN_DEFAULT);
    destroy_context();
    free(run.links);
}
