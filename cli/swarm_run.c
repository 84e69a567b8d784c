/*
 * The run of a swarm, from phase to phase. Between two turns of the loop, every few
 * milliseconds, what is due is done: browsers start or leave their page, events are
 * published.
 */
#include "swarm_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "command.h"
#include "stop_signals.h"
#include "swarm_browser.h"
#include "swarm_progress.h"
#include "swarm_report.h"

#define COMMAND "swarm"

enum {
    TICK_MS = 10,
    PROGRESS_US = 1000000,
    CHECK_US = 100000,     /* between two looks at what is on its way */
    ARRIVAL_US = 30000000, /* how long the last ones to start are waited for */
    MAX_DRAIN_US = 30000000
};

/* Where a run stands. */
struct run {
    struct swarm *swarm;
    enum swarm_phase phase;
    uint64_t phase_us;    /* since when */
    uint64_t started_us;  /* when the last browser was */
    uint64_t progress_us; /* when it is shown next */
    uint64_t check_us;
    uint64_t heard;    /* events and answers of the server to what was published */
    uint64_t heard_us; /* when there was the last of them */
    const char *ended; /* by what; NULL: not yet */
    bool is_cut;       /* what is on its way is not awaited */
    bool is_over;
};

uint64_t swarm_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void swarm_finish(struct swarm *swarm, int status)
{
    if (swarm->over)
        return;
    swarm->over = true;
    swarm->status = status;
    pusher_loop_stop(swarm->loop);
}

static void check_written(struct swarm *swarm, int error)
{
    if (!error || swarm->over)
        return;
    if (error != EPIPE)
        complain(COMMAND, "cannot write to standard output: %s", strerror(error));
    swarm->is_unheard = true;
    swarm_finish(swarm, error == EPIPE ? EXIT_DONE : EXIT_USAGE);
}

static void check_started(struct swarm *swarm, int rc)
{
    if (!rc)
        return;
    complain(COMMAND, "a client cannot be made: %s", pusher_strerror(rc));
    swarm_finish(swarm, EXIT_USAGE);
}

/* --- what is due --- */

static void start_due(struct swarm *swarm, uint64_t now)
{
    uint64_t due = (now - swarm->began_us) * swarm->args.ramp / 1000000 + 1;
    while (swarm->now.started < swarm->args.clients && swarm->now.started < due &&
           !swarm->over)
        check_started(swarm, browser_start(swarm, swarm->now.started));
}

static void leave_due(struct swarm *swarm, uint64_t now)
{
    struct heap_node *first;
    while ((first = heap_first(&swarm->leaving)) && first->deadline <= now / 1000 &&
           !swarm->over) {
        struct browser *browser = container_of(first, struct browser, leaving);
        heap_remove(&swarm->leaving, first);
        browser->stays = false;
        check_started(swarm, browser_next_page(browser));
    }
}

static bool is_drained(const struct swarm *swarm)
{
    if (swarm->publisher.under_way)
        return false;
    for (uint32_t i = 0; i < swarm->now.started; i++) {
        if (!browser_is_complete(&swarm->browsers[i]))
            return false;
    }
    return true;
}

static void enter(struct run *run, enum swarm_phase phase, uint64_t now)
{
    run->phase = phase;
    run->phase_us = now;
    check_written(run->swarm, progress_show(run->swarm, phase));
}

/* What was published last is awaited, unless told a second time. */
static void end_by(struct run *run, const char *reason)
{
    run->is_cut = run->ended != NULL;
    run->is_over = run->is_cut || !run->swarm->publisher.began_us;
    if (!run->ended)
        run->ended = reason;
    if (!run->is_over)
        enter(run, SWARM_DRAIN, swarm_clock());
}

static void ramp(struct run *run, uint64_t now)
{
    struct swarm *swarm = run->swarm;
    start_due(swarm, now);
    leave_due(swarm, now);
    if (swarm->now.started < swarm->args.clients)
        return;
    if (!run->started_us)
        run->started_us = now;
    uint64_t patience_us = (uint64_t)swarm->args.duration_s * 1000000;
    if (patience_us > ARRIVAL_US)
        patience_us = ARRIVAL_US;
    if (swarm->now.arrived == swarm->args.clients || now - run->started_us >= patience_us)
        enter(run, SWARM_HOLD, now);
}

