/*
 * Questions over the HTTP API, the `info` of published events, and the end of a user's
 * connections (API-01).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "signed.h"

#define APP      "/apps/" RIG_APP
#define CHANNELS APP "/channels"

/* What there is in every test. */
struct scene {
    struct rig rig;
    struct peer a1, a2, b;
};

static void take_frames(struct scene *scene, struct peer *peer, unsigned count)
{
    while (count--) {
        struct frame frame;
        assert_true(peer_next(&scene->rig, peer, &frame));
        free(frame.text);
    }
}

static void subscribe(struct scene *scene, struct peer *peer, const char *channel)
{
    peer_text(&scene->rig, peer,
              "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"%s\"}}", channel);
    take_frames(scene, peer, 1);
}

static void post(struct scene *scene, const char *path, const char *body)
{
    assert_int_equal(signed_post(&scene->rig, path, body, 0, NULL), 200);
}

/* a, with two connections, and b in presence-r; a in room; an event in cache-r. */
static void open_scene(struct scene *scene)
{
    rig_start(&scene->rig, NULL);
    peer_greet(&scene->rig, &scene->a1);
    peer_greet(&scene->rig, &scene->a2);
    peer_greet(&scene->rig, &scene->b);
    subscribe(scene, &scene->a1, "room");
    signed_signin(&scene->rig, &scene->a1, "{\"id\":\"a/\\\"1\"}");
    take_frames(scene, &scene->a1, 1);
    subscribe(scene, &scene->a1, "#server-to-user-a/\\\"1");
    signed_subscribe(&scene->rig, &scene->a1, "presence-r", "{\"user_id\":\"a\\\"\"}");
    take_frames(scene, &scene->a1, 1);
    signed_subscribe(&scene->rig, &scene->a2, "presence-r", "{\"user_id\":\"a\\\"\"}");
    take_frames(scene, &scene->a2, 1);
    signed_subscribe(&scene->rig, &scene->b, "presence-r", "{\"user_id\":\"b\"}");
    take_frames(scene, &scene->b, 1);
    take_frames(scene, &scene->a1, 1);
    take_frames(scene, &scene->a2, 1);
    post(scene, APP "/events",
         "{\"name\":\"e\",\"data\":\"{\\\"x\\\":1}\",\"channel\":\"cache-r\"}");
}

static void close_scene(struct scene *scene)
{
    peer_close(&scene->a1);
    peer_close(&scene->a2);
    peer_close(&scene->b);
    rig_stop(&scene->rig);
}

/* The answer to a question, with "ttl" numbers of half an hour or a little less made one.
 */
static int ask(struct scene *scene, const char *path, const char *first,
               const char *second, char **answer)
{
    const char *params[] = {first, second, NULL};
    int status = signed_get(&scene->rig, path, params, answer);
    char *ttl = strstr(*answer, "\"ttl\":");
    if (ttl) {
        int seconds = atoi(ttl + 6);
        assert_in_range(seconds, 1700, 1800);
        memcpy(ttl + 6, "1800", 4);
    }
    return status;
}

struct question {
    const char *path;
    const char *first, *second; /* parameters, or NULL */
    int status;
    const char *answer;
};

#define INFO_ERROR  "info may hold user_count, subscription_count and cache only"
#define USERS_ERROR "Users can only be asked for of presence channels"

