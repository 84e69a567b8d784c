/*
 * The texts of authorizations.
 */
#include "grant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "names.h"
#include "sealed.h"
#include "world.h"

void grant_auth(char ret[GRANT_AUTH_MAX], int channel, pusher_str socket_id,
                int64_t request)
{
    snprintf(ret, GRANT_AUTH_MAX, "%s:%s-%.*s-%d-%" PRId64, SIM_KEY, SIM_SIGNATURE,
             STR_ARG(socket_id), channel, request);
}

const char *grant_signed_data(enum verdict verdict, int channel)
{
    if (verdict == VERDICT_BARE)
        return "";
    if (channel == PRESENCE_CHANNEL)
        return "{\\\"user_id\\\":\\\"0\\\",\\\"user_info\\\":\\\"" SIM_SIGNED "\\\"}";
    return channel == SIGNIN ? "{\\\"id\\\":\\\"0\\\",\\\"name\\\":\\\"" SIM_SIGNED
                               "\\\"}"
                             : "";
}

void grant_text(char ret[GRANT_MAX], enum verdict verdict, int channel,
                pusher_str socket_id, int64_t request, unsigned key)
{
    char auth[GRANT_AUTH_MAX], secret[SEALED_SECRET_MAX];
    const char *member = channel == SIGNIN ? "user_data" : "channel_data";
    const char *data = grant_signed_data(verdict, channel);
    grant_auth(auth, channel, socket_id, request);
    if (channel == SEALED_CHANNEL) {
        sealed_secret(key, secret);
        snprintf(ret, GRANT_MAX, "{\"auth\":\"%s\",\"shared_secret\":\"%s\"}", auth,
                 secret);
    } else if (*data) {
        snprintf(ret, GRANT_MAX, "{\"%s\":\"%s\",\"auth\":\"%s\"}", member, data, auth);
    } else {
        snprintf(ret, GRANT_MAX, "{\"auth\":\"%s\"}", auth);
    }
}

pusher_str grant_wrong(struct world *world, int channel)
{
    static const char *const forms[] = {
        "",
        "null",
        "5",
        "[]",
        "{}",
        "{\"auth\":5}",
        "{\"auth\":\"\"}",
        "{\"auth\":null}",
        "{\"auth\":\"other:" SIM_SIGNATURE "\"}",
        "{\"auth\":\"" SIM_KEY "\"}",
        "{\"auth\":\"" SIM_KEY ":a b\"}",
        "{\"auth\":\"" SIM_KEY ":a\"",
        "{\"auth\":\"" SIM_KEY ":\xff\"}",
        "<html>" SIM_SIGNATURE "</html>",
    };
    static const char *const members[] = {
        "{\"auth\":\"" SIM_KEY ":a\",\"channel_data\":5}",
        "{\"auth\":\"" SIM_KEY ":a\",\"channel_data\":\"" SIM_SIGNED "\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"channel_data\":\"{}\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"channel_data\":\"{\\\"user_id\\\":[]}\"}",
    };
    static const char *const secrets[] = {
        "{\"auth\":\"" SIM_KEY ":a\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"shared_secret\":5}",
        "{\"auth\":\"" SIM_KEY ":a\",\"shared_secret\":\"YQ==\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"shared_secret\":\"" SIM_SIGNED "\"}",
    };
    static const char *const users[] = {
        "{\"auth\":\"" SIM_KEY ":a\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"user_data\":\"" SIM_SIGNED "\"}",
        "{\"auth\":\"" SIM_KEY ":a\",\"user_data\":\"{\\\"id\\\":\\\"\\\"}\"}",
    };
    bool common = chance(world, 500);
    if (!common && channel == PRESENCE_CHANNEL)
        return str_of(PICK_OF(world, members));
    if (!common && channel == SEALED_CHANNEL)
        return str_of(PICK_OF(world, secrets));
    if (!common && channel == SIGNIN)
        return str_of(PICK_OF(world, users));
    return str_of(PICK_OF(world, forms));
}

pusher_str grant_huge(void)
{
    static char text[GRANT_WRONG_MAX];
    memset(text, 'a', sizeof text);
    return (pusher_str){text, sizeof text};
}
