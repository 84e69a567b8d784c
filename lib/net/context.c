/*
 * The context of libwebsockets that a loop has, whichever engine drives it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "net/descriptors.h"
#include "net/loop_impl.h"

/* No read is larger than the service buffer, which the loop has once. */
enum { SERVICE_BUFFER_BYTES = 16384 };

/* Of an answer's header, until the connection is open. Cookies and a security policy soon
 * are more than the 4096 that libwebsockets allows; what many connections leave behind
 * when they open at the same time is memory that they do not use later. */
enum { HEADER_BYTES = 8192 };

enum { PIECE_BYTES = 65536 };

/* libwebsockets has SIGPIPE ignored, and what was before is set again: two threads at a
 * time, or a fork between, would leave it ignored. */
static pthread_mutex_t setting = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void lock_setting(void)
{
    pthread_mutex_lock(&setting);
}

static void unlock_setting(void)
{
    pthread_mutex_unlock(&setting);
}

static void watch_forks(void)
{
    pthread_atfork(lock_setting, unlock_setting, unlock_setting);
}

static struct lws_context *create(const struct lws_context_creation_info *info)
{
    struct sigaction sigpipe;
    pthread_once(&fork_once, watch_forks);
    lock_setting();
    sigaction(SIGPIPE, NULL, &sigpipe);
    struct lws_context *context = lws_create_context(info);
    sigaction(SIGPIPE, &sigpipe, NULL);
    unlock_setting();
    return context;
}

static void silence(int level, const char *line)
{
    (void)level;
    (void)line;
}

int context_open(pusher_loop *loop, uint64_t options, void *foreign_loop)
{
    static const lws_retry_bo_t no_idle_policy = {0};
    struct lws_context_creation_info info = {
        /* An origin names its scheme: "http://" is not put before it. */
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN | options,
        .port = CONTEXT_PORT_NO_LISTEN,
        .foreign_loops = foreign_loop ? &foreign_loop : NULL,
        .pcontext = &loop->context,
        .fd_limit_per_thread =
            descriptors_table_size(loop->descriptors, &loop->descriptors_end),
        .pt_serv_buf_size = SERVICE_BUFFER_BYTES,
        .max_http_header_data = HEADER_BYTES,
        .timeout_secs = LWS_BACKSTOP_S,
        .connect_timeout_secs = LWS_BACKSTOP_S,
        .retry_and_idle_policy = &no_idle_policy,
        .user = loop,
    };
    lws_set_log_level(0, silence);
    loop->context = create(&info);
    return loop->context ? 0 : PUSHER_ERR_SYSTEM;
}

bool context_has_room(size_t bytes)
{
    /* In pieces: glibc, once a larger one is freed, would keep more for ever. */
    size_t piece = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;
    void *volatile room = malloc(piece); /* volatile: or the compiler says yes */
    bool is_there = room && (piece == bytes || context_has_room(bytes - piece));
    free(room);
    return is_there;
}

struct lws_context *loop_lws_context(pusher_loop *loop)
{
    engine_poke(loop);
    return loop->context;
}
