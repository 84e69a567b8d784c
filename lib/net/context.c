/*
 * The context of libwebsockets that a loop has, whichever engine drives it.
 */
#include <signal.h>

#include "net/descriptors.h"
#include "net/loop_impl.h"

/* No read is larger than the service buffer, which the loop has once. */
enum { BACKSTOP_S = 700, SERVICE_BUFFER_BYTES = 16384 };

static void silence(int level, const char *line)
{
    (void)level;
    (void)line;
}

int context_open(pusher_loop *loop, uint64_t options, void *foreign_loop)
{
    static const lws_retry_bo_t no_idle_policy = {0};
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | options,
        .port = CONTEXT_PORT_NO_LISTEN,
        .foreign_loops = foreign_loop ? &foreign_loop : NULL,
        .pcontext = &loop->context,
        .fd_limit_per_thread =
            descriptors_table_size(loop->descriptors, &loop->descriptors_end),
        .pt_serv_buf_size = SERVICE_BUFFER_BYTES,
        .timeout_secs = BACKSTOP_S,
        .connect_timeout_secs = BACKSTOP_S,
        .retry_and_idle_policy = &no_idle_policy,
        .user = loop,
    };
    struct sigaction sigpipe;
    lws_set_log_level(0, silence);
    /* libwebsockets has SIGPIPE ignored; that is for the application to decide. */
    sigaction(SIGPIPE, NULL, &sigpipe);
    loop->context = lws_create_context(&info);
    sigaction(SIGPIPE, &sigpipe, NULL);
    return loop->context ? 0 : PUSHER_ERR_SYSTEM;
}

struct lws_context *loop_lws_context(pusher_loop *loop)
{
    engine_poke(loop);
    return loop->context;
}
