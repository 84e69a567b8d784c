/*
 * The report, twice: the same figures under the same names.
 */
#include "swarm_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "json_out.h"
#include "visible.h"

/* The durations, in the order of the report. */
enum { DURATIONS = 5 };

struct duration {
    const char *name;
    const struct histogram *histogram;
};

/* The columns beside count, min, mean and max. */
static const struct {
    const char *name;
    uint32_t per_mille;
} percentiles[] = {{"p50", 500}, {"p90", 900}, {"p95", 950}, {"p99", 990}, {"p999", 999}};

#define PERCENTILES (sizeof percentiles / sizeof *percentiles)

static void list_durations(const struct swarm *swarm, struct duration ret[DURATIONS])
{
    ret[0] = (struct duration){"connect", &swarm->totals.connect};
    ret[1] = (struct duration){"reconnect", &swarm->totals.reconnect};
    ret[2] = (struct duration){"subscribe", &swarm->totals.subscribe};
    ret[3] = (struct duration){"latency", &swarm->totals.latency};
    ret[4] = (struct duration){"publish", &swarm->publisher.answer};
}

/* --- for people --- */

static bool is_all_empty(const struct duration durations[DURATIONS])
{
    for (size_t i = 0; i < DURATIONS; i++) {
        if (durations[i].histogram->count)
            return false;
    }
    return true;
}

static void print_durations(const struct swarm *swarm)
{
    struct duration durations[DURATIONS];
    list_durations(swarm, durations);
    if (is_all_empty(durations))
        return;
    printf("\n%-10s %10s %9s %9s", "ms", "count", "min", "mean");
    for (size_t i = 0; i < PERCENTILES; i++)
        printf(" %9s", percentiles[i].name);
    printf(" %9s\n", "max");
    for (size_t i = 0; i < DURATIONS; i++) {
        const struct histogram *h = durations[i].histogram;
        if (h->count == 0)
            continue;
        printf("%-10s %10" PRIu64 " %9.2f %9.2f", durations[i].name, h->count,
               (double)h->min_us / 1e3, (double)histogram_mean(h) / 1e3);
        for (size_t p = 0; p < PERCENTILES; p++)
            printf(" %9.2f",
                   (double)histogram_percentile(h, percentiles[p].per_mille) / 1e3);
        printf(" %9.2f\n", (double)h->max_us / 1e3);
    }
}

/* An attempt that is not answered has not failed before its time is over. */
static void print_no_failure(const struct swarm *swarm)
{
    uint32_t waiting = swarm->now.started - swarm->now.connected;
    if (waiting)
        printf("no failures so far: %u clients still wait for a connection, and give an "
               "attempt up after %u s (--connect-timeout)\n",
               waiting, swarm->options.connect_timeout_ms / 1000);
    else
        printf("no failures\n");
}

static void print_failures(const struct swarm *swarm)
{
    const struct swarm_failures *failures = &swarm->failures;
    if (failures->count == 0)
        print_no_failure(swarm);
    for (size_t i = 0; i < failures->count; i++) {
        const struct swarm_failure *item = &failures->items[i];
        printf("failed %" PRIu64 " time%s (%s", item->count, item->count == 1 ? "" : "s",
               item->error);
        if (item->code >= 0)
            printf(" %d", item->code);
        if (item->http_status)
            printf(", HTTP status %d", item->http_status);
        printf("), first: ");
        put_visible(stdout, str_of(item->message));
        printf("\n");
    }
    if (failures->others)
        printf("failed %" PRIu64 " times for other reasons\n", failures->others);
}

static int print_report(const struct swarm *swarm, const char *ended)
{
    const struct swarm_totals *totals = &swarm->totals;
    const struct stream_tally *tally = &swarm->tally;
    const struct publisher *p = &swarm->publisher;
    printf("%u of %u clients in %.1f s, ended by %s; at the end %u connected, %u "
           "subscribed\n",
           swarm->now.started, swarm->args.clients,
           (double)(swarm_clock() - swarm->began_us) / 1e6, ended, swarm->now.connected,
           swarm->now.subscribed);
    print_durations(swarm);
    printf("\n%" PRIu64 " connections, %" PRIu64 " lost, %" PRIu64 " reconnects, %" PRIu64
           " pages left\n",
           totals->connections, totals->lost_connections, totals->reconnects,
           totals->pages);
    if (swarm->args.publish)
        printf("%" PRIu64 " events sent of %" PRIu64 " at that rate: %" PRIu64
               " accepted, %" PRIu64 " refused, %" PRIu64 " unanswered\n",
               p->sent, p->asked, p->accepted, p->refused,
               p->sent - p->accepted - p->refused);
    printf("%" PRIu64 " events arrived; of those with a number %" PRIu64 " once, %" PRIu64
           " again, %" PRIu64 " too late\n"
           "%" PRIu64 " lost, %" PRIu64 " missed while a connection was lost\n",
           totals->events, tally->received, tally->duplicates, tally->late, tally->lost,
           tally->missed);
    print_failures(swarm);
    return fflush(stdout) || ferror(stdout) ? errno : 0;
}

