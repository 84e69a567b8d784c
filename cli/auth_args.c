/*
 * The table of the authorization options.
 */
#include "auth_args.h"

#define FIELD(name) offsetof(struct auth_args, name)

const struct option_spec auth_options[AUTH_OPTION_COUNT] = {
    {.name = "auth-endpoint",
     .kind = OPTION_TEXT,
     .offset = FIELD(auth_endpoint),
     .value = "URL",
     .help = "who signs for private, presence and encrypted channels"},
    {.name = "auth-header",
     .kind = OPTION_LIST,
     .offset = FIELD(headers),
     .value = "'NAME: VALUE'",
     .help = "a header field for it; may be given several times"},
    {.name = "auth-param",
     .kind = OPTION_LIST,
     .offset = FIELD(params),
     .value = "NAME=VALUE",
     .help = "a parameter for it; may be given several times"},
    {.name = "auth-json",
     .kind = OPTION_FLAG,
     .offset = FIELD(json),
     .help = "ask it with a body of JSON, not with that of a form"},
    {.name = "auth-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(timeout_s),
     .min = 1,
     .max = 3600,
     .value = "S",
     .help = "ask again after S seconds without answer; default 10"},
};

void auth_args_free(struct auth_args *args)
{
    text_list_free(&args->headers);
    text_list_free(&args->params);
}
