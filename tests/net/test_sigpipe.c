/*
 * No SIGPIPE reaches the process, and the application's own setting stays as it was.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include "base/str.h"
#include "certificates.h"
#include "net/ws.h"
#include "tls_peer.h"

enum { ROUNDS = 3 };

static volatile sig_atomic_t raised;

static void on_sigpipe(int number)
{
    (void)number;
    raised++;
}

static pusher_loop *new_loop(void)
{
    pusher_loop *loop = NULL;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    return loop;
}

/* --- the setting --- */

static void (*handler_now(void))(int)
{
    struct sigaction now;
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    return now.sa_handler;
}

static void the_setting_stays(void **state)
{
    static void (*const handlers[])(int) = {SIG_DFL, SIG_IGN, on_sigpipe};
    (void)state;
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        signal(SIGPIPE, handlers[i]);
        pusher_loop *loop = new_loop();
        assert_true(handler_now() == handlers[i]);
        pusher_loop_run_for(loop, 1);
        pusher_loop_free(loop);
        assert_true(handler_now() == handlers[i]);
    }
}

enum { THREADS = 4, LOOPS = 30, FORKS = 20 };

/* A sanitizer's own locks may be held by a thread that the child does not have. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CHILD_MAKES_LOOPS = false };
#else
enum { CHILD_MAKES_LOOPS = true };
#endif

static bool makes_a_loop(void)
{
    pusher_loop *loop = NULL;
    return pusher_loop_new(&loop, NULL) == 0;
}

static void *make_loops(void *barrier)
{
    for (int i = 0; i < LOOPS; i++) {
        pthread_barrier_wait(barrier);
        pusher_loop_free(new_loop());
    }
    return NULL;
}

static void await_child(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Neither is it left ignored in a child that is forked meanwhile, which may make loops,
 * too. */
static void the_setting_stays_when_loops_are_made_at_once(void **state)
{
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_loops, &barrier), 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(20);
            bool right = handler_now() == SIG_DFL &&
                         (!CHILD_MAKES_LOOPS || makes_a_loop()) &&
                         handler_now() == SIG_DFL;
            _exit(right ? 0 : 1);
        }
        await_child(child);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_true(handler_now() == SIG_DFL);
}

/* --- what is written inside --- */

static int broken_pipe;
static sem_t written;

static int setup(void **state)
{
    int fds[2];
    (void)state;
    if (pipe(fds))
        return -1;
    close(fds[0]);
    broken_pipe = fds[1];
    raised = 0;
    signal(SIGPIPE, on_sigpipe);
    return sem_init(&written, 0, 0);
}

static int teardown(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    close(broken_pipe);
    return sem_destroy(&written);
}