static void questions(void **state)
{
    static const struct question cases[] = {
        {CHANNELS, NULL, NULL, 200, "{\"channels\":{\"room\":{},\"presence-r\":{}}}"},
        {CHANNELS, "filter_by_prefix=presence-", "info=user_count,subscription_count",
         200,
         "{\"channels\":{\"presence-r\":{\"user_count\":2,\"subscription_count\":3}}}"},
        {CHANNELS, "info=subscription_count", NULL, 200,
         "{\"channels\":{\"room\":{\"subscription_count\":1},"
         "\"presence-r\":{\"subscription_count\":3}}}"},
        {CHANNELS, "filter_by_prefix=other", NULL, 200, "{\"channels\":{}}"},
        {CHANNELS, "filter_by_prefix=", "info=", 200,
         "{\"channels\":{\"room\":{},\"presence-r\":{}}}"},
        {CHANNELS, "filter_by_prefix=#", NULL, 200, "{\"channels\":{}}"},
        {CHANNELS, "info=user_count", NULL, 400,
         "user_count is for presence channels: filter_by_prefix must begin with "
         "presence-"},
        {CHANNELS, "info=other", NULL, 400, INFO_ERROR},
        {CHANNELS, "info=user_count,,cache", NULL, 400, INFO_ERROR},

        {CHANNELS "/room", NULL, NULL, 200, "{\"occupied\":true}"},
        {CHANNELS "/nobody", NULL, NULL, 200, "{\"occupied\":false}"},
        {CHANNELS "/nobody", "info=subscription_count,user_count", NULL, 200,
         "{\"occupied\":false,\"subscription_count\":0}"},
        {CHANNELS "/presence-r", "info=cache,user_count,subscription_count", NULL, 200,
         "{\"occupied\":true,\"user_count\":2,\"subscription_count\":3}"},
        {CHANNELS "/cache-r", "info=subscription_count,cache", NULL, 200,
         "{\"occupied\":false,\"subscription_count\":0,"
         "\"cache\":{\"data\":\"{\\\"x\\\":1}\",\"ttl\":1800}}"},
        {CHANNELS "/cache-empty", "info=cache", NULL, 200,
         "{\"occupied\":false,\"cache\":null}"},
        {CHANNELS "/room", "info=x", NULL, 400, INFO_ERROR},
        {CHANNELS "/ro/om", NULL, NULL, 400, "Invalid channel name"},

        {CHANNELS "/presence-r/users", NULL, NULL, 200,
         "{\"users\":[{\"id\":\"a\\\"\"},{\"id\":\"b\"}]}"},
        {CHANNELS "/presence-nobody/users", NULL, NULL, 200, "{\"users\":[]}"},
        {CHANNELS "/room/users", NULL, NULL, 400, USERS_ERROR},
        {APP "/users/a/terminate_connections", NULL, NULL, 404, NULL},
        {CHANNELS "/", NULL, NULL, 404, NULL},
        {APP "/events", NULL, NULL, 404, NULL},
        {"/apps/8/channels", NULL, NULL, 404, NULL},
    };
    struct scene scene;
    (void)state;
    open_scene(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer;
        int status = ask(&scene, cases[i].path, cases[i].first, cases[i].second, &answer);
        if (status != cases[i].status ||
            (cases[i].answer && strcmp(answer, cases[i].answer) != 0))
            fail_msg("%s %s: %d %s", cases[i].path, cases[i].first ? cases[i].first : "",
                     status, answer);
        free(answer);
    }
    close_scene(&scene);
}

/* Libraries put names into paths and queries as they are, without escapes; a name may
 * hold each of these characters (LIM-01). */
static void names_without_escapes(void **state)
{
    static const struct question cases[] = {
        {CHANNELS "/-=@,.;;_", "info=subscription_count", NULL, 200,
         "{\"occupied\":true,\"subscription_count\":1}"},
        {CHANNELS "/-=@,.%3B;_", NULL, NULL, 401, NULL},
        {CHANNELS "/presence-;/users", NULL, NULL, 200, "{\"users\":[]}"},
        {CHANNELS, "filter_by_prefix=-=@,.;", NULL, 200,
         "{\"channels\":{\"-=@,.;;_\":{},\"-=@,.;a=b\":{}}}"},
        {CHANNELS, "filter_by_prefix=-=@,.;;", "info=subscription_count", 200,
         "{\"channels\":{\"-=@,.;;_\":{\"subscription_count\":1}}}"},
        {CHANNELS, "filter_by_prefix=-=@,.;a=b", "info=subscription_count", 200,
         "{\"channels\":{\"-=@,.;a=b\":{\"subscription_count\":1}}}"},
    };
    struct scene scene;
    (void)state;
    open_scene(&scene);
    subscribe(&scene, &scene.b, "-=@,.;;_");
    subscribe(&scene, &scene.b, "-=@,.;a=b");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer;
        int status = ask(&scene, cases[i].path, cases[i].first, cases[i].second, &answer);
        if (status != cases[i].status ||
            (cases[i].answer && strcmp(answer, cases[i].answer) != 0))
            fail_msg("%s %s: %d %s", cases[i].path, cases[i].first ? cases[i].first : "",
                     status, answer);
        free(answer);
    }
    close_scene(&scene);
}

