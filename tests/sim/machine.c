/*
 * The loop of lib/net in virtual time: tasks and timers run in turns.
 */
#include "machine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "core/random.h"
#include "memory.h"

/* --- turns --- */

/* Plans the next turn: now for tasks, else for the first timer. */
static void plan(pusher_loop *loop, uint32_t lag_ms)
{
    uint64_t when = UINT64_MAX;
    struct heap_node *first = heap_first(&loop->timers);
    if (first)
        when = first->deadline - (planted(loop->world, PLANT_EARLY_TIMER) ? 5 : 0);
    if (!list_empty(&loop->tasks) || loop->slept)
        when = loop->world->now + lag_ms;
    if (when == UINT64_MAX)
        return;
    if (!loop->turn.armed || when < loop->turn.node.deadline)
        happening_plan(loop->world, &loop->turn, when);
}

static bool do_one(pusher_loop *loop)
{
    if (!list_empty(&loop->tasks)) {
        struct loop_task *task = container_of(loop->tasks.next, struct loop_task, link);
        list_remove(&task->link);
        task->run(task->userdata);
        return true;
    }
    uint64_t now = loop->world->now;
    struct heap_node *node = heap_first(&loop->timers);
    uint64_t early_ms = planted(loop->world, PLANT_EARLY_TIMER) ? 5 : 0;
    if (!node || node->deadline > now + early_ms)
        return false;
    struct loop_timer *timer = container_of(node, struct loop_timer, node);
    observe(loop->app, &(struct fact){.kind = FACT_TIMER,
                                      .n = {(int64_t)node->deadline, (int64_t)now}});
    loop_timer_clear(loop, timer);
    timer->fire(timer->userdata);
    return true;
}

static void turn(void *userdata)
{
    pusher_loop *loop = userdata;
    if (machine_puts_off(loop, &loop->turn))
        return;
    machine_enter(loop);
    machine_leave(loop);
}

bool machine_puts_off(pusher_loop *loop, struct happening *happening)
{
    if (loop->busy_until <= loop->world->now)
        return false;
    happening_plan(loop->world, happening, loop->busy_until);
    return true;
}

/* As the loop of lib/net does when it finds out. */
static void resume(pusher_loop *loop)
{
    loop->slept = false;
    observe(loop->app, &(struct fact){.kind = FACT_RESUMED});
    for (struct list *at = loop->children.next; at != &loop->children; at = at->next) {
        struct loop_child *child = container_of(at, struct loop_child, link);
        if (child->resumed)
            child->resumed(child->userdata);
    }
}

void machine_enter(pusher_loop *loop)
{
    assert(loop->depth == 0); /* a handler never runs inside another */
    loop->depth++;
    loop->reads = 0;
    if (loop->slept)
        resume(loop);
}

/* More than so many timers and tasks at one instant are a loop without an end (L6). */
static void count_one(pusher_loop *loop)
{
    enum { MOST_AT_ONE_INSTANT = 1000 };
    if (loop->fired_at != loop->world->now)
        loop->fired = 0;
    loop->fired_at = loop->world->now;
    if (++loop->fired > MOST_AT_ONE_INSTANT)
        violated(loop->world, CHECK_L6, "more than %d timers and tasks at one instant",
                 MOST_AT_ONE_INSTANT);
}

bool machine_leave(pusher_loop *loop)
{
    struct world *world = loop->world;
    struct app *app = loop->app;
    /* The rest of the turn: what the handlers have left to do. */
    while (!loop->free_pending && !world->violation.check && do_one(loop))
        count_one(loop);
    loop->depth--;
    bool gone = loop->free_pending;
    if (gone)
        pusher_loop_free(loop);
    else
        plan(loop, 0);
    app_look(app);
    return !gone;
}

void machine_sleep(pusher_loop *loop, uint32_t ms)
{
    enum { LEAST_MS = 500 }; /* shorter ones are not noticed */
    machine_freeze(loop, ms);
    loop->slept = ms >= LEAST_MS;
}

void machine_freeze(pusher_loop *loop, uint32_t ms)
{
    loop->busy_until = loop->world->now + ms;
}

unsigned machine_left(const pusher_loop *loop)
{
    unsigned left = heap_first(&loop->timers) != NULL;
    for (const struct list *at = loop->tasks.next; at != &loop->tasks; at = at->next)
        left++;
    for (const struct list *at = loop->children.next; at != &loop->children;
         at = at->next)
        left++;
    return left;
}

/* --- <pusher/loop.h> and net/loop.h --- */

void pusher_loop_options_init_sized(pusher_loop_options *options, size_t struct_size)
{
    memset(options, 0, struct_size);
    options->struct_size = struct_size;
}

