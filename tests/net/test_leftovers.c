/*
 * Descriptors and threads: each descriptor is closed in a program that the process turns
 * into, and when the last loop is gone nothing is left of either, whatever was under way
 * and however the loop was driven.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "certificates.h"
#include "names.h"
#include "net/http.h"
#include "site.h"
#include "tls_peer.h"

enum { ROUNDS = 20, DESCRIPTORS = 1024 };

static struct certificates certificates;
static int threads; /* when the library has none */

/* Everything that can have a descriptor or a thread, at work. */
struct busy {
    struct site site;       /* a sandbox and a client of it */
    pusher_client *secure;  /* a wss connection */
    pusher_client *nowhere; /* its name is being looked up */
    SSL *peer;
    int secure_listener, http_listener, http_peer;
};

static pusher_client *add_client(struct busy *busy, const char *host, uint16_t port)
{
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.loop = busy->site.loop;
    options.key = "app-key";
    options.host = host;
    options.port = port;
    options.ca_file = certificates.ca;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    assert_int_equal(pusher_client_connect(client), 0);
    return client;
}

static void never_answered(void *userdata, const struct http_response *response)
{
    (void)userdata;
    (void)response;
    fail_msg("nobody answers");
}

static void ask(struct busy *busy)
{
    struct http_request *request = NULL;
    struct http_target target = {.method = "GET",
                                 .host = STR("127.0.0.1"),
                                 .request = STR("/"),
                                 .host_header = STR("h"),
                                 .max_response_bytes = 100,
                                 .timeout_ms = 600000};
    char head[2048];
    busy->http_listener = peer_listen(&target.port);
    assert_int_equal(http_start(busy->site.loop, &target, never_answered, NULL, &request),
                     0);
    busy->http_peer = peer_accept(busy->site.loop, busy->http_listener);
    peer_read(busy->site.loop, busy->http_peer, head, sizeof head, "\r\n\r\n");
}

static void busy_open(struct busy *busy)
{
    uint16_t port;
    *busy = (struct busy){.http_peer = -1};
    site_open(&busy->site, "localhost", 0);
    busy->nowhere = add_client(busy, "hang.test", 443);
    busy->secure_listener = peer_listen(&port);
    busy->secure = add_client(busy, "127.0.0.1", port);
    busy->peer = tls_peer_accept_websocket(busy->site.loop, busy->secure_listener,
                                           certificates.local);
    ask(busy);
    names_await(1);
}

static void busy_close(struct busy *busy)
{
    site_close(&busy->site);
    names_release();
    tls_peer_end(busy->peer, false);
    close(busy->secure_listener);
    close(busy->http_listener);
    close(busy->http_peer);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Of the test's own. */
static bool is_ours(const struct busy *busy, int fd)
{
    return fd == busy->secure_listener || fd == busy->http_listener ||
           fd == busy->http_peer || fd == SSL_get_fd(busy->peer);
}

static void each_is_closed_on_exec(void **state)
{
    static bool before[DESCRIPTORS];
    struct busy busy;
    int of_the_library = 0;
    (void)state;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        before[fd] = is_open(fd);
    busy_open(&busy);
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        if (before[fd] || !is_open(fd) || is_ours(&busy, fd))
            continue;
        of_the_library++;
        if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
            fail_msg("descriptor %d stays open", fd);
    }
    assert_true(of_the_library >= 8);
    busy_close(&busy);
}

/* --- ways to drive it --- */

static void by_run(pusher_loop *loop)
{
    pusher_loop_stop(loop);
    assert_int_equal(pusher_loop_run(loop), 0);
}

static void by_dispatch(pusher_loop *loop)
{
    assert_int_equal(pusher_loop_dispatch(loop), 0);
}

static void by_a_thread(pusher_loop *loop)
{
    assert_int_equal(pusher_loop_start(loop), 0);
}

static void not_at_all(pusher_loop *loop)
{
    (void)loop;
}

static void nothing_is_left(void **state)
{
    static void (*const ways[])(pusher_loop * loop) = {by_run, by_dispatch, by_a_thread,
                                                       not_at_all};
    struct busy busy;
    (void)state;
    busy_open(&busy); /* what is made once in a process is made now */
    busy_close(&busy);
    int descriptors = peer_descriptors();
    for (size_t i = 0; i < ROUNDS; i++) {
        busy_open(&busy);
        assert_true(peer_descriptors() > descriptors);
        ways[i % (sizeof ways / sizeof *ways)](busy.site.loop);
        busy_close(&busy);
        assert_int_equal(peer_descriptors(), descriptors);
        peer_await_threads(threads);
    }
}

static int setup(void **state)
{
    (void)state;
    threads = peer_own_threads();
    certificates_make(&certificates);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    certificates_remove(&certificates);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_closed_on_exec),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests_name("leftovers", tests, setup, teardown);
}