/* The same of users, whose ids may hold anything. */
static void users_without_escapes(void **state)
{
    static const char *const ids[] = {"b+c@d.e", "b&c", "b;c", "b+c&d+", "+;+", "&&"};
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct scene scene;
        char text[100];
        open_scene(&scene);
        snprintf(text, sizeof text, "{\"id\":\"%s\"}", ids[i]);
        signed_signin(&scene.rig, &scene.b, text);
        take_frames(&scene, &scene.b, 1);
        snprintf(text, sizeof text, APP "/users/%s/terminate_connections", ids[i]);
        post(&scene, text, "{}");
        take_frames(&scene, &scene.b, 1);
        peer_expect_close(&scene.rig, &scene.b, 4009);
        close_scene(&scene);
    }
}

static void questions_need_a_signature(void **state)
{
    static const char request[] = "GET " CHANNELS " HTTP/1.1\r\nHost: a\r\n\r\n";
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    assert_int_equal(rig_http(&rig, request, sizeof request - 1, NULL), 401);
    rig_stop(&rig);
}

struct publication {
    const char *path;
    const char *body;
    int status;
    const char *answer;
};

static void info_of_events(void **state)
{
    static const struct publication cases[] = {
        {APP "/events",
         "{\"name\":\"e\",\"data\":\"x\",\"channels\":[\"room\",\"presence-r\",\"none\"],"
         "\"info\":\"user_count,subscription_count\"}",
         200,
         "{\"channels\":{\"room\":{\"subscription_count\":1},\"presence-r\":"
         "{\"user_count\":2,\"subscription_count\":3},\"none\":"
         "{\"subscription_count\":0}}}"},
        {APP "/events",
         "{\"name\":\"e\",\"data\":\"x\",\"channel\":\"cache-q\",\"info\":\"cache\"}",
         200, "{\"channels\":{\"cache-q\":{\"cache\":{\"data\":\"x\",\"ttl\":1800}}}}"},
        {APP "/events",
         "{\"name\":\"e\",\"data\":\"x\",\"channel\":\"room\",\"info\":\"\"}", 200, "{}"},
        {APP "/events",
         "{\"name\":\"e\",\"data\":\"x\",\"channel\":\"room\",\"info\":\"members\"}", 400,
         INFO_ERROR},
        {APP "/batch_events",
         "{\"batch\":[{\"name\":\"e\",\"data\":\"x\",\"channel\":\"room\"},{\"name\":"
         "\"e\","
         "\"data\":\"x\",\"channel\":\"presence-r\",\"info\":\"user_count\"}]}",
         200, "{\"batch\":[{},{\"user_count\":2}]}"},
        {APP "/batch_events",
         "{\"batch\":[{\"name\":\"e\",\"data\":\"x\",\"channel\":\"room\","
         "\"info\":\"members\"}]}",
         400, INFO_ERROR},
    };
    struct scene scene;
    (void)state;
    open_scene(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer;
        assert_int_equal(
            signed_post(&scene.rig, cases[i].path, cases[i].body, 0, &answer),
            cases[i].status);
        assert_string_equal(answer, cases[i].answer);
        free(answer);
    }
    close_scene(&scene);
}

