/*
 * The loop of lib/net in virtual time: tasks and timers run in turns.
 */
#include "machine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "base/mem.h"
#include "core/random.h"
#include "memory.h"

/* --- turns --- */

/* Plans the next turn: now for tasks, else for the first timer. */
static void plan(pusher_loop *loop, uint32_t lag_ms)
{
    uint64_t when = UINT64_MAX;
    struct heap_node *first = heap_first(&loop->base.timers);
    if (first)
        when = first->deadline - (planted(loop->world, PLANT_EARLY_TIMER) ? 5 : 0);
    if (!list_empty(&loop->base.tasks) || loop->slept)
        when = loop->world->now + lag_ms;
    if (when == UINT64_MAX)
        return;
    if (!loop->turn.armed || when < loop->turn.node.deadline)
        happening_plan(loop->world, &loop->turn, when);
}

static void tell_timer(pusher_loop *loop, uint64_t deadline)
{
    observe(loop->app,
            &(struct fact){.kind = FACT_TIMER,
                           .n = {(int64_t)deadline, (int64_t)loop->world->now}});
}

static bool do_one(pusher_loop *loop)
{
    uint64_t early_ms = planted(loop->world, PLANT_EARLY_TIMER) ? 5 : 0;
    return virtual_loop_do_one(&loop->base, loop->world->now + early_ms, tell_timer);
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
    for (struct list *at = loop->base.children.next; at != &loop->base.children;
         at = at->next) {
        struct loop_child *child = container_of(at, struct loop_child, link);
        if (child->resumed)
            child->resumed(child->userdata);
    }
}

void machine_enter(pusher_loop *loop)
{
    assert(loop->base.depth == 0); /* a handler never runs inside another */
    loop->base.depth++;
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
    while (!loop->base.free_pending && !world->violation.check && do_one(loop))
        count_one(loop);
    loop->base.depth--;
    bool gone = loop->base.free_pending;
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
    unsigned left = heap_first(&loop->base.timers) != NULL;
    for (const struct list *at = loop->base.tasks.next; at != &loop->base.tasks;
         at = at->next)
        left++;
    for (const struct list *at = loop->base.children.next; at != &loop->base.children;
         at = at->next)
        left++;
    return left;
}

/* --- <pusher/loop.h> and net/loop.h --- */

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
    loop->token = token;
    loop->turn.happen = turn;
    loop->turn.userdata = loop;
    virtual_loop_init(&loop->base, mem);
    *ret = loop;
    return 0;
}

void pusher_loop_free(pusher_loop *loop)
{
    if (!loop)
        return;
    virtual_loop_free_children(&loop->base);
    if (machine_left(loop))
        violated(loop->world, CHECK_I7,
                 "tasks or timers are left on a loop without "
                 "clients");
    happening_cancel(loop->world, &loop->turn);
    buf_free(&loop->base.scratch);
    mem_free(&loop->base.mem, loop->token);
    free(loop);
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
    heap_insert(&loop->base.timers, &timer->node, deadline);
    timer->armed = 1;
    plan(loop, 0);
}

void loop_task_schedule(pusher_loop *loop, struct loop_task *task)
{
    if (list_empty(&task->link))
        list_append(&loop->base.tasks, &task->link);
    /* Other things may happen before a turn that was asked for from outside. */
    if (!loop->base.depth)
        plan(loop, chance(loop->world, 300) ? pick(loop->world, 1, 3) : 0);
}
