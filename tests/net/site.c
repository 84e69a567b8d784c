/*
 * A sandbox and a client of it.
 */
#include "site.h"

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    (void)previous;
    ((struct site *)userdata)->up = current == PUSHER_STATE_CONNECTED;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)problem;
    ((struct site *)userdata)->problems++;
}

static void add_sandbox(struct site *site)
{
    pusher_sandbox_options options;
    pusher_sandbox_options_init(&options);
    options.loop = site->loop;
    assert_int_equal(pusher_sandbox_new(&site->sandbox, &options), 0);
    site->port = pusher_sandbox_port(site->sandbox);
}

void site_open(struct site *site, const char *host, uint16_t port)
{
    pusher_options options;
    *site = (struct site){.port = port};
    assert_int_equal(pusher_loop_new(&site->loop, NULL), 0);
    if (!port)
        add_sandbox(site);
    pusher_options_init(&options);
    options.loop = site->loop;
    options.key = "app-key";
    options.host = host;
    options.port = site->port;
    options.tls = false;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.userdata = site;
    assert_int_equal(pusher_client_new(&site->client, &options), 0);
    assert_int_equal(pusher_client_connect(site->client), 0);
    assert_true(peer_run_until(site->loop, &site->up));
}

void site_probe(struct site *site)
{
    assert_true(site->up);
    assert_int_equal(pusher_client_ping(site->client), 0);
    peer_begin();
    while (pusher_client_round_trip(site->client, NULL, NULL))
        peer_step(site->loop);
    assert_int_equal(site->problems, 0);
    assert_true(site->up);
}

void site_close(struct site *site)
{
    pusher_loop_free(site->loop);
}