static void write_to_nobody(void *loop)
{
    assert_int_equal(write(broken_pipe, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    sem_post(&written);
    if (loop)
        pusher_loop_stop(loop);
}

static void post(pusher_loop *loop)
{
    assert_int_equal(pusher_loop_post(loop, write_to_nobody, loop, NULL), 0);
}

static bool is_pending(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

static bool is_blocked(void)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, SIGPIPE) == 1;
}

static void none_from_inside(void **state)
{
    pusher_loop *loop = new_loop();
    (void)state;
    post(loop);
    assert_int_equal(pusher_loop_run(loop), 0);
    post(loop);
    assert_int_equal(pusher_loop_run_for(loop, 10000), 0);
    post(loop);
    assert_int_equal(pusher_loop_dispatch(loop), 0);
    assert_int_equal(pusher_loop_run(loop), 0); /* uses up the stop */
    post(loop);
    assert_int_equal(pusher_loop_start(loop), 0);
    assert_int_equal(pusher_loop_join(loop), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(sem_trywait(&written), 0);
    assert_int_equal(pusher_loop_post(loop, write_to_nobody, NULL, write_to_nobody), 0);
    pusher_loop_free(loop);
    assert_int_equal(sem_trywait(&written), 0);
    assert_false(is_blocked());
    assert_int_equal(raised, 0);
    write_to_nobody(NULL); /* here it is the application's own business */
    assert_int_equal(raised, 1);
}

/* Blocked by the application: nothing is left for the day that it looks. */
static void none_is_left_pending(void **state)
{
    pusher_loop *loop = new_loop();
    sigset_t set;
    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    post(loop);
    assert_int_equal(pusher_loop_run(loop), 0);
    assert_false(is_pending());
    assert_true(is_blocked());
    /* But what was pending is the application's. */
    pthread_kill(pthread_self(), SIGPIPE);
    post(loop);
    assert_int_equal(pusher_loop_run(loop), 0);
    assert_true(is_pending());
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    assert_int_equal(raised, 1);
    pusher_loop_free(loop);
}

/* --- peers that go --- */

static struct certificates certificates;

struct link {
    struct link *other;
    struct ws *ws;
    SSL *peer;
    bool opened, closed;
};

static void on_open(void *userdata)
{
    ((struct link *)userdata)->opened = true;
}

static void on_text(void *userdata, pusher_str text)
{
    (void)userdata;
    fail_msg("%zu bytes that nobody sent", text.len);
}

static void on_binary(void *userdata, size_t bytes)
{
    on_text(userdata, (pusher_str){NULL, bytes});
}

/* Two connections may write, and the system has said so already: the peer of the second
 * one goes in between, by an end and a reset. */
static void on_sent(void *userdata)
{
    static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct link *other = ((struct link *)userdata)->other;
    if (!other->peer)
        return;
    int fd = SSL_get_fd(other->peer);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    tls_peer_end(other->peer, false);
    other->peer = NULL;
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct link *link = userdata;
    (void)closed;
    link->closed = true;
    link->ws = NULL;
}

static void open_link(struct link *link, pusher_loop *loop, int listener, uint16_t port)
{
    struct ws_target target = {.host = STR("127.0.0.1"),
                               .port = port,
                               .tls = true,
                               .ca_file = str_of(certificates.ca),
                               .request = STR("/"),
                               .host_header = STR("127.0.0.1"),
                               .max_message_bytes = 100,
                               .timeout_ms = 10000};
    static const struct ws_calls calls = {.on_open = on_open,
                                          .on_text = on_text,
                                          .on_binary = on_binary,
                                          .on_sent = on_sent,
                                          .on_closed = on_closed};
    struct ws_handler handler = {&calls, link};
    assert_int_equal(ws_dial(loop, &target, &handler, &link->ws), 0);
    link->peer = tls_peer_accept_websocket(loop, listener, certificates.local);
    assert_true(peer_run_until(loop, &link->opened));
}

static void peers_that_go(void **state)
{
    (void)state;
    certificates_make(&certificates);
    for (int i = 0; i < ROUNDS; i++) {
        struct link one = {0}, two = {.other = &one};
        pusher_loop *loop = new_loop();
        uint16_t port;
        int listener = peer_listen(&port);
        one.other = &two;
        open_link(&one, loop, listener, port);
        open_link(&two, loop, listener, port);
        assert_int_equal(ws_send(one.ws, STR("hello")), 0);
        assert_int_equal(ws_send(two.ws, STR("hello")), 0);
        peer_begin();
        while (!one.closed && !two.closed)
            peer_step(loop);
        pusher_loop_free(loop);
        tls_peer_end(one.peer, false);
        tls_peer_end(two.peer, false);
        close(listener);
    }
    certificates_remove(&certificates);
    assert_int_equal(raised, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_setting_stays),
        cmocka_unit_test(the_setting_stays_when_loops_are_made_at_once),
        cmocka_unit_test_setup_teardown(none_from_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(none_is_left_pending, setup, teardown),
        cmocka_unit_test_setup_teardown(peers_that_go, setup, teardown),
    };
    return cmocka_run_group_tests_name("sigpipe", tests, NULL, NULL);
}
