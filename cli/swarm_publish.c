/*
 * Numbered events over the HTTP API.
 */
#include "swarm_publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "command.h"
#include "swarm.h"

#define COMMAND       "swarm"
#define EVENT         "swarm"
#define RECORDS       131072 /* 13 s at the highest rate; a request may take 10 */
#define MAX_UNDER_WAY 256
#define MAX_BURST     1000 /* after a standstill */
#define MAX_DATA      16384

enum answer { UNANSWERED, ACCEPTED, REFUSED };

struct publish_record {
    uint64_t serial;
    uint64_t sent_us; /* 0: never used */
    enum answer answer;
};

/* One request. */
struct request {
    struct swarm *swarm;
    uint64_t serial;
    uint64_t sent_us;
};

static int refused_options(const struct swarm_args *args, int error)
{
    if (error == PUSHER_ERR_INVALID)
        return usage_error(COMMAND, "--app-id: \"%s\" may only hold A-Z a-z 0-9 _ . ~ -",
                           args->app_id);
    return connect_args_refused(COMMAND, &args->connect, error);
}

int publisher_init(struct swarm *swarm)
{
    struct publisher *p = &swarm->publisher;
    const struct swarm_args *args = &swarm->args;
    struct timespec wall;
    pusher_server_options options;
    pusher_server_options_init(&options);
    options.loop = swarm->loop;
    options.app_id = args->app_id;
    options.key = args->connect.key;
    options.secret = args->secret;
    options.cluster = args->connect.cluster;
    options.host = args->connect.host;
    options.port = (uint16_t)args->connect.port;
    options.tls = !args->connect.no_tls;
    options.ca_file = args->connect.ca_file;
    options.max_requests = MAX_UNDER_WAY;
    options.log = stderr_log(args->connect.log_level);
    buf_init(&p->data, &mem_default, MAX_DATA);
    p->channels = swarm->first_channel[args->templates.count];
    clock_gettime(CLOCK_REALTIME, &wall);
    snprintf(p->mark, sizeof p->mark,
             "{\"swarm\":\"%08x%08x\",\"seq\":", (unsigned)getpid(),
             (unsigned)(wall.tv_nsec ^ wall.tv_sec << 12));
    p->mark_len = strlen(p->mark);
    p->records = calloc(RECORDS, sizeof *p->records);
    int rc = p->records ? pusher_server_new(&p->server, &options) : PUSHER_ERR_NOMEM;
    return rc ? refused_options(args, rc) : EXIT_DONE;
}

void publisher_free(struct publisher *publisher)
{
    pusher_server_free(publisher->server);
    free(publisher->records);
    if (publisher->data.mem)
        buf_free(&publisher->data);
}

static struct publish_record *record_of(const struct publisher *p, uint64_t serial)
{
    struct publish_record *record = &p->records[serial % RECORDS];
    return record->sent_us && record->serial == serial ? record : NULL;
}

static void on_done(pusher_server *server, const pusher_server_result *result,
                    void *userdata)
{
    (void)server;
    const struct request *request = userdata;
    struct swarm *swarm = request->swarm;
    struct publisher *p = &swarm->publisher;
    struct publish_record *record = record_of(p, request->serial);
    p->under_way--;
    p->accepted += !result->error;
    p->refused += result->error != 0;
    if (record)
        record->answer = result->error ? REFUSED : ACCEPTED;
    if (!result->error)
        histogram_add(&p->answer, swarm_clock() - request->sent_us);
    else
        failures_add(&swarm->failures, "publish", -1, result->http_status,
                     result->message);
}

/* {"swarm":"…","seq":7,"time":1763712345678,"padding":"…"}: also for others to read. */
static int write_data(struct publisher *p, uint64_t number, size_t bytes)
{
    static const char padding[] = ",\"padding\":\"";
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t wall_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
    buf_clear(&p->data);
    int rc =
        buf_printf(&p->data, "%s%" PRIu64 ",\"time\":%" PRIu64, p->mark, number, wall_ms);
    if (!rc && p->data.len + sizeof padding + 1 < bytes) {
        rc = buf_append(&p->data, str_of(padding));
        while (!rc && p->data.len + 2 < bytes)
            rc = buf_append_byte(&p->data, '.');
        if (!rc)
            rc = buf_append_byte(&p->data, '"');
    }
    return rc ? rc : buf_append_byte(&p->data, '}');
}

