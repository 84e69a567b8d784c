/*
 * A process that forks while it has a loop: the parent's connection does not notice,
 * whatever the child does that it may do; and a program that the child turns into gets
 * none of our descriptors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "site.h"

enum { CHILD_DEADLINE_S = 30 };

static const char *program;

/* --- what the child does --- */

static void frees_what_it_inherited(struct site *site)
{
    pusher_client_free(site->client);
    pusher_sandbox_free(site->sandbox);
    pusher_loop_free(site->loop);
}

static void leaves_at_once(struct site *site)
{
    (void)site;
}

/* A client of its own, of the parent's sandbox. */
static void connects_by_itself(struct site *site)
{
    struct site own;
    frees_what_it_inherited(site);
    site_open(&own, "127.0.0.1", site->port);
    site_probe(&own);
    site_close(&own);
}

static void is_a_server_itself(struct site *site)
{
    struct site own;
    (void)site;
    site_open(&own, "127.0.0.1", 0);
    site_probe(&own);
    site_close(&own);
}

static void (*const works[])(struct site *site) = {
    leaves_at_once, frees_what_it_inherited, connects_by_itself, is_a_server_itself};

enum { WORKS = sizeof works / sizeof *works };

static pid_t fork_to(void (*work)(struct site *site), struct site *site)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_DEADLINE_S);
        work(site);
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static void expect_success(int status)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void serve_until_gone(struct site *site, pid_t child)
{
    int status;
    pid_t gone;
    peer_begin();
    while ((gone = waitpid(child, &status, WNOHANG)) == 0)
        peer_step(site->loop);
    assert_int_equal(gone, child);
    expect_success(status);
}

/* --- where it forks --- */

static void between_turns(void **state)
{
    (void)state;
    for (int i = 0; i < WORKS; i++) {
        struct site site;
        site_open(&site, "127.0.0.1", 0);
        serve_until_gone(&site, fork_to(works[i], &site));
        site_probe(&site);
        site_close(&site);
    }
}

struct forking {
    struct site *site;
    void (*work)(struct site *site);
    pid_t child;
};

static void fork_now(void *arg)
{
    struct forking *forking = arg;
    forking->child = fork_to(forking->work, forking->site);
    pusher_loop_stop(forking->site->loop);
}

static void in_a_callback(void **state)
{
    (void)state;
    for (int i = 0; i < WORKS; i++) {
        struct site site;
        struct forking forking = {&site, works[i], 0};
        site_open(&site, "127.0.0.1", 0);
        assert_int_equal(pusher_loop_post(site.loop, fork_now, &forking, NULL), 0);
        assert_int_equal(pusher_loop_run_for(site.loop, 10000), 0);
        serve_until_gone(&site, forking.child);
        site_probe(&site);
        site_close(&site);
    }
}

static void beside_a_background_thread(void **state)
{
    (void)state;
    for (int i = 0; i < WORKS; i++) {
        struct site site;
        int status;
        site_open(&site, "127.0.0.1", 0);
        assert_int_equal(pusher_loop_start(site.loop), 0);
        pid_t child = fork_to(works[i], &site);
        assert_int_equal(waitpid(child, &status, 0), child); /* it has a deadline */
        expect_success(status);
        pusher_loop_stop(site.loop);
        assert_int_equal(pusher_loop_join(site.loop), 0);
        site_probe(&site);
        site_close(&site);
    }
}

/* A mailbox may be freed, too, even when its lock was held by a thread that is not there.
 */
static void mailboxes_in_the_child(void **state)
{
    struct site site;
    pusher_mailbox *mailbox = NULL;
    (void)state;
    site_open(&site, "127.0.0.1", 0);
    assert_int_equal(pusher_mailbox_new(&mailbox, site.loop), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_DEADLINE_S);
        pusher_mailbox_free(mailbox);
        _exit(0);
    }
    serve_until_gone(&site, child);
    pusher_mailbox_free(mailbox);
    site_probe(&site);
    site_close(&site);
}

/* --- what another program is left --- */

/* How many descriptors a program that is started now finds. */
static int inherited_by_a_program(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_DEADLINE_S);
        execl(program, program, "count", (char *)NULL);
        _exit(255);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 255);
    return WEXITSTATUS(status);
}

static void descriptors_stay_here(void **state)
{
    struct site site;
    (void)state;
    int before = inherited_by_a_program();
    int mine = peer_descriptors();
    site_open(&site, "localhost", 0);
    assert_true(peer_descriptors() > mine + 5);
    assert_int_equal(inherited_by_a_program(), before);
    site_close(&site);
    assert_int_equal(inherited_by_a_program(), before);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_turns),
        cmocka_unit_test(in_a_callback),
        cmocka_unit_test(beside_a_background_thread),
        cmocka_unit_test(mailboxes_in_the_child),
        cmocka_unit_test(descriptors_stay_here),
    };
    if (argc > 1)
        return peer_descriptors();
    program = argv[0];
    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
