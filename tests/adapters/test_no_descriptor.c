/*
 * A library without libuv: who wants its loop inside another one is told so, at once and
 * in words; nothing is attached, and the loop can still be run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pusher/adapters/ev.h>
#include <pusher/adapters/glib.h>
#include <pusher/adapters/uv.h>

static pusher_loop *loop;

static int setup(void **state)
{
    (void)state;
    return pusher_loop_new(&loop, NULL);
}

static int teardown(void **state)
{
    (void)state;
    pusher_loop_free(loop);
    return 0;
}

static void stop(void *arg)
{
    (void)arg;
    pusher_loop_stop(loop);
}

static void the_loop_runs(void)
{
    assert_int_equal(pusher_loop_post(loop, stop, NULL, NULL), 0);
    assert_int_equal(pusher_loop_run_for(loop, 10000), 0);
}

static void descriptor(void **state)
{
    (void)state;
    assert_int_equal(pusher_loop_fd(loop), PUSHER_ERR_UNSUPPORTED);
    the_loop_runs();
}

static void with_glib(void **state)
{
    (void)state;
    GMainContext *context = g_main_context_new();
    GSource *source = pusher_glib_attach(loop, context);
    assert_null(source);
    pusher_glib_detach(source);
    assert_false(g_main_context_pending(context));
    g_main_context_unref(context);
    the_loop_runs();
}

static void with_libuv(void **state)
{
    uv_loop_t uv;
    pusher_uv *adapter = NULL;
    (void)state;
    assert_int_equal(uv_loop_init(&uv), 0);
    assert_int_equal(pusher_uv_attach(loop, &uv, &adapter), PUSHER_ERR_UNSUPPORTED);
    assert_null(adapter);
    pusher_uv_detach(adapter);
    assert_int_equal(uv_loop_close(&uv), 0);
    the_loop_runs();
}

static void with_libev(void **state)
{
    pusher_ev adapter;
    struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
    (void)state;
    assert_int_equal(pusher_ev_attach(&adapter, loop, ev), PUSHER_ERR_UNSUPPORTED);
    assert_false(ev_run(ev, EVRUN_NOWAIT)); /* true: something is watched */
    pusher_ev_detach(&adapter);
    ev_loop_destroy(ev);
    the_loop_runs();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(with_glib, setup, teardown),
        cmocka_unit_test_setup_teardown(with_libuv, setup, teardown),
        cmocka_unit_test_setup_teardown(with_libev, setup, teardown),
    };
    return cmocka_run_group_tests_name("no_descriptor", tests, NULL, NULL);
}