/* With the words and the code of soketi. */
static void terminated(void **state)
{
    static const char told[] = "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,"
                               "\"message\":\"You got disconnected by the app.\"}}";
    struct scene scene;
    (void)state;
    open_scene(&scene);
    signed_signin(&scene.rig, &scene.b, "{\"id\":\"b\"}");
    take_frames(&scene, &scene.b, 1);
    post(&scene, APP "/users/nobody/terminate_connections", "{}");
    post(&scene, APP "/users/a/\"1/terminate_connections", "{}");
    peer_expect(&scene.rig, &scene.a1, told);
    peer_expect_close(&scene.rig, &scene.a1, 4009);
    /* Others are served still, that of a member of the same name, too. */
    struct peer *others[] = {&scene.a2, &scene.b};
    for (int i = 0; i < 2; i++) {
        peer_text(&scene.rig, others[i], "{\"event\":\"pusher:ping\"}");
        peer_expect(&scene.rig, others[i], "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    }
    close_scene(&scene);
}

/* An answer of some hundred pieces. */
static void long_answer(void **state)
{
    enum { COUNT = 20000, NAME_LEN = 100 };
    struct rig rig;
    struct peer peer;
    char *answer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    for (int i = 0; i < COUNT; i++)
        peer_text(&rig, &peer,
                  "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"%0*d\"}}",
                  NAME_LEN, i);
    for (int i = 0; i < COUNT; i++) {
        struct frame frame;
        assert_true(peer_next(&rig, &peer, &frame));
        free(frame.text);
    }
    assert_int_equal(signed_get(&rig, CHANNELS, NULL, &answer), 200);
    size_t len = strlen(answer);
    assert_int_equal(len, strlen("{\"channels\":{}}") + COUNT * (NAME_LEN + 6) - 1);
    assert_string_equal(answer + len - 7, "9\":{}}}");
    free(answer);
    peer_close(&peer);
    rig_stop(&rig);
}

/* The n-th of these requests; its status. */
static int request(struct scene *scene, size_t number)
{
    static const char *const cache[] = {"info=cache", NULL};
    static const char *const prefix[] = {"filter_by_prefix=a;b;c", NULL};
    switch (number) {
    case 0:
        return signed_get(&scene->rig, CHANNELS, NULL, NULL);
    case 1:
        return signed_get(&scene->rig, CHANNELS "/cache-r", cache, NULL);
    case 2:
        return signed_get(&scene->rig, CHANNELS "/presence-r/users", NULL, NULL);
    case 3:
        return signed_post(&scene->rig, APP "/events",
                           "{\"name\":\"e\",\"data\":\"x\",\"channels\":[\"cache-r\","
                           "\"presence-r\"],\"info\":\"cache,user_count\"}",
                           0, NULL);
    case 4:
        return signed_get(&scene->rig, CHANNELS, prefix, NULL);
    case 5:
        return signed_post(&scene->rig, APP "/users/b+c&d/terminate_connections", "{}", 0,
                           NULL);
    default:
        return signed_post(&scene->rig, APP "/batch_events",
                           "{\"batch\":[{\"name\":\"e\",\"data\":\"x\",\"channel\":"
                           "\"room\",\"info\":\"subscription_count\"}]}",
                           0, NULL);
    }
}

/* Whatever allocation fails: the request may, the sandbox goes on. */
static void lack_of_memory(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene);
    for (size_t number = 0; number < 7; number++) {
        bool failed = true;
        for (long nth = 1; failed; nth++) {
            memory_fail(&scene.rig.memory, nth);
            int status = request(&scene, number);
            failed = scene.rig.memory.failed;
            memory_fail(&scene.rig.memory, 0);
            assert_true(failed || status == 200);
        }
    }
    close_scene(&scene);
}

/* A close frame comes, or just the end. */
static void expect_goodbye(struct scene *scene, struct peer *peer)
{
    struct frame frame = {0};
    while (frame.opcode != FRAME_CLOSE && peer_next(&scene->rig, peer, &frame))
        free(frame.text);
}

/* The user's connection ends, whether it can be told or not. */
static void terminated_without_memory(void **state)
{
    bool failed = true;
    (void)state;
    for (long nth = 1; failed; nth++) {
        struct scene scene;
        open_scene(&scene);
        memory_fail(&scene.rig.memory, nth);
        int status = signed_post(&scene.rig, APP "/users/a/\"1/terminate_connections",
                                 "{}", 0, NULL);
        failed = scene.rig.memory.failed;
        memory_fail(&scene.rig.memory, 0);
        if (status == 200)
            expect_goodbye(&scene, &scene.a1);
        else
            assert_true(failed);
        close_scene(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions),
        cmocka_unit_test(names_without_escapes),
        cmocka_unit_test(users_without_escapes),
        cmocka_unit_test(questions_need_a_signature),
        cmocka_unit_test(info_of_events),
        cmocka_unit_test(terminated),
        cmocka_unit_test(long_answer),
        cmocka_unit_test(lack_of_memory),
        cmocka_unit_test(terminated_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
