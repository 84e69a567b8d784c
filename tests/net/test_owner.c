/*
 * Calls on the wrong thread, each in a program of its own: a build with assertions ends
 * it with clear words, one without does not look. What is legal is let pass by both.
 *
 *   test_net_owner        all cases
 *   test_net_owner CASE   does what the case says, and ends
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <pusher/pusher.h>
#include <pusher/sandbox.h>
#include <pusher/server.h>

#include "peer.h"

enum { DEADLINE_S = 60 };

extern char **environ;

/* --- in the program of a case --- */

static pusher_loop *loop;
static pusher_client *client;
static pusher_channel *channel;
static pusher_server *server;
static pusher_mailbox *mailbox;

/* A case cannot go on: a third kind of end. */
static void need(bool so)
{
    if (!so)
        _exit(3);
}

static void log_to_stderr(pusher_log_level level, const char *line, void *userdata)
{
    (void)userdata;
    fprintf(stderr, "log %d: %s\n", (int)level, line);
}

static void a_server(void)
{
    pusher_server_options options;
    pusher_server_options_init(&options);
    options.loop = loop;
    options.app_id = "1";
    options.key = "key";
    options.secret = "secret";
    options.host = "127.0.0.1";
    need(pusher_server_new(&server, &options) == 0);
}

static void set_up(void)
{
    pusher_options options;
    pusher_loop_options loop_options;
    pusher_loop_options_init(&loop_options);
    loop_options.log = (pusher_log){PUSHER_LOG_ERROR, log_to_stderr, NULL};
    need(pusher_loop_new(&loop, &loop_options) == 0);
    pusher_options_init(&options);
    options.loop = loop;
    options.key = "key";
    options.host = "127.0.0.1";
    options.tls = false;
    need(pusher_client_new(&client, &options) == 0);
    need(pusher_client_subscribe(client, "room", &channel) == 0);
    need(pusher_mailbox_new(&mailbox, loop) == 0);
    a_server();
}

static void *run_thread(void *arg)
{
    void (**fn)(void) = arg;
    (*fn)();
    return NULL;
}

static void elsewhere(void (*fn)(void))
{
    pthread_t thread;
    need(pthread_create(&thread, NULL, run_thread, &fn) == 0);
    pthread_join(thread, NULL);
}

static void connect_it(void)
{
    pusher_client_connect(client);
}

static void ask_state(void)
{
    pusher_client_state(client);
}

static void trigger(void)
{
    pusher_channel_trigger(channel, "client-a", NULL);
}

static void bind_it(void)
{
    pusher_channel_bind(channel, "a", NULL, NULL, NULL, NULL);
}

static void count_members(void)
{
    pusher_channel_member_count(channel);
}

static void sign_in(void)
{
    pusher_client_signin(client);
}

static void resolve(void)
{
    pusher_auth_resolve(client, 1, "{}", 2);
}

static void another_client(void)
{
    pusher_client *other = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.loop = loop;
    options.key = "key";
    options.host = "127.0.0.1";
    pusher_client_new(&other, &options);
}

static void free_client(void)
{
    pusher_client_free(client);
}

static void a_sandbox(void)
{
    pusher_sandbox *sandbox = NULL;
    pusher_sandbox_options options;
    pusher_sandbox_options_init(&options);
    options.loop = loop;
    pusher_sandbox_new(&sandbox, &options);
}

static void publish_it(void)
{
    static const char *const channels[] = {"room"};
    pusher_server_event event;
    pusher_server_event_init(&event);
    event.name = "order";
    event.data = (pusher_str){"7", 1};
    event.channels = channels;
    event.channel_count = 1;
    pusher_server_publish(server, &event, NULL, NULL, NULL);
}

static void free_server(void)
{
    pusher_server_free(server);
}

static void dispatch_it(void)
{
    pusher_loop_dispatch(loop);
}

static void run_briefly(void)
{
    pusher_loop_run_for(loop, 1);
}

static void client_run_briefly(void)
{
    pusher_loop_stop(loop);
    pusher_client_run(client);
}

static void ignore(void *arg)
{
    (void)arg;
}

static void post_it(void)
{
    pusher_loop_post(loop, ignore, NULL, NULL);
}

static void post_to_mailbox(void)
{
    pusher_mailbox_post(mailbox, ignore, NULL, NULL);
}

static void another_mailbox(void)
{
    pusher_mailbox *other = NULL;
    pusher_mailbox_new(&other, loop);
}

static void free_mailbox(void)
{
    pusher_mailbox_free(mailbox);
}

static void stop_it(void)
{
    pusher_loop_stop(loop);
}

static void start_it(void)
{
    pusher_loop_start(loop);
}

static void join_it(void)
{
    pusher_loop_join(loop);
}

static void ask_descriptor(void)
{
    pusher_loop_fd(loop);
}

static void free_loop(void)
{
    pusher_loop_free(loop);
}

static void not_its_maker(void (*fn)(void))
{
    elsewhere(fn);
}

