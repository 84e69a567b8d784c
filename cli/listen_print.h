/*
 * How `pusherctl listen` shows what happens: as JSON lines for programs, or as text for
 * people. Both are a table of functions that write one line and return 0 or an errno
 * value.
 */
#ifndef CLI_LISTEN_PRINT_H
#define CLI_LISTEN_PRINT_H

#include <stdbool.h>

#include <pusher/pusher.h>

#include "json_out.h"

struct listen_output {
    const struct listen_lines *lines;
    struct json_out json; /* of the JSON lines */
    bool colour;          /* text: on standard output */
};

struct listen_lines {
    int (*event)(struct listen_output *out, const pusher_event *event);
    int (*subscribed)(struct listen_output *out, const pusher_channel *channel);
    /* `socket_id` is empty unless `current` is connected. */
    int (*state)(struct listen_output *out, pusher_state previous, pusher_state current,
                 pusher_str socket_id);
    int (*problem)(struct listen_output *out, const pusher_problem *problem);
    /* NULL: not shown. */
    int (*gap)(struct listen_output *out, const pusher_gap *gap);
};

/* Whether it has a roster to be shown. */
bool is_presence(const pusher_channel *channel);

extern const struct listen_lines listen_json_lines; /* all on standard output */
extern const struct listen_lines listen_text_lines; /* states and problems on stderr */

/* JSON lines, or text in colour when a terminal wants it. */
void listen_output_init(struct listen_output *out, bool json);
void listen_output_free(struct listen_output *out);

#endif
