/*
 * The live line and the JSON objects.
 */
#include "swarm_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "json_out.h"

enum { LINE_BYTES = 256, USUAL_COLUMNS = 80 };

static const char *const phase_names[SWARM_PHASES] = {"ramp", "hold", "drain"};

const char *swarm_phase_name(enum swarm_phase phase)
{
    return phase_names[phase];
}

static bool is_on_terminal(const struct swarm *swarm)
{
    const char *term = getenv("TERM");
    return !swarm->args.json && isatty(STDERR_FILENO) && term &&
           strcmp(term, "dumb") != 0;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return USUAL_COLUMNS;
}

static uint64_t failure_count(const struct swarm *swarm)
{
    uint64_t count = swarm->failures.others;
    for (size_t i = 0; i < swarm->failures.count; i++)
        count += swarm->failures.items[i].count;
    return count;
}

/* Lines of the log stay: one that is written anew would stand before them. */
static bool is_logging(const struct swarm *swarm)
{
    return swarm->args.connect.log_level != PUSHER_LOG_OFF;
}

/* ASCII only, so that bytes are columns; the last column is left free. */
static void show_line(const struct swarm *swarm, enum swarm_phase phase)
{
    char line[LINE_BYTES];
    const struct histogram *latency = &swarm->totals.latency;
    snprintf(line, sizeof line,
             "%s %.0f s: %u of %u started, %u connected, %u subscribed; %" PRIu64
             " events, p50 %.1f ms, p99 %.1f ms; %" PRIu64 " reconnects, %" PRIu64
             " failures",
             swarm_phase_name(phase), (double)(swarm_clock() - swarm->began_us) / 1e6,
             swarm->now.started, swarm->args.clients, swarm->now.connected,
             swarm->now.subscribed, swarm->totals.events,
             (double)histogram_percentile(latency, 500) / 1e3,
             (double)histogram_percentile(latency, 990) / 1e3, swarm->totals.reconnects,
             failure_count(swarm));
    if (is_logging(swarm))
        fprintf(stderr, "%s\n", line);
    else
        fprintf(stderr, "\r%.*s\033[K", columns() - 1, line);
    fflush(stderr);
}

static int show_json(const struct swarm *swarm, enum swarm_phase phase)
{
    struct json_out out;
    json_out_init(&out, stdout);
    json_out_begin(&out, "progress");
    json_out_text(&out, "phase", str_of(swarm_phase_name(phase)));
    json_out_ms(&out, "elapsed_ms", swarm_clock() - swarm->began_us);
    json_out_number(&out, "started", (long)swarm->now.started);
    json_out_number(&out, "connected", (long)swarm->now.connected);
    json_out_number(&out, "subscribed", (long)swarm->now.subscribed);
    json_out_number(&out, "events", (long)swarm->totals.events);
    json_out_number(&out, "reconnects", (long)swarm->totals.reconnects);
    json_out_number(&out, "failures", (long)failure_count(swarm));
    int error = json_out_end(&out);
    json_out_free(&out);
    return error;
}

int progress_show(const struct swarm *swarm, enum swarm_phase phase)
{
    if (swarm->args.json)
        return show_json(swarm, phase);
    if (is_on_terminal(swarm))
        show_line(swarm, phase);
    return 0;
}

void progress_clear(const struct swarm *swarm)
{
    if (!is_on_terminal(swarm) || is_logging(swarm))
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
