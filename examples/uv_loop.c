/*
 * The library inside a libuv loop: a handle that watches the loop's one descriptor.
 * Callbacks run in uv_run().
 *
 *   uv_loop KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * Type the name of a channel to subscribe to it; end of input ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/adapters/uv.h>
#include <pusher/pusher.h>

struct program {
    pusher_client *client;
    pusher_uv *adapter;
    uv_pipe_t input;
    char buffer[256];
};

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)userdata;
    printf("%s %s %s\n", event->channel_name.ptr, event->name.ptr,
           event->data.ptr ? event->data.ptr : "");
    fflush(stdout);
}

static void subscribe(pusher_client *client, const char *name)
{
    if (pusher_client_channel(client, name))
        return; /* a second binding would print each event twice */
    pusher_channel *channel = NULL;
    int error = pusher_client_subscribe(client, name, &channel);
    if (!error)
        error = pusher_channel_bind(channel, NULL, on_event, NULL, NULL, NULL);
    if (error)
        fprintf(stderr, "%s: %s\n", name, pusher_strerror(error));
}

static void give_buffer(uv_handle_t *input, size_t size, uv_buf_t *ret)
{
    struct program *program = input->data;
    (void)size;
    *ret = uv_buf_init(program->buffer, sizeof program->buffer - 1);
}

/* Nothing is watched any more, so uv_run() returns. */
static void end(struct program *program)
{
    pusher_uv_detach(program->adapter);
    uv_close((uv_handle_t *)&program->input, NULL);
}

static void on_input(uv_stream_t *input, ssize_t len, const uv_buf_t *buffer)
{
    struct program *program = input->data;
    if (len < 0) {
        end(program);
        return;
    }
    buffer->base[len] = '\0'; /* a terminal gives lines */
    buffer->base[strcspn(buffer->base, "\n")] = '\0';
    if (*buffer->base)
        subscribe(program->client, buffer->base);
}

static int run(struct program *program, uv_loop_t *uv)
{
    int error =
        pusher_uv_attach(pusher_client_loop(program->client), uv, &program->adapter);
    if (error)
        return error;
    uv_pipe_init(uv, &program->input, 0);
    program->input.data = program;
    if (uv_pipe_open(&program->input, 0) != 0 ||
        uv_read_start((uv_stream_t *)&program->input, give_buffer, on_input) != 0)
        end(program);
    uv_run(uv, UV_RUN_DEFAULT);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s KEY HOST PORT\n", argv[0]);
        return 1;
    }
    struct program program;
    pusher_options options;
    memset(&program, 0, sizeof program);
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    int error = pusher_client_new(&program.client, &options);
    if (!error)
        error = pusher_client_connect(program.client);
    if (!error)
        error = run(&program, uv_default_loop());
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(program.client);
    uv_loop_close(uv_default_loop());
    return error ? 1 : 0;
}
