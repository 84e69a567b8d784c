/*
 * What needs the app secret: subscriptions, sign-ins, and calls of the HTTP API.
 */
#ifndef TESTS_SANDBOX_SIGNED_H
#define TESTS_SANDBOX_SIGNED_H

#include "rig.h"

/* Subscribes with a good signature; channel_data is JSON text without escapes, or NULL.
 */
void signed_subscribe(struct rig *rig, struct peer *peer, const char *channel,
                      const char *channel_data);

/* Signs in with a good signature; user_data is JSON text without escapes. */
void signed_signin(struct rig *rig, struct peer *peer, const char *user_data);

/* A signed POST of `body`, with a timestamp that is off by `skew_s`. Returns as
 * rig_http(). */
int signed_post(struct rig *rig, const char *path, const char *body, int64_t skew_s,
                char **answer);

/* A signed GET; each parameter is "name=value", the last one is followed by NULL. */
int signed_get(struct rig *rig, const char *path, const char *const *params,
               char **answer);

#endif
