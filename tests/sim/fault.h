/*
 * The faults, and the weather: which of them may happen now, and how often.
 *
 * A seed alternates between bad weather, in which a random choice of faults is active,
 * and calm, in which nothing goes wrong and the application leaves the client alone; it
 * ends calm. Liveness is looked at in each calm.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define FAULTS(X)                                                                        \
    /* while an attempt is made */                                                       \
    X(RESOLVE_FAIL, "the name does not resolve")                                         \
    X(RESOLVE_HANG, "the resolver does not answer")                                      \
    X(REFUSE, "the connection is refused or times out")                                  \
    X(CONNECT_HANG, "packets of the attempt are lost")                                   \
    X(SLOW, "an attempt takes long")                                                     \
    X(TLS_FAIL, "the TLS handshake fails")                                               \
    X(TLS_HANG, "the TLS handshake hangs")                                               \
    X(UPGRADE_STATUS, "the upgrade is answered with another status")                     \
    X(UPGRADE_HANG, "the upgrade is not answered")                                       \
    X(TURNS, "an attempt waits for its turn")                                            \
    X(DIAL_MEMORY, "the transport cannot be made")                                       \
    /* before the greeting */                                                            \
    X(GREETING_NEVER, "no greeting")                                                     \
    X(GREETING_BAD, "another first message, or a bad greeting")                          \
    X(GREETING_ERROR, "an in-band error instead of the greeting")                        \
    X(GREETING_CLOSE, "closed before the greeting")                                      \
    X(GREETING_ODD, "an odd activity timeout")                                           \
    /* answers */                                                                        \
    X(PONG_NEVER, "pings are not answered")                                              \
    X(SUBSCRIBE_ERROR, "a subscription is refused")                                      \
    X(SUBSCRIBE_IGNORED, "a subscription is not answered")                               \
    X(SUBSCRIBE_TWICE, "a subscription is answered twice")                               \
    X(ROSTER_BAD, "a list of members is malformed")                                      \
    X(MEMBER_BAD, "a member is malformed")                                               \
    X(SEALED_BAD, "an encrypted message is malformed")                                   \
    X(SEALED_UNKNOWN, "an encrypted message is made with a key that nobody has")         \
    X(SIGNIN_BAD, "a sign-in is confirmed without a user")                               \
    X(WATCHED_BAD, "watchlist events are malformed")                                     \
    X(AUTH_NEVER, "an authorization is not answered")                                    \
    X(AUTH_LATE, "an authorization takes long")                                          \
    X(AUTH_REJECT, "an authorization is rejected, with any status")                      \
    X(AUTH_WRONG, "an authorization has another form")                                   \
    X(AUTH_HUGE, "an authorization is huge")                                             \
    X(AUTH_BARE, "an authorization does not say for whom it is")                         \
    X(AUTH_TWICE, "an authorization is answered twice")                                  \
    X(AUTH_STALE, "an authorization is answered after it was cancelled")                 \
    X(DELAY, "messages take long")                                                       \
    X(DUPLICATE, "a message comes twice")                                                \
    X(SEND_SLOW, "frames stay in the socket's buffer")                                   \
    X(SEND_MEMORY, "a frame cannot be sent")                                             \
    /* incidents: at a moment, to a connection or a machine */                           \
    X(DROP, "the connection is reset")                                                   \
    X(CLOSE_CODE, "closed with any code")                                                \
    X(ERROR_DROP, "an in-band error, then dropped")                                      \
    X(ERROR_ONLY, "an in-band error")                                                    \
    X(HALF_OPEN, "nothing passes any more")                                              \
    X(STALL, "nothing passes for a while")                                               \
    X(GARBAGE, "messages of wrong form and type")                                        \
    X(UNKNOWN, "unknown events, events of unknown channels, unasked answers")            \
    X(BINARY, "binary frames")                                                           \
    X(PING_FLOOD, "many pings at once")                                                  \
    X(BURST, "many events at once")                                                      \
    X(SECOND_GREETING, "a second greeting")                                              \
    X(TOO_LONG, "a message passes the limit")                                            \
    X(BROKEN_FRAME, "the peer breaks the WebSocket protocol")                            \
    X(OUTAGE, "the server dies and is back later")                                       \
    X(SUSPEND, "the machine sleeps, and is told so when it wakes up")                    \
    X(FREEZE, "the process is stopped, and nobody tells it")                             \
    X(WALL_JUMP, "the wall clock jumps")                                                 \
    X(MEMORY, "allocations fail")                                                        \
    X(CALL, "the application calls")                                                     \
    X(CALL_INSIDE, "the application calls from inside callbacks")

enum fault {
#define X(id, what) FAULT_##id,
    FAULTS(X)
#undef X
        FAULT_COUNT
};

enum { FIRST_INCIDENT = FAULT_DROP };

struct weather {
    bool calm;
    bool last;           /* the calm at the end */
    uint64_t calm_since; /* when calm */
    unsigned permille[FAULT_COUNT];
    uint32_t incident_gap_ms; /* between incidents, on average */
    bool allowed[FAULT_COUNT];
};

struct world;

/* "close-code" */
const char *fault_name(enum fault fault);
const char *fault_what(enum fault fault);

/* Whether this fault happens now. */
bool fault_strikes(struct world *world, enum fault fault);

/* Draws bad weather, or calm. */
void weather_turn_bad(struct world *world);
void weather_turn_calm(struct world *world);

/* When the calm at the end begins. */
uint64_t weather_last_calm(const struct world *world);

/* An incident that may happen now, or FAULT_COUNT. */
enum fault weather_pick_incident(struct world *world);

#endif
