/*
 * The life of one browser: pages, connections, subscriptions, events.
 */
#include "swarm_browser.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "command.h"
#include "swarm_measure.h"

/* What was published to one channel, as a stream asks for it. */
struct sent_to {
    const struct publisher *publisher;
    uint32_t channel;
};

static struct place *places_of(const struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    size_t index = (size_t)(browser - swarm->browsers);
    return &swarm->places[index * swarm->args.templates.count];
}

static uint32_t place_count(const struct browser *browser)
{
    return (uint32_t)browser->swarm->args.templates.count;
}

/* --- what was published and has not come --- */

static bool was_sent(void *userdata, uint64_t number)
{
    const struct sent_to *sent = userdata;
    return publisher_was_accepted(sent->publisher, sent->channel, number);
}

static void settle_own(struct place *place, uint64_t until_us)
{
    struct swarm *swarm = place->browser->swarm;
    struct sent_to sent = {&swarm->publisher, place->channel};
    struct stream_judge judge = {&swarm->tally, was_sent, &sent};
    uint64_t end = publisher_next_at(&swarm->publisher, place->channel, until_us);
    if (!place->subscribed && place->stream.gap_until < end)
        place->stream.gap_until = end;
    stream_settle(&place->stream, end, &judge);
}

void browser_settle(struct browser *browser, uint64_t until_us)
{
    struct swarm *swarm = browser->swarm;
    struct stream_judge judge = {.tally = &swarm->tally};
    for (uint32_t i = 0; i < place_count(browser); i++) {
        struct place *place = &places_of(browser)[i];
        if (swarm->args.publish)
            settle_own(place, until_us);
        else
            stream_settle(&place->stream, place->stream.next, &judge);
    }
}

bool browser_is_complete(const struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    for (uint32_t i = 0; i < place_count(browser); i++) {
        const struct place *place = &places_of(browser)[i];
        struct sent_to sent = {&swarm->publisher, place->channel};
        struct stream_judge judge = {&swarm->tally, was_sent, &sent};
        uint64_t end = publisher_next(&swarm->publisher, place->channel);
        if (place->subscribed && !stream_is_complete(&place->stream, end, &judge))
            return false;
    }
    return true;
}

/* --- subscriptions --- */

static void arrive(struct browser *browser)
{
    if (browser->arrived)
        return;
    browser->arrived = true;
    browser->swarm->now.arrived++;
}

static void stay(struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    const struct swarm_args *args = &swarm->args;
    if (!args->think_min_s || browser->stays)
        return;
    uint64_t range_ms = (uint64_t)(args->think_max_s - args->think_min_s) * 1000;
    uint64_t ms = args->think_min_s * 1000 + (uint64_t)random() % (range_ms + 1);
    heap_insert(&swarm->leaving, &browser->leaving, swarm_clock() / 1000 + ms);
    browser->stays = true;
}

static void on_subscribed(struct place *place)
{
    struct browser *browser = place->browser;
    struct swarm *swarm = browser->swarm;
    if (place->subscribed)
        return;
    place->subscribed = true;
    histogram_add(&swarm->totals.subscribe, swarm_clock() - place->asked_us);
    if (swarm->args.publish)
        stream_subscribed(&place->stream,
                          publisher_next(&swarm->publisher, place->channel));
    else
        stream_subscribed_somewhere(&place->stream);
    if (++browser->subscribed < place_count(browser))
        return;
    swarm->now.subscribed++;
    arrive(browser);
    stay(browser);
}

/* As the next connection begins: nothing is subscribed, and refusals are forgotten. */
static void forget_subscriptions(struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    swarm->now.subscribed -= browser->subscribed == place_count(browser);
    swarm->now.shut_out -= browser->refused == place_count(browser);
    browser->subscribed = 0;
    browser->refused = 0;
    for (uint32_t i = 0; i < place_count(browser); i++) {
        places_of(browser)[i].subscribed = false;
        places_of(browser)[i].refused = false;
    }
}

static void on_refused(struct browser *browser, pusher_str channel)
{
    for (uint32_t i = 0; i < place_count(browser); i++) {
        struct place *place = &places_of(browser)[i];
        char name[SWARM_NAME_BYTES];
        swarm_template_name(&browser->swarm->args, i,
                            place->channel - browser->swarm->first_channel[i], name);
        if (place->refused || place->subscribed || !str_equal(str_of(name), channel))
            continue;
        place->refused = true;
        if (++browser->refused == place_count(browser))
            browser->swarm->now.shut_out++;
        arrive(browser);
    }
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    struct place *place = userdata;
    struct swarm *swarm = place->browser->swarm;
    if (str_equal(event->name, STR("pusher:subscription_succeeded"))) {
        on_subscribed(place);
        return;
    }
    if (str_starts_with(event->name, STR("pusher:")))
        return;
    swarm->totals.events++;
    if (!event->data.ptr)
        return;
    if (!swarm->args.publish) {
        measure_others(swarm, &place->stream, event->data);
        return;
    }
    struct sent_to sent = {&swarm->publisher, place->channel};
    struct stream_judge judge = {&swarm->tally, was_sent, &sent};
    measure_own(swarm, &place->stream, place->channel, event->data, &judge);
}