static void under_a_thread(void (*fn)(void))
{
    need(pusher_loop_start(loop) == 0);
    fn();
    pusher_loop_stop(loop);
    pusher_loop_join(loop);
}

static void under_a_thread_for_good(void (*fn)(void))
{
    need(pusher_loop_start(loop) == 0);
    fn();
}

static void nothing(void *arg)
{
    sem_post(arg);
}

/* The thread is over, but has not been joined. */
static void under_a_thread_that_ended(void (*fn)(void))
{
    sem_t ran;
    sem_init(&ran, 0, 0);
    need(pusher_loop_start(loop) == 0);
    need(pusher_loop_post(loop, nothing, &ran, NULL) == 0);
    sem_wait(&ran);
    pusher_loop_stop(loop);
    fn();
    pusher_loop_join(loop);
}

static void after_a_dispatch_elsewhere(void (*fn)(void))
{
    elsewhere(dispatch_it);
    fn();
}

static void after_a_run_elsewhere(void (*fn)(void))
{
    elsewhere(run_briefly);
    fn();
}

static void after_taking_over(void (*fn)(void))
{
    elsewhere(dispatch_it);
    pusher_loop_dispatch(loop);
    fn();
}

static void after_a_join(void (*fn)(void))
{
    need(pusher_loop_start(loop) == 0);
    pusher_loop_stop(loop);
    need(pusher_loop_join(loop) == 0);
    elsewhere(fn); /* whichever thread comes next */
}

static void call_elsewhere(void *arg)
{
    void (**fn)(void) = arg;
    elsewhere(*fn);
    pusher_loop_stop(loop);
}

static void under_a_run(void (*fn)(void))
{
    need(pusher_loop_post(loop, call_elsewhere, &fn, NULL) == 0);
    pusher_loop_run(loop);
}

static void call_here(void *arg)
{
    void (**fn)(void) = arg;
    (*fn)();
    pusher_loop_stop(loop);
}

static void in_a_callback(void (*fn)(void))
{
    need(pusher_loop_post(loop, call_here, &fn, NULL) == 0);
    pusher_loop_run(loop);
}

