/*
 * The name of an event or a channel, as a log line has it.
 */
#ifndef CODEC_LOG_NAME_H
#define CODEC_LOG_NAME_H

#include "base/quote.h"

struct log_name {
    char text[QUOTE_SIZE];
};

/*
 * Names may come from the server; and that of the user's own channel holds their id,
 * which is left out. Without a name it is that of the user who signs in.
 */
struct log_name log_name(pusher_str name);

#endif
