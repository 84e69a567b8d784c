/*
 * The authorizer: what it is asked, when, and what may be answered from where (SUB-06,
 * SUB-08, SUB-11, AUTH-07, AUTH-08).
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char grant[] = "{\"auth\":\"k:0f\"}";

enum { SEEN_REQUESTS = 32 };

struct seen {
    struct rig rig;
    pusher_id ids[SEEN_REQUESTS];
    size_t count;      /* requests begun */
    size_t most;       /* in one call */
    unsigned released; /* calls of free_userdata */
    void (*inside)(struct seen *seen, const pusher_auth_request *request);
};

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    struct seen *seen = userdata;
    assert_true(count > 0 && seen->count + count <= SEEN_REQUESTS);
    seen->most = count > seen->most ? count : seen->most;
    for (size_t i = 0; i < count; i++) {
        const pusher_auth_request *request = &requests[i];
        assert_string_equal(request->socket_id.ptr, "1.2");
        bool of_user = !request->channel_name.ptr;
        assert_true(of_user ? !request->channel
                            : pusher_client_channel(client, request->channel_name.ptr) ==
                                  request->channel);
        seen->ids[seen->count++] = request->id;
        rig_note(&seen->rig, of_user ? "user" : request->channel_name.ptr);
        if (seen->inside)
            seen->inside(seen, request);
    }
}

static void cancel(pusher_client *client, pusher_id request, void *userdata)
{
    struct seen *seen = userdata;
    assert_ptr_equal(client, seen->rig.client);
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->ids[i] == request)
            rig_note(&seen->rig, "cancel");
    }
}

static void release(void *userdata)
{
    ((struct seen *)userdata)->released++;
}

static pusher_options options_of(struct seen *seen)
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.tls = false;
    options.authorizer = (pusher_authorizer){
        .begin = begin,
        .cancel = cancel,
        .userdata = seen,
        .free_userdata = release,
    };
    return options;
}

static struct seen *open_with(bool batch)
{
    struct seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    pusher_options options = options_of(seen);
    options.authorizer.batch = batch;
    rig_open_with(&seen->rig, &options);
    return seen;
}

static void close_rig(struct seen *seen)
{
    rig_close(&seen->rig);
    assert_int_equal(seen->released, 1);
    free(seen);
}

static pusher_channel *subscribe(struct seen *seen, const char *name)
{
    pusher_channel *channel = NULL;
    assert_int_equal(pusher_client_subscribe(seen->rig.client, name, &channel), 0);
    fake_settle(seen->rig.loop);
    return channel;
}

static void bring_up(struct seen *seen)
{
    assert_int_equal(pusher_client_connect(seen->rig.client), 0);
    fake_settle(seen->rig.loop);
    fake_open(seen->rig.loop);
    rig_greet(&seen->rig);
}

static void expect_sent(struct seen *seen, const char *part)
{
    const char *frame = fake_sent(seen->rig.loop);
    assert_non_null(frame);
    assert_non_null(strstr(frame, part));
}

static void confirm(struct seen *seen, const char *name)
{
    char text[128];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\"}",
             name);
    fake_text(seen->rig.loop, text);
}

static void answered_later(void **state)
{
    struct seen *seen = open_with(false);
    (void)state;
    rig_connect(&seen->rig);
    pusher_channel *channel = subscribe(seen, "private-a");
    rig_bind(&seen->rig, channel, "pusher:subscription_succeeded", "subscribed");
    rig_expect(&seen->rig, "private-a");
    assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_AUTHORIZING);
    assert_null(fake_sent(seen->rig.loop));
    assert_int_equal(
        pusher_auth_resolve(seen->rig.client, seen->ids[0], grant, strlen(grant)), 0);
    assert_int_equal(
        pusher_auth_resolve(seen->rig.client, seen->ids[0], grant, strlen(grant)),
        PUSHER_ERR_NOT_FOUND);
    fake_settle(seen->rig.loop);
    expect_sent(seen, "\"channel\":\"private-a\",\"auth\":\"k:0f\"");
    confirm(seen, "private-a");
    rig_expect(&seen->rig, "subscribed");
    close_rig(seen);
}

static void resolve_now(struct seen *seen, const pusher_auth_request *request)
{
    assert_int_equal(
        pusher_auth_resolve(seen->rig.client, request->id, grant, strlen(grant)), 0);
}

static void answered_inside(void **state)
{
    struct seen *seen = open_with(false);
    (void)state;
    seen->inside = resolve_now;
    rig_connect(&seen->rig);
    subscribe(seen, "private-a");
    rig_expect(&seen->rig, "private-a");
    expect_sent(seen, "private-a");
    close_rig(seen);
}

static void reject_now(struct seen *seen, const pusher_auth_request *request)
{
    assert_int_equal(pusher_auth_reject(seen->rig.client, request->id, 403, "not yours"),
                     0);
}

/* Several answers inside one callback: each is told. */
static void all_are_rejected(void **state)
{
    struct seen *seen = open_with(true);
    (void)state;
    seen->inside = reject_now;
    pusher_channel *channel = subscribe(seen, "private-a");
    rig_bind(&seen->rig, channel, "pusher:subscription_error", "refused");
    subscribe(seen, "private-b");
    subscribe(seen, "private-c");
    bring_up(seen);
    rig_expect(&seen->rig, "connecting connected private-a private-b private-c refused");
    assert_int_equal(seen->most, 3);
    assert_int_equal(seen->rig.problems, 3);
    assert_int_equal(seen->rig.last_problem, PUSHER_PROBLEM_AUTH);
    assert_false(seen->rig.last_will_retry);
    assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_FAILED);
    close_rig(seen);
}