static void hold(struct run *run, uint64_t now)
{
    struct swarm *swarm = run->swarm;
    uint64_t end = run->phase_us + (uint64_t)swarm->args.duration_s * 1000000;
    leave_due(swarm, now);
    if (swarm->args.publish)
        publisher_send_due(swarm, run->phase_us, now < end ? now : end - 1);
    if (now >= end)
        end_by(run, "duration");
}

/* A server that is behind may take long: it is given up when nothing comes any more. */
static void drain(struct run *run, uint64_t now)
{
    const struct publisher *publisher = &run->swarm->publisher;
    uint64_t heard =
        run->swarm->tally.received + publisher->accepted + publisher->refused;
    if (now < run->check_us)
        return;
    run->check_us = now + CHECK_US;
    if (!run->heard_us || heard != run->heard)
        run->heard_us = now;
    run->heard = heard;
    if (now - run->heard_us >= SWARM_LATE_US || now - run->phase_us >= MAX_DRAIN_US ||
        is_drained(run->swarm))
        run->is_over = true;
}

static void do_what_is_due(struct run *run)
{
    static void (*const phases[SWARM_PHASES])(struct run *, uint64_t) = {
        [SWARM_RAMP] = ramp, [SWARM_HOLD] = hold, [SWARM_DRAIN] = drain};
    uint64_t now = swarm_clock();
    phases[run->phase](run, now);
    if (now < run->progress_us || run->is_over)
        return;
    run->progress_us = now + PROGRESS_US;
    check_written(run->swarm, progress_show(run->swarm, run->phase));
}

/* --- the run --- */

static int turn(struct run *run)
{
    struct swarm *swarm = run->swarm;
    do_what_is_due(run);
    if (run->is_over || swarm->over)
        return 0;
    int rc = pusher_loop_run_for(swarm->loop, TICK_MS);
    if (rc == PUSHER_ERR_TIMEOUT)
        return 0;
    if (!rc && !swarm->over)
        end_by(run, "signal");
    return rc;
}

/* The status of a run that went to its end. */
static int judge(const struct swarm *swarm, const char *ended)
{
    bool in_time = strcmp(ended, "duration") == 0;
    return in_time && swarm->totals.connections == 0 ? EXIT_TIMED_OUT : EXIT_DONE;
}

static int report(const struct run *run)
{
    struct swarm *swarm = run->swarm;
    uint64_t until_us = swarm_clock() - (run->is_cut ? SWARM_LATE_US : 0);
    free(swarm->reserve);
    swarm->reserve = NULL;
    progress_clear(swarm);
    for (uint32_t i = 0; i < swarm->now.started; i++)
        browser_settle(&swarm->browsers[i], until_us);
    int error = report_show(swarm, run->ended);
    if (error && error != EPIPE)
        complain(COMMAND, "cannot write to standard output: %s", strerror(error));
    return error && error != EPIPE ? EXIT_USAGE : EXIT_DONE;
}

int swarm_run(struct swarm *swarm)
{
    struct stop_signals signals = {0};
    struct run run = {.swarm = swarm, .phase_us = swarm->began_us};
    int rc = stop_signals_watch(&signals, swarm->loop) ? PUSHER_ERR_SYSTEM : 0;
    while (!rc && !run.is_over && !swarm->over)
        rc = turn(&run);
    stop_signals_end(&signals);
    if (rc) {
        complain(COMMAND, "%s", pusher_strerror(rc));
        return EXIT_USAGE;
    }
    if (swarm->is_unheard)
        return swarm->status;
    if (swarm->over)
        run.ended = swarm->status == EXIT_USAGE ? "failure" : "refusal";
    int status = report(&run);
    if (status)
        return status;
    return swarm->over ? swarm->status : judge(swarm, run.ended);
}
