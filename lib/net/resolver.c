/*
 * Names to addresses, off the loop.
 *
 * getaddrinfo cannot be interrupted, so its thread is detached and never joined. It
 * reports to a mailbox that outlives the loop; when the loop is gone, the answer is
 * dropped. A look-up that nobody waits for any more keeps its thread all the same, and
 * serves whoever asks for the name meanwhile.
 */
#include "net/resolver.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "net/loop_impl.h"
#include "net/thread.h"

/* The look-up of one name. */
struct lookup {
    struct post post; /* first: it is freed by this */
    struct list link; /* resolver->lookups or ->answered; the loop's thread only */
    struct list asking;
    bool running; /* it has a thread, which owns it until the answer comes */
    struct resolver *resolver;
    pusher_mailbox *mailbox; /* entered while running */
    struct resolver_answer answer;
    char name[];
};

/* --- on the thread --- */

static void look_up(struct lookup *lookup)
{
    struct resolver_answer *ret = &lookup->answer;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(lookup->name, NULL, &hints, &list);
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
    struct lookup *lookup = arg;
    look_up(lookup);
    /* Our own stay: the loop may be done with the answer and gone before we are out. */
    pusher_mailbox *mailbox = mailbox_enter(lookup->mailbox);
    mailbox_put(mailbox, &lookup->post);
    pusher_mailbox_free(mailbox);
    return NULL;
}

static int start_thread(struct lookup *lookup)
{
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int rc = thread_create(&thread, &attr, thread_main, lookup);
    pthread_attr_destroy(&attr);
    return rc;
}

/* --- on the loop's thread --- */

/* Neither the loop nor anybody who asks knows of it any more. */
static void detach(struct lookup *lookup)
{
    list_remove(&lookup->link);
    while (!list_empty(&lookup->asking))
        resolver_cancel(container_of(lookup->asking.next, struct resolution, link));
}

/* The last of a look-up that had a thread; on the thread itself when the loop is gone,
 * which then has forgotten it. */
static void leave(void *arg)
{
    struct lookup *lookup = arg;
    detach(lookup);
    pusher_mailbox_free(lookup->mailbox);
}

/* What is told can end the wait of others, so each is taken off before. */
static void tell(struct lookup *lookup)
{
    list_remove(&lookup->link);
    while (!list_empty(&lookup->asking)) {
        struct resolution *first =
            container_of(lookup->asking.next, struct resolution, link);
        resolver_cancel(first);
        first->done(first->userdata, &lookup->answer);
    }
}

static void start_waiting(struct resolver *resolver);

/* The thread's answer; the mailbox frees the look-up afterwards. */
static void deliver(void *arg)
{
    struct lookup *lookup = arg;
    struct resolver *resolver = lookup->resolver;
    resolver->threads--;
    start_waiting(resolver);
    tell(lookup);
}

/* Answered without a thread: in the next turn. */
static void answer(struct resolver *resolver, struct lookup *lookup)
{
    pusher_loop *loop = container_of(resolver, pusher_loop, resolver);
    list_remove(&lookup->link);
    list_append(&resolver->answered, &lookup->link);
    loop_task_schedule(loop, &resolver->task);
}

static void tell_answered(void *userdata)
{
    struct resolver *resolver = userdata;
    struct list taken;
    list_init(&taken);
    list_splice(&taken, &resolver->answered);
    while (!list_empty(&taken)) {
        struct lookup *lookup = container_of(taken.next, struct lookup, link);
        tell(lookup);
        free(lookup);
    }
}

static void run(struct resolver *resolver, struct lookup *lookup)
{
    const pusher_loop *loop = container_of(resolver, pusher_loop, resolver);
    lookup->mailbox = mailbox_enter(loop->mailbox);
    lookup->running = true;
    resolver->threads++;
    if (start_thread(lookup) == 0)
        return;
    resolver->threads--;
    lookup->running = false;
    pusher_mailbox_free(lookup->mailbox);
    lookup->answer.error = "no thread for the look-up";
    answer(resolver, lookup);
}

static void start_waiting(struct resolver *resolver)
{
    struct list *at = resolver->lookups.next;
    while (at != &resolver->lookups && resolver->threads < RESOLVER_MAX_THREADS) {
        struct lookup *lookup = container_of(at, struct lookup, link);
        at = at->next;
        if (lookup->running)
            continue;
        if (!list_empty(&lookup->asking)) {
            run(resolver, lookup);
        } else {
            list_remove(&lookup->link);
            free(lookup);
        }
    }
}

static bool is_numeric(const char *name)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static struct lookup *find(const struct list *lookups, const char *name)
{
    for (struct list *at = lookups->next; at != lookups; at = at->next) {
        struct lookup *lookup = container_of(at, struct lookup, link);
        if (strcmp(lookup->name, name) == 0)
            return lookup;
    }
    return NULL;
}

static struct lookup *make(struct resolver *resolver, const char *name)
{
    /* malloc: the thread frees it when the loop has gone. */
    struct lookup *lookup = calloc(1, sizeof *lookup + strlen(name) + 1);
    if (!lookup)
        return NULL;
    lookup->post = (struct post){.fn = deliver, .arg = lookup, .free_arg = leave};
    lookup->resolver = resolver;
    list_init(&lookup->asking);
    list_append(&resolver->lookups, &lookup->link);
    memcpy(lookup->name, name, strlen(name) + 1);
    if (is_numeric(name)) {
        strncpy(lookup->answer.addresses[0], name, ADDRESS_TEXT_MAX - 1);
        lookup->answer.count = 1;
        answer(resolver, lookup);
    } else if (resolver->threads < RESOLVER_MAX_THREADS) {
        run(resolver, lookup);
    }
    return lookup;
}

int resolver_start(pusher_loop *loop, const char *name,
                   void (*done)(void *userdata, const struct resolver_answer *answer),
                   void *userdata, struct resolution *ret)
{
    struct resolver *resolver = &loop->resolver;
    struct lookup *lookup = find(&resolver->lookups, name);
    if (!lookup)
        lookup = find(&resolver->answered, name);
    if (!lookup)
        lookup = make(resolver, name);
    if (!lookup)
        return PUSHER_ERR_NOMEM;
    *ret = (struct resolution){.lookup = lookup, .done = done, .userdata = userdata};
    list_append(&lookup->asking, &ret->link);
    return 0;
}

void resolver_cancel(struct resolution *resolution)
{
    struct lookup *lookup = resolution->lookup;
    if (!lookup)
        return;
    resolution->lookup = NULL;
    list_remove(&resolution->link);
}

void resolver_init(struct resolver *resolver)
{
    list_init(&resolver->lookups);
    list_init(&resolver->answered);
    loop_task_init(&resolver->task, tell_answered, resolver);
}

static void forget(struct list *lookups)
{
    while (!list_empty(lookups)) {
        struct lookup *lookup = container_of(lookups->next, struct lookup, link);
        detach(lookup);
        if (!lookup->running)
            free(lookup);
    }
}

void resolver_close(struct resolver *resolver)
{
    forget(&resolver->lookups);
    forget(&resolver->answered);
    loop_task_cancel(&resolver->task);
}
