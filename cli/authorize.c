/*
 * How a subcommand comes by authorizations.
 */
#include "authorize.h"

#include <stdlib.h>
#include <string.h>

#include <pusher/server.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/frame.h"
#include "command.h"

/* --- with the secret --- */

/* {"NAME":TEXT} and a NUL. */
static int append_object(struct buf *out, const char *name, pusher_str text)
{
    int rc = buf_printf(out, "{\"%s\":", name);
    if (!rc)
        rc = frame_append_string(out, text);
    return rc ? rc : buf_append(out, (pusher_str){"}", sizeof "}"});
}

static int append_answer(struct buf *out, const char *auth, const char *name,
                         const char *data)
{
    int rc = buf_append(out, STR("{\"auth\":"));
    if (!rc)
        rc = frame_append_string(out, str_of(auth));
    if (!rc && data)
        rc = buf_printf(out, ",\"%s\":", name);
    if (!rc && data)
        rc = frame_append_string(out, str_of(data));
    return rc ? rc : buf_append_byte(out, '}');
}

/* The user that signs itself in is named after its connection, too. */
static void sign_user(pusher_client *client, const pusher_auth_request *request,
                      const struct authorize *by)
{
    struct buf user, answer;
    size_t auth_size = PUSHER_SERVER_AUTH_SIZE(strlen(by->connect->key));
    char *auth = malloc(auth_size);
    buf_init(&user, &mem_default, 1024);
    buf_init(&answer, &mem_default, 4096);
    int rc = auth ? 0 : PUSHER_ERR_NOMEM;
    if (!rc)
        rc = append_object(&user, "id", request->socket_id);
    if (!rc)
        rc = pusher_server_sign_user(by->connect->key, by->args->secret,
                                     request->socket_id.ptr, user.ptr, auth, auth_size);
    if (!rc)
        rc = append_answer(&answer, auth, "user_data", user.ptr);
    if (!rc)
        rc = pusher_auth_resolve(client, request->id, answer.ptr, answer.len);
    if (rc)
        pusher_auth_reject(client, request->id, 400, pusher_strerror(rc));
    free(auth);
    buf_free(&user);
    buf_free(&answer);
}

static void sign(pusher_client *client, const pusher_auth_request *request,
                 const struct authorize *by)
{
    struct buf member, answer;
    bool presence = channel_kind_of(request->channel_name) == CHANNEL_PRESENCE;
    size_t auth_size = PUSHER_SERVER_AUTH_SIZE(strlen(by->connect->key));
    char *auth = malloc(auth_size);
    buf_init(&member, &mem_default, 1024);
    buf_init(&answer, &mem_default, 4096);
    int rc = auth ? 0 : PUSHER_ERR_NOMEM;
    if (!rc && presence)
        rc = append_object(&member, "user_id", request->socket_id);
    if (!rc)
        rc = pusher_server_sign_channel(by->connect->key, by->args->secret,
                                        request->socket_id.ptr, request->channel_name.ptr,
                                        presence ? member.ptr : NULL, auth, auth_size);
    if (!rc)
        rc = append_answer(&answer, auth, "channel_data", presence ? member.ptr : NULL);
    if (!rc)
        rc = pusher_auth_resolve(client, request->id, answer.ptr, answer.len);
    if (rc)
        pusher_auth_reject(client, request->id, 400, pusher_strerror(rc));
    free(auth);
    buf_free(&member);
    buf_free(&answer);
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    const struct authorize *by = userdata;
    for (size_t i = 0; i < count; i++) {
        if (requests[i].channel)
            sign(client, &requests[i], by);
        else
            sign_user(client, &requests[i], by);
    }
}

/* --- with an endpoint --- */

/* "NAME: VALUE" and "NAME=VALUE"; spaces around the value of a header do not count. */
static bool split(char *text, char separator, bool trim, pusher_auth_field *ret)
{
    char *at = strchr(text, separator);
    if (!at || at == text)
        return false;
    *at++ = '\0';
    if (trim) {
        at += strspn(at, " \t");
        for (size_t len = strlen(at); len && strchr(" \t", at[len - 1]); len--)
            at[len - 1] = '\0';
    }
    *ret = (pusher_auth_field){.name = text, .value = at};
    return true;
}

static void fields_free(pusher_auth_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)fields[i].name);
    free(fields);
}

/* Splits copies of a list's items. */
static int fields_read(const char *command, const struct text_list *list,
                       const char *option, char separator, pusher_auth_field **ret)
{
    if (!list->count)
        return EXIT_DONE;
    *ret = calloc(list->count, sizeof **ret);
    for (size_t i = 0; *ret && i < list->count; i++) {
        char *copy = strdup(list->items[i]);
        if (!copy)
            break;
        if (!split(copy, separator, separator == ':', &(*ret)[i])) {
            free(copy);
            return usage_error(command, "--%s: \"%s\" is not NAME%sVALUE", option,
                               list->items[i], separator == ':' ? ": " : "=");
        }
        if (i + 1 == list->count)
            return EXIT_DONE;
    }
    complain(command, "%s", pusher_strerror(PUSHER_ERR_NOMEM));
    return EXIT_USAGE;
}

int authorize_read(struct authorize *auth, const char *command,
                   const struct connect_args *connect, const struct auth_args *args,
                   pusher_options *options)
{
    *auth = (struct authorize){.command = command, .connect = connect, .args = args};
    if ((args->auth_endpoint || args->user_endpoint) && args->secret)
        return usage_error(command, "an endpoint and --secret: give one of them");
    if (!args->auth_endpoint && !args->user_endpoint &&
        (args->headers.count || args->params.count || args->json))
        return usage_error(command, "--auth-header, --auth-param and --auth-json: give "
                                    "--auth-endpoint or --user-endpoint, too");
    if (args->timeout_s)
        options->auth_timeout_ms = args->timeout_s * 1000;
    if (args->secret)
        options->authorizer = (pusher_authorizer){.begin = begin, .userdata = auth};
    int status = fields_read(command, &args->headers, "auth-header", ':', &auth->headers);
    if (!status)
        status = fields_read(command, &args->params, "auth-param", '=', &auth->params);
    options->auth_endpoint = (pusher_auth_endpoint){
        .url = args->auth_endpoint,
        .headers = auth->headers,
        .header_count = args->headers.count,
        .params = auth->params,
        .param_count = args->params.count,
        .json = args->json,
        .ca_file = connect->ca_file,
    };
    options->user_endpoint = options->auth_endpoint;
    options->user_endpoint.url = args->user_endpoint;
    return status;
}

void authorize_free(struct authorize *auth)
{
    if (!auth->args)
        return;
    fields_free(auth->headers, auth->headers ? auth->args->headers.count : 0);
    fields_free(auth->params, auth->params ? auth->args->params.count : 0);
}
