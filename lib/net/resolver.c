/*
 * Names to addresses, off the loop.
 *
 * getaddrinfo cannot be interrupted, so its thread is detached and never joined. It
 * reports to a mailbox that outlives the loop; when the loop is gone, the answer is
 * dropped.
 */
#include "net/resolver.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "net/loop_impl.h"

struct resolution {
    struct post post; /* first: it is freed by this */
    pusher_mailbox *mailbox;
    void (*done)(void *userdata,
                 const struct resolver_answer *answer); /* NULL: cancelled */
    void *userdata;
    struct resolver_answer answer;
    char name[];
};

static void leave_mailbox(void *arg)
{
    struct resolution *resolution = arg;
    pusher_mailbox_free(resolution->mailbox);
}

static void deliver(void *arg)
{
    struct resolution *resolution = arg;
    if (resolution->done)
        resolution->done(resolution->userdata, &resolution->answer);
}

/* On any thread: hands the answer to the loop, or drops it when that is gone. */
static void answer(struct resolution *resolution)
{
    /* Our own stay: the loop may be done with the answer and gone before we are out. */
    pusher_mailbox *mailbox = mailbox_enter(resolution->mailbox);
    mailbox_put(mailbox, &resolution->post);
    pusher_mailbox_free(mailbox);
}

static bool is_numeric(const char *name)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static void look_up(struct resolution *resolution)
{
    struct resolver_answer *ret = &resolution->answer;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(resolution->name, NULL, &hints, &list);
    if (rc) {
        ret->error = gai_strerror(rc);
        return;
    }
    for (const struct addrinfo *at = list; at && ret->count < RESOLVER_MAX_ADDRESSES;
         at = at->ai_next) {
        if (getnameinfo(at->ai_addr, at->ai_addrlen, ret->addresses[ret->count],
                        ADDRESS_TEXT_MAX, NULL, 0, NI_NUMERICHOST) == 0)
            ret->count++;
    }
    freeaddrinfo(list);
    if (ret->count == 0)
        ret->error = "the name has no address";
}

static void *thread_main(void *arg)
{
    look_up(arg);
    answer(arg);
    return NULL;
}

static int start_thread(struct resolution *resolution)
{
    sigset_t all, before;
    pthread_attr_t attr;
    pthread_t thread;
    /* The application's signals are not for this thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int rc = pthread_create(&thread, &attr, thread_main, resolution);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int resolver_start(pusher_loop *loop, const char *name,
                   void (*done)(void *userdata, const struct resolver_answer *answer),
                   void *userdata, struct resolution **ret)
{
    /* malloc: the thread frees it when the loop has gone. */
    struct resolution *resolution = calloc(1, sizeof *resolution + strlen(name) + 1);
    if (!resolution)
        return PUSHER_ERR_NOMEM;
    resolution->post =
        (struct post){.fn = deliver, .arg = resolution, .free_arg = leave_mailbox};
    resolution->mailbox = mailbox_enter(loop->mailbox);
    resolution->done = done;
    resolution->userdata = userdata;
    memcpy(resolution->name, name, strlen(name) + 1);
    *ret = resolution;
    if (is_numeric(name)) {
        strncpy(resolution->answer.addresses[0], name, ADDRESS_TEXT_MAX - 1);
        resolution->answer.count = 1;
        answer(resolution);
    } else if (start_thread(resolution)) {
        resolution->answer.error = "no thread for the look-up";
        answer(resolution);
    }
    return 0;
}

void resolver_cancel(struct resolution *resolution)
{
    resolution->done = NULL;
}