static void in_a_child(void (*fn)(void))
{
    int status;
    pid_t child = fork();
    need(child >= 0);
    if (child == 0) {
        fn();
        _exit(0);
    }
    need(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    need(WEXITSTATUS(status) == 0);
}

/* The thread is the parent's. */
static void in_a_child_beside_a_thread(void (*fn)(void))
{
    need(pusher_loop_start(loop) == 0);
    in_a_child(fn);
    pusher_loop_stop(loop);
    pusher_loop_join(loop);
}

static void from_elsewhere(void)
{
    pusher_mailbox *own = NULL;
    need(pusher_client_loop(client) == loop);
    need(pusher_channel_client(channel) == client);
    need(pusher_client_userdata(client) == NULL);
    need(pusher_loop_fd(loop) >= 0 || pusher_loop_fd(loop) == PUSHER_ERR_UNSUPPORTED);
    need(pusher_mailbox_new(&own, loop) == 0);
    sem_t ran;
    sem_init(&ran, 0, 0);
    need(pusher_mailbox_post(own, nothing, &ran, NULL) == 0);
    sem_wait(&ran);
    need(pusher_loop_post(loop, nothing, &ran, NULL) == 0);
    sem_wait(&ran);
    pusher_mailbox_free(own);
    pusher_loop_stop(loop);
}

struct wrong {
    const char *name;
    void (*how)(void (*fn)(void));
    void (*fn)(void);
    const char *function; /* that is reported; NULL: all is well */
    bool harmless;        /* it can be tried where nobody looks */
    const char *words;
};

static const char not_ours[] = "does not belong to";
static const char running[] = "while another thread runs";
static const char forked[] = "in a forked child";

static const struct wrong cases[] = {
    {"connect", not_its_maker, connect_it, "pusher_client_connect", true, not_ours},
    {"state", not_its_maker, ask_state, "pusher_client_state", true, not_ours},
    {"trigger", not_its_maker, trigger, "pusher_channel_trigger", true, not_ours},
    {"bind", not_its_maker, bind_it, "pusher_channel_bind", true, not_ours},
    {"members", not_its_maker, count_members, "pusher_channel_member_count", true,
     not_ours},
    {"signin", not_its_maker, sign_in, "pusher_client_signin", true, not_ours},
    {"resolve", not_its_maker, resolve, "pusher_auth_resolve", true, not_ours},
    {"client", not_its_maker, another_client, "pusher_client_new", true, not_ours},
    {"free", not_its_maker, free_client, "pusher_client_free", true, not_ours},
    {"sandbox", not_its_maker, a_sandbox, "pusher_sandbox_new", true, not_ours},
    {"server", not_its_maker, a_server, "pusher_server_new", true, not_ours},
    {"publish", not_its_maker, publish_it, "pusher_server_publish", true, not_ours},
    {"free a server", not_its_maker, free_server, "pusher_server_free", true, not_ours},
    {"thread", under_a_thread, ask_state, "pusher_client_state", true, not_ours},
    {"ended", under_a_thread_that_ended, ask_state, "pusher_client_state", true,
     not_ours},
    {"dispatched", after_a_dispatch_elsewhere, connect_it, "pusher_client_connect", true,
     not_ours},
    {"run", under_a_run, ask_state, "pusher_client_state", true, not_ours},
    {"dispatch in a run", under_a_run, dispatch_it, "pusher_loop_dispatch", true,
     running},
    {"run in a run", under_a_run, run_briefly, "pusher_loop_run", true, running},
    {"run a client in a run", under_a_run, client_run_briefly, "pusher_client_run", true,
     running},
    {"free in a run", under_a_run, free_loop, "pusher_loop_free", false, running},
    {"free in a callback", in_a_callback, free_loop, "pusher_loop_free", false,
     "in a callback"},
    {"child connects", in_a_child, connect_it, "pusher_client_connect", true, forked},
    {"child dispatches", in_a_child, dispatch_it, "pusher_loop_dispatch", true, forked},
    {"child runs", in_a_child, run_briefly, "pusher_loop_run", true, forked},
    {"child posts", in_a_child, post_it, "pusher_loop_post", true, forked},
    {"child posts to a mailbox", in_a_child, post_to_mailbox, "pusher_mailbox_post", true,
     forked},
    {"child makes a mailbox", in_a_child, another_mailbox, "pusher_mailbox_new", true,
     forked},
    {"child stops", in_a_child, stop_it, "pusher_loop_stop", true, forked},
    {"child starts", in_a_child, start_it, "pusher_loop_start", false, forked},
    {"child joins", in_a_child, join_it, "pusher_loop_join", true, forked},
    {"child asks for the descriptor", in_a_child, ask_descriptor, "pusher_loop_fd", true,
     forked},
    {"child runs beside a thread", in_a_child_beside_a_thread, run_briefly,
     "pusher_loop_run", true, forked},
    {"child joins beside a thread", in_a_child_beside_a_thread, join_it,
     "pusher_loop_join", false, forked},
    /* And what is right. */
    {"child frees the mailbox", in_a_child, free_mailbox, NULL, true, NULL},
    {"child frees the client", in_a_child, free_client, NULL, true, NULL},
    {"child frees the server", in_a_child, free_server, NULL, true, NULL},
    {"child frees the loop", in_a_child, free_loop, NULL, true, NULL},
    {"other calls", under_a_thread, from_elsewhere, NULL, true, NULL},
    {"handed over by dispatch", not_its_maker, dispatch_it, NULL, true, NULL},
    {"handed over by run", not_its_maker, run_briefly, NULL, true, NULL},
    {"handed over by a client's run", not_its_maker, client_run_briefly, NULL, true,
     NULL},
    {"after a run", after_a_run_elsewhere, connect_it, NULL, true, NULL},
    {"after taking over", after_taking_over, connect_it, NULL, true, NULL},
    {"after a join", after_a_join, connect_it, NULL, true, NULL},
    {"freed elsewhere", not_its_maker, free_loop, NULL, true, NULL},
    {"freed after a dispatch elsewhere", after_a_dispatch_elsewhere, free_loop, NULL,
     true, NULL},
    {"freed under a thread", under_a_thread_for_good, free_loop, NULL, true, NULL},
};

static int play(const char *name)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(DEADLINE_S);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, name) != 0)
            continue;
        set_up();
        cases[i].how(cases[i].fn);
        _exit(0);
    }
    return 2;
}

/* --- in the test --- */

static const char *program;

/* Plays a case; returns its end, and what it wrote to standard error. */
static int end_of(const char *name, char *out, size_t size)
{
    int fds[2], status;
    pid_t child;
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)name, NULL};
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe(fds), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    posix_spawn_file_actions_addclose(&actions, fds[1]);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(fds[0], out + len, size - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void each_case(void **state)
{
    char text[8192], report[64];
    (void)state;
#ifdef NDEBUG
    const bool looks = false;
#else
    const bool looks = true;
#endif
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct wrong *at = &cases[i];
        if (!looks && !at->harmless)
            continue;
        int status = end_of(at->name, text, sizeof text);
        bool reported = looks && at->function;
        bool as_expected = reported ? WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT
                                    : WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!as_expected)
            fail_msg("%s: status %x: %s", at->name, (unsigned)status, text);
        if (!reported)
            continue;
        snprintf(report, sizeof report, "libpusher: %s() ", at->function);
        assert_non_null(strstr(text, report));
        assert_non_null(strstr(text, at->words));
        snprintf(report, sizeof report, "log %d: %s() ", PUSHER_LOG_ERROR, at->function);
        assert_non_null(strstr(text, report));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case),
    };
    if (argc > 1)
        return play(argv[1]);
    program = argv[0];
    return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