int pusher_loop_new(pusher_loop **ret, const pusher_loop_options *options)
{
    const pusher_allocator *mem = options->allocator;
    void *token = mem_alloc(mem, 64);
    if (!token)
        return PUSHER_ERR_NOMEM;
    pusher_loop *loop = calloc(1, sizeof *loop);
    assert(loop);
    loop->world = the_world;
    loop->app = ((struct memory *)mem->userdata)->app;
    loop->mem = *mem;
    loop->token = token;
    loop->log = options->log;
    loop->turn.happen = turn;
    loop->turn.userdata = loop;
    list_init(&loop->tasks);
    list_init(&loop->children);
    buf_init(&loop->scratch, &loop->mem, SIZE_MAX);
    *ret = loop;
    return 0;
}

void pusher_loop_free(pusher_loop *loop)
{
    if (!loop)
        return;
    assert(loop->depth == 0);
    while (!list_empty(&loop->children)) {
        struct loop_child *child =
            container_of(loop->children.next, struct loop_child, link);
        child->free(child->userdata);
    }
    if (machine_left(loop))
        violated(loop->world, CHECK_I7,
                 "tasks or timers are left on a loop without "
                 "clients");
    happening_cancel(loop->world, &loop->turn);
    buf_free(&loop->scratch);
    mem_free(&loop->mem, loop->token);
    free(loop);
}

void loop_free_when_idle(pusher_loop *loop)
{
    loop->free_pending = 1;
    if (loop->depth == 0)
        pusher_loop_free(loop);
}

void pusher_loop_stop(pusher_loop *loop)
{
    loop->stopped = 1;
}

/* The simulation drives loops from outside: nobody calls pusher_client_run(). */
int loop_run_until(pusher_loop *loop, const int *done)
{
    (void)loop;
    (void)done;
    return PUSHER_ERR_REENTRANT;
}

/* A client that asks for the time again and again does not come back: it cannot be told
 * to, so the process ends. */
static void count_read(pusher_loop *loop)
{
    enum { MOST_READS = 1000000 };
    if (++loop->reads < MOST_READS)
        return;
    violated(loop->world, CHECK_L6, "the client does not come back");
    fprintf(stderr, "at %" PRIu64 " ms: the client does not come back (L6)\n",
            loop->world->now);
    abort();
}

uint64_t loop_now(pusher_loop *loop)
{
    count_read(loop);
    return loop->world->now;
}

int loop_random(uint64_t *ret)
{
    *ret = planted(the_world, PLANT_SAME_JITTER) ? 1 : random_next(&the_world->random);
    return 0;
}

void loop_timer_set(pusher_loop *loop, struct loop_timer *timer, uint64_t deadline)
{
    loop_timer_clear(loop, timer);
    if (deadline == UINT64_MAX)
        return;
    if (planted(loop->world, PLANT_LOST_TIMERS) && loop->app->watch.connected &&
        chance(loop->world, 100))
        return;
    heap_insert(&loop->timers, &timer->node, deadline);
    timer->armed = 1;
    plan(loop, 0);
}

void loop_timer_clear(pusher_loop *loop, struct loop_timer *timer)
{
    if (timer->armed)
        heap_remove(&loop->timers, &timer->node);
    timer->armed = 0;
}

void loop_task_init(struct loop_task *task, void (*run)(void *userdata), void *userdata)
{
    list_init(&task->link);
    task->run = run;
    task->userdata = userdata;
}

void loop_task_schedule(pusher_loop *loop, struct loop_task *task)
{
    if (list_empty(&task->link))
        list_append(&loop->tasks, &task->link);
    /* Other things may happen before a turn that was asked for from outside. */
    if (!loop->depth)
        plan(loop, chance(loop->world, 300) ? pick(loop->world, 1, 3) : 0);
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->link);
}

void loop_child_attach(pusher_loop *loop, struct loop_child *child)
{
    list_append(&loop->children, &child->link);
}

void loop_child_detach(struct loop_child *child)
{
    list_remove(&child->link);
}

int loop_take_over(pusher_loop *loop, const char *function)
{
    (void)function;
    return loop->depth > 0 ? PUSHER_ERR_REENTRANT : 0;
}

/* One thread, one process. */
bool loop_is_inherited(const pusher_loop *loop)
{
    (void)loop;
    return false;
}

#ifndef NDEBUG
void loop_check_from(const pusher_loop *loop, const char *function)
{
    (void)loop;
    (void)function;
}
#endif

struct buf *loop_scratch(pusher_loop *loop)
{
    buf_clear(&loop->scratch);
    return &loop->scratch;
}

void loop_scratch_done(pusher_loop *loop)
{
    /* Overwritten: whoever still looks at it is found out. */
    if (loop->scratch.ptr)
        memset(loop->scratch.ptr, '!', loop->scratch.cap);
    buf_clear(&loop->scratch);
}
