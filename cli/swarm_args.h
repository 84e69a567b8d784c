/*
 * The options of `pusherctl swarm`.
 */
#ifndef CLI_SWARM_ARGS_H
#define CLI_SWARM_ARGS_H

#include "auth_args.h"
#include "client_args.h"

enum { SWARM_MAX_TEMPLATES = 16, SWARM_NAME_BYTES = 256 };

struct swarm_args {
    struct connect_args connect;
    struct client_args client;
    struct auth_args auth; /* its secret only where there is no endpoint */
    const char *secret;
    uint32_t clients;
    uint32_t ramp; /* clients a second */
    uint32_t duration_s;
    struct text_list templates;
    uint32_t channels; /* of a template with %d */
    const char *think;
    uint32_t think_min_s, think_max_s; /* read from it; 0: no page is ever left */
    uint32_t publish;                  /* events a second; 0: none */
    uint32_t publish_bytes;            /* 0: no more than needed */
    const char *app_id;
    const char *seq_member;
    const char *time_member;
    bool own_app;
    bool json;
};

/* True: go on. False: `*status` is that to exit with; --help or what is wrong has been
 * printed. The caller frees `args` in both cases. */
bool swarm_args_read(struct swarm_args *args, int argc, char **argv, int *status);
void swarm_args_free(struct swarm_args *args);

/* How many channels a template stands for. */
uint32_t swarm_template_channels(const struct swarm_args *args, size_t index);

/* The name of one of them, into SWARM_NAME_BYTES; cut where it is too long. */
void swarm_template_name(const struct swarm_args *args, size_t index, uint32_t channel,
                         char *ret);

#endif
