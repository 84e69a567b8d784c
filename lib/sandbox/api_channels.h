/*
 * Questions over the HTTP API: which channels there are, and who is in them; and the end
 * of a user's connections (API-01).
 */
#ifndef SANDBOX_API_CHANNELS_H
#define SANDBOX_API_CHANNELS_H

#include "sandbox/api.h"

/* `name`: of the channel, or the id of the user, as the path has it. */
void api_channels(struct service *service, const struct api_request *request,
                  pusher_str name, struct api_answer *ret);
void api_channel(struct service *service, const struct api_request *request,
                 pusher_str name, struct api_answer *ret);
void api_channel_users(struct service *service, const struct api_request *request,
                       pusher_str name, struct api_answer *ret);
void api_terminate_user(struct service *service, const struct api_request *request,
                        pusher_str name, struct api_answer *ret);

#endif
