/*
 * A loop inside a GLib main loop (GTK, libsoup, …): a GSource that watches the loop's one
 * descriptor. Your program links GLib; the library does not.
 *
 *     GSource *source = pusher_glib_attach(loop, NULL);
 *     g_main_loop_run(main_loop);
 *     pusher_glib_detach(source);
 *     pusher_loop_free(loop);
 */
#ifndef PUSHER_ADAPTERS_GLIB_H
#define PUSHER_ADAPTERS_GLIB_H

#include <glib.h>

#include <pusher/loop.h>

typedef struct pusher_glib_source {
    GSource source;
    pusher_loop *loop;
} pusher_glib_source;

static inline gboolean pusher_glib_dispatch(GSource *source, GSourceFunc callback,
                                            gpointer userdata)
{
    (void)callback;
    (void)userdata;
    pusher_loop_dispatch(((pusher_glib_source *)(void *)source)->loop);
    return G_SOURCE_CONTINUE;
}

/*
 * Has `context` (NULL: the default one) drive `loop`; callbacks run in the thread that
 * runs the context. A nested main loop, as of a dialog that a callback opens, does not
 * drive it until the callback has returned. Returns the source, to be given to
 * pusher_glib_detach() before the loop is freed; NULL from a library that was built
 * without libuv. GLib aborts when out of memory.
 */
static inline GSource *pusher_glib_attach(pusher_loop *loop, GMainContext *context)
{
    static GSourceFuncs functions = {NULL, NULL, pusher_glib_dispatch, NULL, NULL, NULL};
    int fd = pusher_loop_fd(loop);
    if (fd < 0)
        return NULL;
    GSource *source = g_source_new(&functions, sizeof(pusher_glib_source));
    ((pusher_glib_source *)(void *)source)->loop = loop;
    g_source_set_name(source, "pusher");
    g_source_add_unix_fd(source, fd, G_IO_IN);
    g_source_attach(source, context);
    return source;
}

/* Ends it and gives `source` back; legal in the loop's callbacks. NULL is fine. */
static inline void pusher_glib_detach(GSource *source)
{
    if (!source)
        return;
    g_source_destroy(source);
    g_source_unref(source);
}

#endif
