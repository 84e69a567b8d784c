/*
 * Posting from other threads.
 */
#include "net/mailbox.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/loop_impl.h"

struct pusher_mailbox {
    pthread_mutex_t lock;
    pusher_loop *loop; /* NULL: gone */
    struct list posts;
    unsigned users; /* the loop is one */
    pid_t process;
};

static void release(void *arg, pusher_free_fn free_arg)
{
    if (free_arg)
        free_arg(arg);
}

static void end(struct post *post)
{
    release(post->arg, post->free_arg);
    free(post);
}

pusher_mailbox *mailbox_new(pusher_loop *loop)
{
    /* malloc: the last user may be a thread that outlives the loop. */
    pusher_mailbox *mailbox = malloc(sizeof *mailbox);
    if (!mailbox)
        return NULL;
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->loop = loop;
    list_init(&mailbox->posts);
    mailbox->users = 1;
    mailbox->process = getpid();
    return mailbox;
}

pusher_mailbox *mailbox_enter(pusher_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->users++;
    pthread_mutex_unlock(&mailbox->lock);
    return mailbox;
}

int pusher_mailbox_new(pusher_mailbox **ret, pusher_loop *loop)
{
    if (!ret || !loop)
        return PUSHER_ERR_INVALID;
    owner_check_process(loop, __func__);
    *ret = mailbox_enter(loop->mailbox);
    return 0;
}

void pusher_mailbox_free(pusher_mailbox *mailbox)
{
    /* After a fork, a thread that is not there may hold the lock for ever. */
    if (!mailbox || mailbox->process != getpid())
        return;
    pthread_mutex_lock(&mailbox->lock);
    bool last = --mailbox->users == 0;
    pthread_mutex_unlock(&mailbox->lock);
    if (last) {
        pthread_mutex_destroy(&mailbox->lock);
        free(mailbox);
    }
}

int mailbox_put(pusher_mailbox *mailbox, struct post *post)
{
    pthread_mutex_lock(&mailbox->lock);
    pusher_loop *loop = mailbox->loop;
    if (loop) {
        bool first = list_empty(&mailbox->posts);
        list_append(&mailbox->posts, &post->link);
        if (first)
            engine_wake(loop);
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (loop)
        return 0;
    end(post);
    return PUSHER_ERR_STATE;
}

/* `fn` would never run; and the lock may be held by a thread that is not there. */
static void check_process(const pusher_mailbox *mailbox, const char *function)
{
#ifdef NDEBUG
    (void)mailbox, (void)function;
#else
    if (mailbox->process != getpid() && mailbox->loop)
        owner_check_process(mailbox->loop, function);
#endif
}

int pusher_mailbox_post(pusher_mailbox *mailbox, void (*fn)(void *arg), void *arg,
                        pusher_free_fn free_arg)
{
    if (mailbox)
        check_process(mailbox, __func__);
    int rc = mailbox && fn ? 0 : PUSHER_ERR_INVALID;
    struct post *post = rc ? NULL : malloc(sizeof *post);
    if (!rc && !post)
        rc = PUSHER_ERR_NOMEM;
    if (rc) {
        release(arg, free_arg);
        return rc;
    }
    *post = (struct post){.fn = fn, .arg = arg, .free_arg = free_arg};
    return mailbox_put(mailbox, post);
}

int pusher_loop_post(pusher_loop *loop, void (*fn)(void *arg), void *arg,
                     pusher_free_fn free_arg)
{
    if (loop)
        owner_check_process(loop, __func__);
    return pusher_mailbox_post(loop ? loop->mailbox : NULL, fn, arg, free_arg);
}

static struct post *next_of(struct list *taken)
{
    struct post *post = container_of(taken->next, struct post, link);
    list_remove(&post->link);
    return post;
}

void mailbox_run(pusher_mailbox *mailbox)
{
    struct list taken;
    list_init(&taken);
    pthread_mutex_lock(&mailbox->lock);
    const pusher_loop *loop = mailbox->loop;
    list_splice(&taken, &mailbox->posts);
    pthread_mutex_unlock(&mailbox->lock);
    while (!list_empty(&taken)) {
        struct post *post = next_of(&taken);
        if (!loop->free_pending)
            post->fn(post->arg);
        end(post);
    }
}

void mailbox_close(pusher_mailbox *mailbox)
{
    struct list taken;
    list_init(&taken);
    pthread_mutex_lock(&mailbox->lock);
    mailbox->loop = NULL;
    list_splice(&taken, &mailbox->posts);
    pthread_mutex_unlock(&mailbox->lock);
    while (!list_empty(&taken))
        end(next_of(&taken));
}