static void name_of(const struct swarm *swarm, uint32_t channel, char *ret)
{
    size_t template = 0;
    while (channel >= swarm->first_channel[template + 1])
        template ++;
    swarm_template_name(&swarm->args, template, channel - swarm->first_channel[template],
                        ret);
}

static int send_one(struct swarm *swarm, uint64_t now_us)
{
    struct publisher *p = &swarm->publisher;
    char name[SWARM_NAME_BYTES];
    const char *channels[] = {name};
    struct request *request = malloc(sizeof *request);
    int rc = write_data(p, p->sent / p->channels, swarm->args.publish_bytes);
    if (!request || rc) {
        free(request);
        return PUSHER_ERR_NOMEM;
    }
    *request =
        (struct request){.swarm = swarm, .serial = p->sent, .sent_us = swarm_clock()};
    name_of(swarm, (uint32_t)(p->sent % p->channels), name);
    pusher_server_event event;
    pusher_server_event_init(&event);
    event.name = EVENT;
    event.data = buf_str(&p->data);
    event.channels = channels;
    event.channel_count = 1;
    rc = pusher_server_publish(p->server, &event, on_done, request, free);
    if (rc)
        return rc;
    p->records[p->sent % RECORDS] =
        (struct publish_record){.serial = p->sent, .sent_us = now_us};
    p->sent++;
    p->under_way++;
    return 0;
}

void publisher_send_due(struct swarm *swarm, uint64_t began_us, uint64_t now_us)
{
    struct publisher *p = &swarm->publisher;
    uint64_t due = (now_us - began_us) * swarm->args.publish / 1000000 + 1;
    p->began_us = began_us;
    if (due > p->asked + MAX_BURST)
        p->asked = due - MAX_BURST; /* they would come all at once */
    for (; p->asked < due; p->asked++) {
        int rc = send_one(swarm, swarm_clock());
        if (rc == PUSHER_ERR_LIMIT)
            failures_add(&swarm->failures, "publish", -1, 0,
                         STR("256 requests are under way: they are not answered fast "
                             "enough for this rate"));
        else if (rc)
            failures_add(&swarm->failures, "publish", -1, 0, str_of(pusher_strerror(rc)));
    }
}

uint64_t publisher_next(const struct publisher *publisher, uint32_t channel)
{
    return (publisher->sent + publisher->channels - 1 - channel) / publisher->channels;
}

uint64_t publisher_next_at(const struct publisher *publisher, uint32_t channel,
                           uint64_t time_us)
{
    uint64_t next = publisher_next(publisher, channel);
    while (next > 0 && publisher_sent_us(publisher, channel, next - 1) > time_us)
        next--;
    return next;
}

bool publisher_read(const struct publisher *publisher, uint32_t channel, pusher_str data,
                    uint64_t *ret)
{
    if (!str_starts_with(data, (pusher_str){publisher->mark, publisher->mark_len}))
        return false;
    uint64_t number = strtoull(data.ptr + publisher->mark_len, NULL, 10);
    if (number >= publisher_next(publisher, channel))
        return false;
    *ret = number;
    return true;
}

static uint64_t serial_of(const struct publisher *publisher, uint32_t channel,
                          uint64_t number)
{
    return number * publisher->channels + channel;
}

uint64_t publisher_sent_us(const struct publisher *publisher, uint32_t channel,
                           uint64_t number)
{
    const struct publish_record *record =
        record_of(publisher, serial_of(publisher, channel, number));
    return record ? record->sent_us : 0;
}

bool publisher_was_accepted(const struct publisher *publisher, uint32_t channel,
                            uint64_t number)
{
    const struct publish_record *record =
        record_of(publisher, serial_of(publisher, channel, number));
    return !record || record->answer == ACCEPTED;
}
