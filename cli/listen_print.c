/*
 * The lines of `pusherctl listen` that a person reads: events on standard output, how the
 * connection fares on standard error.
 */
#include "listen_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "codec/channel_name.h"
#include "visible.h"

enum ink { INK_PLAIN, INK_FAINT, INK_CHANNEL, INK_EVENT };

static const char *const ink_codes[] = {
    [INK_PLAIN] = "\033[0m",
    [INK_FAINT] = "\033[2m",
    [INK_CHANNEL] = "\033[36m",
    [INK_EVENT] = "\033[1m",
};

static bool wants_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void listen_output_init(struct listen_output *out, bool json)
{
    out->lines = json ? &listen_json_lines : &listen_text_lines;
    out->colour = !json && wants_colour(STDOUT_FILENO);
    json_out_init(&out->json, stdout);
}

void listen_output_free(struct listen_output *out)
{
    json_out_free(&out->json);
}

bool is_presence(const pusher_channel *channel)
{
    return channel_kind_of(pusher_channel_name(channel)) == CHANNEL_PRESENCE;
}

static void put_ink(const struct listen_output *out, enum ink ink, pusher_str text)
{
    if (out->colour)
        fputs(ink_codes[ink], stdout);
    put_visible(stdout, text);
    if (out->colour)
        fputs(ink_codes[INK_PLAIN], stdout);
}

struct clock_text {
    char text[16];
};

static struct clock_text clock_text(time_t when)
{
    struct clock_text ret = {""};
    struct tm parts;
    if (localtime_r(&when, &parts))
        strftime(ret.text, sizeof ret.text, "%H:%M:%S", &parts);
    return ret;
}

static void put_time(const struct listen_output *out)
{
    struct clock_text now = clock_text(time(NULL));
    put_ink(out, INK_FAINT, (pusher_str){now.text, strlen(now.text)});
}

static int end_line(FILE *file)
{
    fputc('\n', file);
    return fflush(file) || ferror(file) ? errno : 0;
}

static int event_line(struct listen_output *out, const pusher_event *event)
{
    put_time(out);
    fputs("  ", stdout);
    put_ink(out, INK_CHANNEL,
            event->channel_name.ptr ? event->channel_name : (pusher_str){"-", 1});
    fputs("  ", stdout);
    put_ink(out, INK_EVENT, event->name);
    if (event->user_id.ptr) {
        fputs("  from ", stdout);
        put_visible(stdout, event->user_id);
    }
    if (event->data.ptr) {
        fputs("  ", stdout);
        put_visible(stdout, event->data);
    }
    return end_line(stdout);
}

static int subscribed_line(struct listen_output *out, const pusher_channel *channel)
{
    put_time(out);
    fputs("  ", stdout);
    put_ink(out, INK_CHANNEL, pusher_channel_name(channel));
    fputs("  ", stdout);
    put_ink(out, INK_FAINT, (pusher_str){"(subscribed)", 12});
    if (is_presence(channel))
        fprintf(stdout, "  %zu here", pusher_channel_member_count(channel));
    return end_line(stdout);
}

/* On standard output, between the events where some may be missing (SUB-16). */
static int gap_line(struct listen_output *out, const pusher_gap *gap)
{
    char text[96];
    int64_t ms = gap->until_unix_ms - gap->from_unix_ms;
    snprintf(text, sizeof text, "(gap of %lld.%03lld s: events since %s may be missing)",
             (long long)(ms / 1000), (long long)(ms % 1000),
             clock_text((time_t)(gap->from_unix_ms / 1000)).text);
    put_time(out);
    fputs("  ", stdout);
    put_ink(out, INK_CHANNEL, pusher_channel_name(gap->channel));
    fputs("  ", stdout);
    put_ink(out, INK_FAINT, (pusher_str){text, strlen(text)});
    return end_line(stdout);
}

static int state_line(struct listen_output *out, pusher_state previous,
                      pusher_state current, pusher_str socket_id)
{
    (void)out;
    (void)previous;
    fputs(pusher_state_name(current), stderr);
    if (socket_id.len) {
        fputs(" as ", stderr);
        put_visible(stderr, socket_id);
    }
    end_line(stderr);
    return 0; /* losing these costs nobody an event */
}

static int problem_line(struct listen_output *out, const pusher_problem *problem)
{
    (void)out;
    fprintf(stderr, "problem (%s): ", pusher_problem_name(problem->kind));
    if (problem->channel.ptr) {
        put_visible(stderr, problem->channel);
        fputs(": ", stderr);
    }
    put_visible(stderr, problem->message); /* it says how things go on */
    end_line(stderr);
    return 0;
}

const struct listen_lines listen_text_lines = {
    .event = event_line,
    .subscribed = subscribed_line,
    .state = state_line,
    .problem = problem_line,
    .gap = gap_line,
};
