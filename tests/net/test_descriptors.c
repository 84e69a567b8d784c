/*
 * A process that has no descriptor left: a client says so and tries again, and it goes on
 * when there are some. The limit is raised where the application wants that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "site.h"

enum { FEW = 128, MORE = 256, ENOUGH_FOR_A_LOOP = 20, CHILD_DEADLINE_S = 30 };

static struct rlimit at_start;

static void set_limit(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t soft_limit(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

/* --- none left --- */

struct want {
    struct site site;
    pusher_client *client;
    bool up, refused;
    pusher_problem_kind kind;
    int system_error;
    bool will_retry;
    char message[400];
};

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    (void)previous;
    ((struct want *)userdata)->up = current == PUSHER_STATE_CONNECTED;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    struct want *want = userdata;
    (void)client;
    want->refused = true;
    want->kind = problem->kind;
    want->system_error = problem->system_error;
    want->will_retry = problem->will_retry;
    snprintf(want->message, sizeof want->message, "%s", problem->message.ptr);
}

static void want_client(struct want *want, const char *host)
{
    pusher_options options;
    pusher_options_init(&options);
    options.loop = want->site.loop;
    options.key = "app-key";
    options.host = host;
    options.port = want->site.port;
    options.tls = false;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 200;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.userdata = want;
    assert_int_equal(pusher_client_new(&want->client, &options), 0);
    assert_int_equal(pusher_client_connect(want->client), 0);
}

/* Takes descriptors until there is none, or none below `end`; returns the first. */
static int take_all(int end)
{
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = first;
    while (fd >= 0 && fd < end - 1)
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return first;
}

static void give_back(int first)
{
    for (int fd = first; fd < MORE; fd++)
        close(fd);
}

/* The client is refused with these words, does not give up, and is connected once there
 * are descriptors again. */
static void refused_and_back(struct want *want, const char *host, int first,
                             const char *words)
{
    want_client(want, host);
    assert_true(peer_run_until(want->site.loop, &want->refused));
    want->refused = false;
    assert_true(peer_run_until(want->site.loop, &want->refused)); /* it tries again */
    assert_false(want->up);
    give_back(first);
    assert_int_equal(want->kind, PUSHER_PROBLEM_CONNECT);
    assert_int_equal(want->system_error, EMFILE);
    assert_true(want->will_retry);
    assert_non_null(strstr(want->message, words));
    assert_non_null(strstr(want->message, "descriptors in pusher/loop.h"));
    assert_true(peer_run_until(want->site.loop, &want->up));
    site_probe(&want->site); /* the other one has noticed nothing */
    pusher_client_free(want->client);
}

static void none_is_left(void **state)
{
    struct want want = {.up = false};
    (void)state;
    set_limit(FEW, at_start.rlim_max);
    site_open(&want.site, "127.0.0.1", 0);
    int first = take_all(FEW);
    assert_true(first >= 0);
    refused_and_back(&want, "127.0.0.1", first,
                     "no descriptor is left: the process may have 128");
    site_close(&want.site);
}

/* A name's look-up needs some too, and its failure is not taken for the name's. */
static void none_is_left_for_a_name(void **state)
{
    struct want want = {.up = false};
    (void)state;
    set_limit(FEW, at_start.rlim_max);
    site_open(&want.site, "127.0.0.1", 0);
    int first = take_all(FEW);
    refused_and_back(&want, "localhost", first, "the process may have 128");
    site_close(&want.site);
}

/* The limit was raised behind the loop's back. */
static void none_is_left_to_the_loop(void **state)
{
    struct want want = {.up = false};
    (void)state;
    set_limit(FEW, at_start.rlim_max);
    site_open(&want.site, "127.0.0.1", 0);
    set_limit(MORE, at_start.rlim_max);
    int first = take_all(FEW);
    refused_and_back(&want, "127.0.0.1", first,
                     "the loop was made when the process might have 128");
    site_close(&want.site);
}

/* --- a loop itself --- */

