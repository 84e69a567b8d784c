/*
 * The checks by name: invariants (I…) hold after every happening, liveness (L…) within a
 * stated time. See README.md for what is looked at.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include <stdint.h>

#define CHECKS(X)                                                                        \
    X(I1, "one-transport", "one live transport a client, and nothing of an old one")     \
    X(I2, "state-edges", "only edges of the diagram, each told once, in order")          \
    X(I3, "socket-id", "a socket id while connected, and that of this transport")        \
    X(I4, "authorized", "no subscribe that needs an authorization goes without one")     \
    X(I5, "subscribe-once", "one subscribe for a channel and connection")                \
    X(I6, "unsubscribed", "no event after unsubscribe, and the server is told")          \
    X(I7, "over", "no attempt after disconnect, nothing at all after free")              \
    X(I8, "confirmed", "subscribed means wanted, connected and confirmed")               \
    X(I9, "succeeded-first", "subscription_succeeded once, and before other events")     \
    X(I10, "members", "the members are those that the server said, each once")           \
    X(I11, "all-or-nothing", "a call has its full effect, or fails and has none")        \
    X(I12, "attempts",                                                                   \
      "as many attempts as the close codes allow, none after a refusal")                 \
    X(I13, "delay",                                                                      \
      "each delay between floor and bound, reset only after a stable time")              \
    X(I14, "monotonic", "timers keep the monotonic time; the wall clock moves nothing")  \
    X(I15, "limits", "channels and memory stay within what was configured or asked")     \
    X(I16, "callbacks", "callbacks come one at a time, never from inside a call")        \
    X(I17, "client-events", "each client event goes out once, in order, when it may")    \
    X(I18, "secrets", "no secret is in a log line or a report; TLS is never left")       \
    X(I19, "sealed", "of encrypted messages only what the key opens is told")            \
    X(I20, "balance", "memory, bindings and userdata are given back, once")              \
    X(I21, "problems", "each failed attempt is reported once, with what became of it")   \
    X(I22, "frames", "every frame that is sent is of the protocol, and is owed")         \
    X(I23, "gaps", "each subscription after a loss tells the gap, once, and its length") \
    X(L1, "connects", "connected in time once faults stop")                              \
    X(L2, "subscribes", "wanted channels confirmed or refused in time")                  \
    X(L3, "notices", "a silent connection is noticed in time")                           \
    X(L4, "ends", "disconnect and free take effect at once")                             \
    X(L5, "unavailable", "unavailable is said in time, not earlier, and attempts go on") \
    X(L6, "idle", "no busy loop, no idle wake-ups")                                      \
    X(L7, "delivery", "accepted messages reach each binding once, in order, at once")

enum check {
    CHECK_NONE,
#define X(id, name, what) CHECK_##id,
    CHECKS(X)
#undef X
        CHECK_END
};

struct violation {
    enum check check; /* CHECK_NONE: none */
    uint64_t at;
    char text[400];
};

struct world;

/* Notes that a check failed; only the first is kept, and the run ends. */
void violated(struct world *world, enum check check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const char *check_id(enum check check);   /* "I1" */
const char *check_name(enum check check); /* "one-transport" */
const char *check_what(enum check check);

#endif