/* --- the connection --- */

static void on_connected(struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    uint64_t now = swarm_clock();
    swarm->now.connected++;
    swarm->totals.connections++;
    if (browser->lost_us) {
        swarm->totals.reconnects++;
        histogram_add(&swarm->totals.reconnect, now - browser->lost_us);
        browser->lost_us = 0;
    } else {
        histogram_add(&swarm->totals.connect, now - browser->asked_us);
    }
    for (uint32_t i = 0; i < place_count(browser); i++)
        places_of(browser)[i].asked_us = now;
}

static void on_lost(struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    swarm->now.connected--;
    swarm->totals.lost_connections++;
    browser->lost_us = swarm_clock();
    browser_settle(browser, swarm_clock() - SWARM_LATE_US); /* the rest is missed */
    forget_subscriptions(browser);
}

static bool is_refused(pusher_state state)
{
    return state == PUSHER_STATE_DISCONNECTED || state == PUSHER_STATE_FAILED;
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    struct browser *browser = userdata;
    struct swarm *swarm = browser->swarm;
    if (current == PUSHER_STATE_CONNECTED)
        on_connected(browser);
    if (previous == PUSHER_STATE_CONNECTED)
        on_lost(browser);
    if (!is_refused(current))
        return;
    swarm->now.refused++;
    arrive(browser);
    if (swarm->now.refused == swarm->args.clients)
        swarm_finish(swarm, EXIT_REFUSED);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    struct browser *browser = userdata;
    struct swarm *swarm = browser->swarm;
    failures_add(&swarm->failures, pusher_problem_name(problem->kind), problem->code,
                 problem->http_status, problem->message);
    bool refusal =
        problem->kind == PUSHER_PROBLEM_SUBSCRIBE || problem->kind == PUSHER_PROBLEM_AUTH;
    if (!refusal || problem->will_retry || !problem->channel.ptr)
        return;
    on_refused(browser, problem->channel);
    if (swarm->now.shut_out == swarm->args.clients)
        swarm_finish(swarm, EXIT_NO_CHANNEL);
}

/* --- pages --- */

static int subscribe(struct browser *browser, uint32_t template)
{
    struct swarm *swarm = browser->swarm;
    struct place *place = &places_of(browser)[template];
    pusher_channel *channel;
    char name[SWARM_NAME_BYTES];
    swarm_template_name(&swarm->args, template,
                        place->channel - swarm->first_channel[template], name);
    int rc = pusher_client_subscribe(browser->client, name, &channel);
    return rc ? rc : pusher_channel_bind(channel, NULL, on_event, place, NULL, NULL);
}

static int open_page(struct browser *browser)
{
    pusher_options options = browser->swarm->options;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.userdata = browser;
    int rc = pusher_client_new(&browser->client, &options);
    for (uint32_t i = 0; i < place_count(browser) && !rc; i++)
        rc = subscribe(browser, i);
    browser->asked_us = swarm_clock();
    return rc ? rc : pusher_client_connect(browser->client);
}

int browser_start(struct swarm *swarm, uint32_t index)
{
    struct browser *browser = &swarm->browsers[index];
    browser->swarm = swarm;
    for (uint32_t i = 0; i < place_count(browser); i++) {
        uint32_t own = index % swarm_template_channels(&swarm->args, i);
        places_of(browser)[i].browser = browser;
        places_of(browser)[i].channel = swarm->first_channel[i] + own;
    }
    swarm->now.started++;
    return open_page(browser);
}

int browser_next_page(struct browser *browser)
{
    struct swarm *swarm = browser->swarm;
    pusher_state state = pusher_client_state(browser->client);
    swarm->totals.pages++;
    swarm->now.connected -= state == PUSHER_STATE_CONNECTED;
    swarm->now.refused -= is_refused(state);
    browser_settle(browser, swarm_clock() - SWARM_LATE_US); /* nobody waits for others */
    forget_subscriptions(browser);
    pusher_client_free(browser->client);
    browser->client = NULL;
    browser->lost_us = 0;
    for (uint32_t i = 0; i < place_count(browser); i++)
        memset(&places_of(browser)[i].stream, 0, sizeof places_of(browser)[i].stream);
    return open_page(browser);
}