/* In a process in which no loop was made before: the first one needs most. */
static int in_a_child(int (*work)(int arg), int arg)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_DEADLINE_S);
        _exit(work(arg));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

enum { MADE, REFUSED, WRONG };

static void stop_it(void *loop)
{
    pusher_loop_stop(loop);
}

static int make_with(int left)
{
    pusher_loop *loop = NULL;
    set_limit(FEW, at_start.rlim_max);
    take_all(FEW);
    for (int i = 1; i <= left; i++)
        close(FEW - i);
    int rc = pusher_loop_new(&loop, NULL);
    if (rc)
        return rc == PUSHER_ERR_SYSTEM && !loop ? REFUSED : WRONG;
    pusher_loop_post(loop, stop_it, loop, NULL);
    rc = pusher_loop_run_for(loop, 10000);
    pusher_loop_free(loop);
    return rc ? WRONG : MADE;
}

/* With too few it is refused, with enough it is there, and nothing in between. */
static void none_is_left_for_a_loop(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(make_with, 0), REFUSED);
    for (int left = 1; left < ENOUGH_FOR_A_LOOP; left++)
        assert_int_not_equal(in_a_child(make_with, left), WRONG);
    assert_int_equal(in_a_child(make_with, ENOUGH_FOR_A_LOOP), MADE);
}

static int live_without_standard_streams(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        struct site site;
        close(0);
        close(1);
        close(2);
        site_open(&site, "localhost", 0);
        site_probe(&site);
        site_close(&site);
        for (int fd = 0; fd <= 2; fd++)
            if (fcntl(fd, F_GETFD) >= 0)
                return WRONG;
    }
    return MADE;
}

/* libuv ends a program that has it close one of the first three. */
static void the_first_are_free(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(live_without_standard_streams, 3), MADE);
}

/* --- the option --- */

static char logged[400];

static void on_log(pusher_log_level level, const char *line, void *userdata)
{
    (void)userdata;
    (void)level;
    snprintf(logged, sizeof logged, "%s", line);
}

static int new_loop(uint32_t descriptors)
{
    pusher_loop *loop = NULL;
    pusher_loop_options options;
    pusher_loop_options_init(&options);
    assert_int_equal(options.descriptors, 0);
    options.descriptors = descriptors;
    options.log = (pusher_log){.write = on_log, .level = PUSHER_LOG_ERROR};
    int rc = pusher_loop_new(&loop, &options);
    assert_int_equal(rc != 0, loop == NULL);
    pusher_loop_free(loop);
    return rc;
}

static void raised_when_asked(void **state)
{
    (void)state;
    set_limit(FEW, at_start.rlim_max);
    assert_int_equal(new_loop(0), 0);
    assert_int_equal(soft_limit(), FEW);
    assert_int_equal(new_loop(MORE), 0);
    assert_int_equal(soft_limit(), MORE);
    assert_int_equal(new_loop(FEW), 0); /* never lowered */
    assert_int_equal(soft_limit(), MORE);
    assert_int_equal(new_loop((1 << 20) + 1), PUSHER_ERR_INVALID);
}

/* The hard limit is lowered for good: the last test. */
static void no_further_than_allowed(void **state)
{
    (void)state;
    set_limit(FEW, MORE);
    assert_int_equal(new_loop(MORE + 1), PUSHER_ERR_LIMIT);
    assert_non_null(strstr(logged, "257 descriptors are wanted"));
    assert_non_null(strstr(logged, "256 at most"));
    assert_int_equal(soft_limit(), FEW);
    assert_int_equal(new_loop(MORE), 0);
    assert_int_equal(soft_limit(), MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_left_for_a_loop), /* before there was a loop */
        cmocka_unit_test(the_first_are_free),
        cmocka_unit_test(none_is_left),
        cmocka_unit_test(none_is_left_for_a_name),
        cmocka_unit_test(none_is_left_to_the_loop),
        cmocka_unit_test(raised_when_asked),
        cmocka_unit_test(no_further_than_allowed),
    };
    getrlimit(RLIMIT_NOFILE, &at_start);
    return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
