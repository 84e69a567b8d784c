/*
 * A client on the fake network, and a record of everything its callbacks were told, as
 * text: tests compare the record with what they expect.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pusher/pusher.h>

#include "support/fake_net.h"

struct rig {
    pusher_loop *loop;
    pusher_client *client;
    pusher_channel *room;
    pusher_id id;      /* for the test's own use */
    unsigned problems; /* reported so far */
    pusher_problem_kind last_problem;
    bool last_will_retry;
    char record[4096]; /* "word word …" */
};

/* A client for host "h", key "k", without TLS, on a loop of its own. */
void rig_open(struct rig *rig);
void rig_open_with(struct rig *rig, const pusher_options *options);
void rig_close(struct rig *rig);

/* Connects, greets (socket id 1.2, activity timeout 120) and subscribes to "room". */
void rig_connect(struct rig *rig);
void rig_greet(struct rig *rig);

/* Appends a word to the record; compares the record and empties it. */
void rig_note(struct rig *rig, const char *word);
void rig_expect(struct rig *rig, const char *record);

/* Binds a callback that notes `word`; `channel` NULL: on the client. */
struct noter;
struct noter *rig_bind(struct rig *rig, pusher_channel *channel, const char *event,
                       const char *word);
/* The same, and `then` runs inside the callback after the note. */
struct noter *rig_bind_then(struct rig *rig, pusher_channel *channel, const char *event,
                            const char *word, void (*then)(struct rig *rig));
pusher_id noter_id(const struct noter *noter);

#endif
