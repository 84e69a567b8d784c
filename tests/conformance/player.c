/*
 * Plays a section of a script against the client.
 */
#include "player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_net.h"
#include "witness.h"

struct player {
    const struct script *script;
    pusher_options options;
    pusher_loop *loop;
    struct witness witness;
    unsigned dials;  /* that were written */
    bool connected;  /* as far as it was written */
    unsigned number; /* of the line that is played */
};

static void wrong(const struct player *player, const char *what, const char *found)
{
    print_error("%s:%u: %s: %s\n", player->script->path, player->number, what,
                found ? found : "nothing");
    fail();
}

static void expect(const struct player *player, const char *what, const char *expected,
                   const char *found)
{
    if (found && strcmp(expected, found) == 0)
        return;
    print_error("expected: %s\n", expected);
    wrong(player, what, found);
}

/* --- the words of a line --- */

/* True if the line begins with `word`; the rest of it is in `*rest`. */
static bool begins(const char *line, const char *word, const char **rest)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || (line[len] && line[len] != ' '))
        return false;
    *rest = line + len + (line[len] == ' ');
    return true;
}

/* Takes the next word of the line. */
static void take_word(const char **rest, char word[256])
{
    size_t len = strcspn(*rest, " ");
    assert_true(len < 256);
    memcpy(word, *rest, len);
    word[len] = '\0';
    *rest += len + ((*rest)[len] == ' ');
}

/* --- nothing beyond what is written --- */

static void expect_quiet(struct player *player)
{
    if (!player->loop)
        return;
    char *told = witness_take(&player->witness);
    if (told)
        wrong(player, "the application was told more", told);
    if (fake_dials(player->loop) != player->dials)
        wrong(player, "the client dials", fake_ws_request(fake_ws(player->loop)));
    const char *sent = fake_sent(player->loop);
    if (sent)
        wrong(player, "the client sent more", sent);
    if ((fake_ws(player->loop) != NULL) != player->connected)
        wrong(player, "the client has closed the connection", NULL);
}

/* --- ! what the application does --- */

static void open_client(struct player *player)
{
    if (player->loop)
        return;
    assert_int_equal(pusher_loop_new(&player->loop, NULL), 0);
    player->options.loop = player->loop;
    witness_open(&player->witness, &player->options);
}

/* Options come before all else. */
static bool set_option(struct player *player, const char *text)
{
    const char *rest;
    if (begins(text, "key", &rest))
        player->options.key = rest;
    else if (begins(text, "cluster", &rest))
        player->options.cluster = rest;
    else if (begins(text, "host", &rest))
        player->options.host = rest;
    else if (begins(text, "origin", &rest))
        player->options.origin = rest;
    else if (begins(text, "no-tls", &rest))
        player->options.tls = false;
    else
        return false;
    if (player->loop)
        wrong(player, "too late for an option", text);
    return true;
}

static void trigger(struct player *player, const char *rest)
{
    char channel[256], event[256];
    take_word(&rest, channel);
    take_word(&rest, event);
    pusher_channel *on = pusher_client_channel(player->witness.client, channel);
    assert_int_equal(pusher_channel_trigger(on, event, *rest ? rest : NULL), 0);
}

static void grant(struct player *player, const char *json)
{
    pusher_id request = witness_take_request(&player->witness);
    assert_int_equal(
        pusher_auth_resolve(player->witness.client, request, json, strlen(json)), 0);
}

static void reject(struct player *player, const char *rest)
{
    char status[256];
    take_word(&rest, status);
    pusher_id request = witness_take_request(&player->witness);
    assert_int_equal(
        pusher_auth_reject(player->witness.client, request, atoi(status), rest), 0);
}

static void wait(struct player *player, const char *what)
{
    bool for_retry = strcmp(what, "until-retry") == 0;
    long ms = for_retry ? (long)player->witness.retry_in_ms : atol(what);
    assert_true(ms > 0);
    fake_advance(player->loop, (uint64_t)ms);
}

static void act(struct player *player, const char *text)
{
    const char *rest;
    if (set_option(player, text))
        return;
    open_client(player);
    pusher_client *client = player->witness.client;
    if (begins(text, "connect", &rest))
        assert_int_equal(pusher_client_connect(client), 0);
    else if (begins(text, "disconnect", &rest))
        assert_int_equal(pusher_client_disconnect(client), 0);
    else if (begins(text, "ping", &rest))
        assert_int_equal(pusher_client_ping(client), 0);
    else if (begins(text, "signin", &rest))
        assert_int_equal(pusher_client_signin(client), 0);
    else if (begins(text, "subscribe", &rest))
        witness_subscribe(&player->witness, rest);
    else if (begins(text, "unsubscribe", &rest))
        assert_int_equal(pusher_channel_unsubscribe(pusher_client_channel(client, rest)),
                         0);
    else if (begins(text, "trigger", &rest))
        trigger(player, rest);
    else if (begins(text, "grant", &rest))
        grant(player, rest);
    else if (begins(text, "reject", &rest))
        reject(player, rest);
    else if (begins(text, "wait", &rest))
        wait(player, rest);
    else
        wrong(player, "the application cannot do that", text);
    fake_settle(player->loop);
}