/* AUTH-08: all channels of a connection at once, however many. */
static void batches(void **state)
{
    struct seen *seen = open_with(true);
    char name[16];
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "private-%d", i);
        subscribe(seen, name);
    }
    bring_up(seen);
    assert_int_equal(seen->most, 20);
    for (size_t i = 0; i < seen->count; i++)
        assert_int_equal(
            pusher_auth_resolve(seen->rig.client, seen->ids[i], grant, strlen(grant)), 0);
    fake_settle(seen->rig.loop);
    for (int i = 0; i < 20; i++)
        expect_sent(seen, "\"auth\":\"k:0f\"");
    close_rig(seen);
}

static void hang_up(struct seen *seen, const pusher_auth_request *request)
{
    (void)request;
    pusher_client_disconnect(seen->rig.client);
}

/* What the first call ends is not begun by the next one. */
static void over_within_the_batch(void **state)
{
    struct seen *seen = open_with(true);
    (void)state;
    subscribe(seen, "private-a");
    assert_int_equal(pusher_client_signin(seen->rig.client), 0);
    subscribe(seen, "private-b");
    seen->inside = hang_up;
    bring_up(seen);
    assert_int_equal(seen->count, 1);
    assert_int_equal(pusher_client_state(seen->rig.client), PUSHER_STATE_DISCONNECTED);
    close_rig(seen);
}

static void eight_at_a_time(void **state)
{
    struct seen *seen = open_with(false);
    char name[16];
    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "private-%d", i);
        subscribe(seen, name);
    }
    bring_up(seen);
    assert_int_equal(seen->count, 8);
    assert_int_equal(seen->most, 1);
    pusher_auth_reject(seen->rig.client, seen->ids[3], 0, NULL);
    fake_settle(seen->rig.loop);
    assert_int_equal(seen->count, 9);
    assert_true(seen->rig.last_will_retry);
    close_rig(seen);
}

static void lost_and_late(void **state)
{
    struct seen *seen = open_with(false);
    (void)state;
    rig_connect(&seen->rig);
    pusher_channel *channel = subscribe(seen, "private-a");
    fake_end(seen->rig.loop, WS_STAGE_OPEN, 4200, "");
    rig_expect(&seen->rig, "private-a connecting cancel");
    assert_int_equal(
        pusher_auth_resolve(seen->rig.client, seen->ids[0], grant, strlen(grant)),
        PUSHER_ERR_NOT_FOUND);
    fake_open(seen->rig.loop);
    rig_greet(&seen->rig);
    rig_expect(&seen->rig, "connected private-a");
    assert_int_equal(pusher_channel_unsubscribe(channel), 0);
    fake_settle(seen->rig.loop);
    rig_expect(&seen->rig, "cancel");
    close_rig(seen);
}

static void free_now(struct seen *seen, const pusher_auth_request *request)
{
    (void)request;
    pusher_client_free(seen->rig.client);
    seen->rig.client = NULL;
}

static void freed_inside(void **state)
{
    struct seen *seen = open_with(false);
    (void)state;
    seen->inside = free_now;
    subscribe(seen, "private-a");
    bring_up(seen);
    assert_int_equal(seen->released, 1);
    close_rig(seen);
}

static void unsubscribe_now(struct seen *seen, const pusher_auth_request *request)
{
    assert_int_equal(pusher_channel_unsubscribe(request->channel), 0);
    assert_int_equal(
        pusher_auth_resolve(seen->rig.client, request->id, grant, strlen(grant)),
        PUSHER_ERR_NOT_FOUND);
}

static void unsubscribed_inside(void **state)
{
    struct seen *seen = open_with(false);
    (void)state;
    seen->inside = unsubscribe_now;
    rig_connect(&seen->rig);
    subscribe(seen, "private-a");
    rig_expect(&seen->rig, "private-a cancel");
    assert_null(fake_sent(seen->rig.loop));
    close_rig(seen);
}

static void bad_arguments(void **state)
{
    struct seen *seen = open_with(false);
    pusher_client *client = seen->rig.client;
    (void)state;
    assert_int_equal(pusher_auth_resolve(NULL, 1, grant, 1), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_resolve(client, 1, NULL, 0), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_resolve(client, 0, grant, 1), PUSHER_ERR_NOT_FOUND);
    assert_int_equal(pusher_auth_reject(NULL, 1, 0, NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_reject(client, 77, 0, NULL), PUSHER_ERR_NOT_FOUND);
    close_rig(seen);
}

/* Without an authorizer there is no subscription that could ever succeed. */
static void without_an_authorizer(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    assert_int_equal(pusher_client_subscribe(rig.client, "private-a", NULL),
                     PUSHER_ERR_UNSUPPORTED);
    assert_int_equal(pusher_client_subscribe(rig.client, "presence-a", NULL),
                     PUSHER_ERR_UNSUPPORTED);
    rig_close(&rig);
}

static void released_when_there_is_no_client(void **state)
{
    struct seen seen = {0};
    pusher_client *client = NULL;
    (void)state;
    pusher_options options = options_of(&seen);
    options.key = "no key!";
    assert_int_equal(pusher_client_new(&client, &options), PUSHER_ERR_BAD_KEY);
    assert_int_equal(seen.released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_later),
        cmocka_unit_test(answered_inside),
        cmocka_unit_test(all_are_rejected),
        cmocka_unit_test(batches),
        cmocka_unit_test(over_within_the_batch),
        cmocka_unit_test(eight_at_a_time),
        cmocka_unit_test(lost_and_late),
        cmocka_unit_test(freed_inside),
        cmocka_unit_test(unsubscribed_inside),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(without_an_authorizer),
        cmocka_unit_test(released_when_there_is_no_client),
    };
    return cmocka_run_group_tests_name("client: authorizer", tests, NULL, NULL);
}
