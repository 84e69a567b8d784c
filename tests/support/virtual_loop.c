/*
 * Loops in virtual time: what they have in common.
 */
#undef NDEBUG /* what a test asserts is asserted in a release build too */
#include "support/virtual_loop.h"

#include <assert.h>
#include <string.h>

static struct virtual_loop *base_of(pusher_loop *loop)
{
    return (struct virtual_loop *)(void *)loop;
}

void virtual_loop_init(struct virtual_loop *loop, const pusher_allocator *mem)
{
    loop->mem = *mem;
    list_init(&loop->tasks);
    list_init(&loop->children);
    buf_init(&loop->scratch, &loop->mem, SIZE_MAX);
}

void virtual_loop_free_children(struct virtual_loop *loop)
{
    assert(loop->depth == 0);
    while (!list_empty(&loop->children)) {
        struct loop_child *child =
            container_of(loop->children.next, struct loop_child, link);
        child->free(child->userdata);
    }
}

bool virtual_loop_do_one(struct virtual_loop *loop, uint64_t now,
                         void (*before)(pusher_loop *loop, uint64_t deadline))
{
    pusher_loop *whole = (pusher_loop *)(void *)loop;
    if (!list_empty(&loop->tasks)) {
        struct loop_task *task = container_of(loop->tasks.next, struct loop_task, link);
        list_remove(&task->link);
        task->run(task->userdata);
        return true;
    }
    struct heap_node *node = heap_first(&loop->timers);
    if (!node || node->deadline > now)
        return false;
    struct loop_timer *timer = container_of(node, struct loop_timer, node);
    if (before)
        before(whole, node->deadline);
    loop_timer_clear(whole, timer);
    timer->fire(timer->userdata);
    return true;
}

/* --- <pusher/loop.h> and net/loop.h --- */

void pusher_loop_options_init_sized(pusher_loop_options *options, size_t struct_size)
{
    memset(options, 0, struct_size);
    options->struct_size = struct_size;
}

void loop_free_when_idle(pusher_loop *loop)
{
    base_of(loop)->free_pending = 1;
    if (base_of(loop)->depth == 0)
        pusher_loop_free(loop);
}

void pusher_loop_stop(pusher_loop *loop)
{
    base_of(loop)->stopped = 1;
}

void loop_timer_clear(pusher_loop *loop, struct loop_timer *timer)
{
    if (timer->armed)
        heap_remove(&base_of(loop)->timers, &timer->node);
    timer->armed = 0;
}

void loop_task_init(struct loop_task *task, void (*run)(void *userdata), void *userdata)
{
    list_init(&task->link);
    task->run = run;
    task->userdata = userdata;
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->link);
}

void loop_child_attach(pusher_loop *loop, struct loop_child *child)
{
    list_append(&base_of(loop)->children, &child->link);
}

void loop_child_detach(struct loop_child *child)
{
    list_remove(&child->link);
}

int loop_take_over(pusher_loop *loop, const char *function)
{
    (void)function;
    return base_of(loop)->depth > 0 ? PUSHER_ERR_REENTRANT : 0;
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
    buf_clear(&base_of(loop)->scratch);
    return &base_of(loop)->scratch;
}

void loop_scratch_done(pusher_loop *loop)
{
    struct buf *scratch = &base_of(loop)->scratch;
    /* Overwritten: whoever still looks at it is found out. */
    if (scratch->ptr)
        memset(scratch->ptr, '!', scratch->cap);
    buf_clear(scratch);
}
