/*
 * Time, timers and tasks of a loop.
 */
#include <time.h>

#include "net/loop_impl.h"

static uint64_t read_us(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The clock that goes on while the system is suspended: a server does not wait for it. */
uint64_t clock_ms(void)
{
    return read_us(CLOCK_BOOTTIME) / 1000;
}

uint64_t clock_asleep_ms(void)
{
    uint64_t awake_us = read_us(CLOCK_MONOTONIC);
    uint64_t all_us = read_us(CLOCK_BOOTTIME);
    return all_us > awake_us ? (all_us - awake_us) / 1000 : 0;
}

uint64_t loop_awake_ago(const pusher_loop *loop, uint64_t awake_ms)
{
    uint64_t now = clock_ms();
    /* As old as the turn that noticed the suspension: it may be from before. */
    bool from_before = awake_ms >= now - loop->resumed_at;
    uint64_t age_ms = awake_ms + (from_before ? loop->slept_ms : 0);
    return age_ms < now ? now - age_ms : 0;
}

uint64_t loop_now(pusher_loop *loop)
{
    return loop->dispatching && !loop->waiting ? loop->now : clock_ms();
}

void loop_timer_clear(pusher_loop *loop, struct loop_timer *timer)
{
    if (timer->armed)
        heap_remove(&loop->timers, &timer->node);
    timer->armed = 0;
}

void loop_timer_set(pusher_loop *loop, struct loop_timer *timer, uint64_t deadline)
{
    loop_timer_clear(loop, timer);
    if (deadline == UINT64_MAX)
        return;
    heap_insert(&loop->timers, &timer->node, deadline);
    timer->armed = 1;
    if (!loop->dispatching)
        engine_arm(loop);
}

void timers_run(pusher_loop *loop)
{
    struct heap_node *node;
    while ((node = heap_first(&loop->timers)) && node->deadline <= loop->now) {
        struct loop_timer *timer = container_of(node, struct loop_timer, node);
        loop_timer_clear(loop, timer);
        timer->fire(timer->userdata);
    }
    /* What is due in this turn was set before it or is due now: run a task set by a timer
     * too. */
    struct list due;
    list_init(&due);
    list_splice(&due, &loop->tasks);
    while (!list_empty(&due)) {
        struct loop_task *task = container_of(due.next, struct loop_task, link);
        list_remove(&task->link);
        task->run(task->userdata);
    }
}

void loop_task_init(struct loop_task *task, void (*run)(void *userdata), void *userdata)
{
    list_init(&task->link);
    task->run = run;
    task->userdata = userdata;
}

void loop_task_schedule(pusher_loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->link))
        return;
    list_append(&loop->tasks, &task->link);
    if (!loop->dispatching)
        engine_arm(loop);
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->link);
}