/* --- < what the server does --- */

static void serve(struct player *player, const char *text)
{
    const char *rest;
    char code[256];
    if (!fake_ws(player->loop))
        wrong(player, "there is no connection", NULL);
    if (begins(text, "open", &rest)) {
        fake_open(player->loop);
    } else if (begins(text, "drop", &rest)) {
        player->connected = false;
        fake_end(player->loop, WS_STAGE_OPEN, -1, "");
    } else if (begins(text, "close", &rest)) {
        take_word(&rest, code);
        player->connected = false;
        fake_end(player->loop, WS_STAGE_OPEN, atoi(code), rest);
    } else if (begins(text, "binary", &rest)) {
        fake_binary(player->loop);
    } else {
        fake_text(player->loop, text);
    }
}

/* --- > what the client sends --- */

/* "ws HOST:PORT /PATH?QUERY", without our version at the end (URL-01). */
static void expect_dial(struct player *player, const char *expected)
{
    char found[1024];
    const struct ws *ws = fake_ws(player->loop);
    if (!ws || fake_dials(player->loop) != player->dials + 1)
        wrong(player, "the client does not dial", NULL);
    snprintf(found, sizeof found, "%s %s %s", fake_ws_tls(ws) ? "wss" : "ws",
             fake_ws_host_header(ws), fake_ws_request(ws));
    char *version = strstr(found, "&version=");
    if (version)
        *version = '\0';
    expect(player, "the client dials", expected, found);
    player->dials++;
    player->connected = true;
}

static void expect_closed(struct player *player)
{
    bool dialled = fake_dials(player->loop) != player->dials;
    if (fake_ws(player->loop) && !dialled)
        wrong(player, "the client has not closed the connection", NULL);
    player->connected = false;
}

static void expect_sent(struct player *player, const char *text)
{
    const char *rest;
    if (begins(text, "dial", &rest))
        expect_dial(player, rest);
    else if (begins(text, "close", &rest))
        expect_closed(player);
    else
        expect(player, "the client sent", text, fake_sent(player->loop));
}

/* --- = what the application is told, ? what it can ask --- */

static void expect_told(struct player *player, const char *text)
{
    char *told = witness_take(&player->witness);
    expect(player, "the application was told", text, told);
    free(told);
}

/* "QUESTION = ANSWER" */
static void expect_answer(struct player *player, const char *text)
{
    char question[256], answer[1024];
    const char *equals = strstr(text, " = ");
    if (!equals || (size_t)(equals - text) >= sizeof question)
        wrong(player, "not QUESTION = ANSWER", text);
    memcpy(question, text, (size_t)(equals - text));
    question[equals - text] = '\0';
    witness_ask(&player->witness, question, answer, sizeof answer);
    expect(player, question, equals + 3, answer);
}

/* --- playing --- */

static void play_lines(struct player *player, const struct script_section *section);

static void play_part(struct player *player, const char *name)
{
    const struct script_section *part = script_part(player->script, name);
    if (!part)
        wrong(player, "no part is called", name);
    play_lines(player, part);
}

static void play_line(struct player *player, const struct script_line *line)
{
    const char *part;
    player->number = line->number;
    if (line->kind == '!' && begins(line->text, "play", &part)) {
        play_part(player, part);
        return;
    }
    if (line->kind == '!' || line->kind == '<')
        expect_quiet(player);
    switch (line->kind) {
    case '!':
        act(player, line->text);
        break;
    case '<':
        serve(player, line->text);
        break;
    case '>':
        expect_sent(player, line->text);
        break;
    case '=':
        expect_told(player, line->text);
        break;
    default:
        expect_answer(player, line->text);
        break;
    }
}

static void play_lines(struct player *player, const struct script_section *section)
{
    for (size_t i = 0; i < section->line_count; i++)
        play_line(player, &player->script->lines[section->first_line + i]);
}

void player_play(const struct script *script, const struct script_section *section)
{
    struct player player = {.script = script};
    pusher_options_init(&player.options);
    play_lines(&player, section);
    expect_quiet(&player);
    witness_close(&player.witness);
    pusher_loop_free(player.loop);
}