/* --- as JSON --- */

static void put_duration(struct json_out *out, const struct duration *duration)
{
    const struct histogram *h = duration->histogram;
    char name[32];
    snprintf(name, sizeof name, "%s_ms", duration->name);
    if (h->count == 0) {
        json_out_null(out, name);
        return;
    }
    json_out_open(out, name, '{');
    json_out_number(out, "count", (long)h->count);
    json_out_ms(out, "min", h->min_us);
    json_out_ms(out, "mean", histogram_mean(h));
    for (size_t i = 0; i < PERCENTILES; i++)
        json_out_ms(out, percentiles[i].name,
                    histogram_percentile(h, percentiles[i].per_mille));
    json_out_ms(out, "max", h->max_us);
    json_out_close(out, '}');
}

static void put_published(struct json_out *out, const struct swarm *swarm)
{
    const struct publisher *p = &swarm->publisher;
    if (!swarm->args.publish) {
        json_out_null(out, "published");
        return;
    }
    json_out_open(out, "published", '{');
    json_out_number(out, "asked", (long)p->asked);
    json_out_number(out, "sent", (long)p->sent);
    json_out_number(out, "accepted", (long)p->accepted);
    json_out_number(out, "refused", (long)p->refused);
    json_out_close(out, '}');
}

static void put_failures(struct json_out *out, const struct swarm_failures *failures)
{
    json_out_open(out, "failures", '[');
    for (size_t i = 0; i < failures->count; i++) {
        const struct swarm_failure *item = &failures->items[i];
        json_out_open(out, NULL, '{');
        json_out_text(out, "error", str_of(item->error));
        if (item->code < 0)
            json_out_null(out, "code");
        else
            json_out_number(out, "code", item->code);
        if (item->http_status == 0)
            json_out_null(out, "http_status");
        else
            json_out_number(out, "http_status", item->http_status);
        json_out_number(out, "count", (long)item->count);
        json_out_text(out, "message", str_of(item->message));
        json_out_close(out, '}');
    }
    json_out_close(out, ']');
    json_out_number(out, "other_failures", (long)failures->others);
}

static int put_report(const struct swarm *swarm, const char *ended)
{
    const struct swarm_totals *totals = &swarm->totals;
    const struct stream_tally *tally = &swarm->tally;
    struct duration durations[DURATIONS];
    struct json_out out;
    json_out_init(&out, stdout);
    json_out_begin(&out, "report");
    json_out_text(&out, "ended", str_of(ended));
    json_out_ms(&out, "elapsed_ms", swarm_clock() - swarm->began_us);
    json_out_number(&out, "clients", (long)swarm->args.clients);
    json_out_number(&out, "started", (long)swarm->now.started);
    json_out_number(&out, "connected", (long)swarm->now.connected);
    json_out_number(&out, "subscribed", (long)swarm->now.subscribed);
    json_out_number(&out, "connections", (long)totals->connections);
    json_out_number(&out, "lost_connections", (long)totals->lost_connections);
    json_out_number(&out, "reconnects", (long)totals->reconnects);
    json_out_number(&out, "pages", (long)totals->pages);
    list_durations(swarm, durations);
    for (size_t i = 0; i < DURATIONS; i++)
        put_duration(&out, &durations[i]);
    put_published(&out, swarm);
    json_out_open(&out, "events", '{');
    json_out_number(&out, "arrived", (long)totals->events);
    json_out_number(&out, "received", (long)tally->received);
    json_out_number(&out, "duplicates", (long)tally->duplicates);
    json_out_number(&out, "late", (long)tally->late);
    json_out_number(&out, "lost", (long)tally->lost);
    json_out_number(&out, "missed", (long)tally->missed);
    json_out_close(&out, '}');
    put_failures(&out, &swarm->failures);
    int error = json_out_end(&out);
    json_out_free(&out);
    return error;
}

int report_show(const struct swarm *swarm, const char *ended)
{
    return swarm->args.json ? put_report(swarm, ended) : print_report(swarm, ended);
}
