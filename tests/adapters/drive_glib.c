/*
 * GLib.
 */
#include "driver.h"

#define pusher_loop_dispatch counted_dispatch
#include <pusher/adapters/glib.h>

const char driver_name[] = "glib";

static GMainContext *context;
unsigned driver_turns;

void driver_open(void)
{
    context = g_main_context_new();
}

void driver_close(void)
{
    g_main_context_unref(context);
}

void *driver_attach(pusher_loop *loop)
{
    return pusher_glib_attach(loop, context);
}

void driver_detach(void *attached)
{
    pusher_glib_detach(attached);
}

static gboolean time_is_up(gpointer up)
{
    *(bool *)up = true;
    return G_SOURCE_REMOVE;
}

bool driver_run(const bool *done, int ms)
{
    bool up = false;
    GSource *timer = g_timeout_source_new((guint)ms);
    g_source_set_callback(timer, time_is_up, &up, NULL);
    g_source_attach(timer, context);
    while (!*done && !up) {
        g_main_context_iteration(context, TRUE);
        driver_turns++;
    }
    g_source_destroy(timer);
    g_source_unref(timer);
    return *done;
}
