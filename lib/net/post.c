/*
 * Posting from other threads: the only calls that are safe from there.
 */
#include <stdlib.h>

#include "net/loop_impl.h"

struct post {
    struct list link;
    void (*fn)(void *arg);
    void *arg;
    pusher_free_fn free_arg;
};

static void release(void *arg, pusher_free_fn free_arg)
{
    if (free_arg)
        free_arg(arg);
}

int pusher_loop_post(pusher_loop *loop, void (*fn)(void *arg), void *arg,
                     pusher_free_fn free_arg)
{
    int rc = loop && fn ? 0 : PUSHER_ERR_INVALID;
    /* malloc: the application's allocator belongs to the loop's thread. */
    struct post *post = rc ? NULL : malloc(sizeof *post);
    if (!rc && !post)
        rc = PUSHER_ERR_NOMEM;
    if (rc) {
        release(arg, free_arg);
        return rc;
    }
    *post = (struct post){.fn = fn, .arg = arg, .free_arg = free_arg};
    pthread_mutex_lock(&loop->lock);
    bool first = list_empty(&loop->posts);
    list_append(&loop->posts, &post->link);
    if (first)
        engine_wake(loop);
    pthread_mutex_unlock(&loop->lock);
    return 0;
}

void pusher_loop_stop(pusher_loop *loop)
{
    if (!loop)
        return;
    atomic_store(&loop->stop, true);
    engine_wake(loop);
}

static void take(pusher_loop *loop, struct list *taken)
{
    list_init(taken);
    pthread_mutex_lock(&loop->lock);
    list_splice(taken, &loop->posts);
    pthread_mutex_unlock(&loop->lock);
}

static struct post *next_of(struct list *taken)
{
    struct post *post = container_of(taken->next, struct post, link);
    list_remove(&post->link);
    return post;
}

void posts_run(pusher_loop *loop)
{
    struct list taken;
    take(loop, &taken);
    while (!list_empty(&taken)) {
        struct post *post = next_of(&taken);
        if (!loop->free_pending)
            post->fn(post->arg);
        release(post->arg, post->free_arg);
        free(post);
    }
}

void posts_discard(pusher_loop *loop)
{
    struct list taken;
    take(loop, &taken);
    while (!list_empty(&taken)) {
        struct post *post = next_of(&taken);
        release(post->arg, post->free_arg);
        free(post);
    }
}
