/*
 * Planted bugs: each makes the world around the library, or what is observed of it,
 * wrong in one way, so that one check must fail. They prove that the checks can. The
 * library itself has no switch for any of this.
 */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H

#include <stdbool.h>

#include "check.h"

#define PLANTS(X)                                                                        \
    X(NONE, NONE, "")                                                                    \
    X(TRANSPORT_KEPT, I1, "a transport that is replaced is not closed")                  \
    X(STATE_UNTOLD, I2, "a state change is not told")                                    \
    X(STATE_TWICE, I2, "a state change is told twice")                                   \
    X(SOCKET_ID_KEPT, I3, "the socket id outlives its connection")                       \
    X(STALE_AUTH, I4, "a subscribe shows the authorization of another connection")       \
    X(AUTH_TWICE, I5, "an authorization is asked for twice")                             \
    X(UNCANCELLED, I6, "the authorizer is not told to forget")                           \
    X(SUBSCRIBE_TWICE, I5, "a subscribe is sent twice")                                  \
    X(LATE_EVENT, I6, "an event arrives after unsubscribe")                              \
    X(UNSUBSCRIBE_UNSENT, I6, "the server is not told of an unsubscribe")                \
    X(RECONNECTS, I7, "an attempt is made after disconnect")                             \
    X(LATE_CALLBACK, I7, "a callback comes after free")                                  \
    X(STALE_CHANNEL, I8, "a channel stays subscribed without a connection")              \
    X(SUCCEEDED_TWICE, I9, "subscription_succeeded arrives twice")                       \
    X(MEMBER_KEPT, I10, "a member that went is still counted")                           \
    X(CHANGE_UNTOLD, I10, "it is not told who went meanwhile")                           \
    X(HALF_CALL, I11, "a call says that it failed, and has its effect")                  \
    X(IGNORES_REFUSAL, I12, "a refusal is taken for a loss")                             \
    X(LONG_DELAY, I13, "a delay is longer than its bound")                               \
    X(COUNT_KEPT, I13, "the number of the attempt never starts anew")                    \
    X(EARLY_TIMER, I14, "timers fire early")                                             \
    X(WALL_CLOCK, I14, "the wall clock is read")                                         \
    X(GROWS, I15, "memory grows with each message")                                      \
    X(NESTED, I16, "a callback comes from inside a call")                                \
    X(MOVE_TWICE, I17, "a client event is sent twice")                                   \
    X(MOVE_LOST, I17, "a client event is lost, and not counted")                         \
    X(KEY_TOLD, I18, "a report holds the key")                                           \
    X(SIGNATURE_TOLD, I18, "a log line holds a signature")                               \
    X(CIPHERTEXT, I19, "an encrypted message is told as it came")                        \
    X(KEY_AGAIN, I19, "a key is asked for again and again")                              \
    X(PLAIN, I18, "an attempt goes without TLS")                                         \
    X(LEAK, I20, "a block is never given back")                                          \
    X(FREED_TWICE, I20, "userdata is freed twice")                                       \
    X(REFUSAL_UNTOLD, I21, "a refused subscription is not reported")                     \
    X(UNREPORTED, I21, "a failed attempt is not reported")                               \
    X(WRONG_CODE, I21, "a report holds another close code")                              \
    X(CUT_FRAME, I22, "a frame is cut short")                                            \
    X(GAP_UNTOLD, I23, "a gap is not told")                                              \
    X(SHORT_GAP, I23, "a gap is told shorter than it is")                                \
    X(NEVER_WELL, L1, "the server refuses everybody for good")                           \
    X(NEVER_CONFIRMED, L2, "a subscription is never confirmed")                          \
    X(LOST_TIMERS, L3, "some timers of a connected client do not fire")                  \
    X(HANGS_ON, L4, "disconnect leaves the transport open")                              \
    X(UNAVAILABLE_UNTOLD, L5, "unavailable is not told")                                 \
    X(BUSY, L6, "timers fire without a reason")                                          \
    X(LOST_MESSAGE, L7, "a message is lost before the client")                           \
    X(MESSAGE_TWICE, L7, "an event is told twice")                                       \
    X(SAME_JITTER, NONE, "all clients draw the same delays")

enum plant {
#define X(id, check, what) PLANT_##id,
    PLANTS(X)
#undef X
        PLANT_COUNT
};

struct world;
struct app;
struct fact;

bool planted(const struct world *world, enum plant plant);

/* Where observe() begins: what of a fact the trace and the checks are to see. */
void plant_observe(struct app *app, const struct fact *fact);

const char *plant_name(enum plant plant);
const char *plant_what(enum plant plant);
enum check plant_check(enum plant plant); /* that must fail */

#endif
