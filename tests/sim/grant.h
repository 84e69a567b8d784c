/*
 * Authorizations: what the application's server says, and how a frame must show it. Each
 * is made for one socket id, one channel and one request, and all of that can be read in
 * it.
 */
#ifndef SIM_GRANT_H
#define SIM_GRANT_H

#include <stdint.h>

#include <pusher/types.h>

struct world;

/* What an answer is to lead to. */
enum verdict {
    VERDICT_NONE,      /* no answer yet */
    VERDICT_GRANTED,   /* the subscribe goes out */
    VERDICT_BARE,      /* likewise, but who it is for only a sign-in can tell (PRES-01) */
    VERDICT_TRANSIENT, /* it is tried again after a delay */
    VERDICT_FINAL      /* not on this connection */
};

enum { GRANT_MAX = 600, GRANT_AUTH_MAX = 200, GRANT_WRONG_MAX = 80000 };

/* The JSON text that grants; `key`: of the sealed channel. */
void grant_text(char ret[GRANT_MAX], enum verdict verdict, int channel,
                pusher_str socket_id, int64_t request, unsigned key);

/* A text that grants nothing, of any form; it has to last for one answer. */
pusher_str grant_wrong(struct world *world, int channel);

/* One that is larger than any may be. */
pusher_str grant_huge(void);

/* What the frame must hold: "auth", and what is signed with it, escaped; "": nothing. */
void grant_auth(char ret[GRANT_AUTH_MAX], int channel, pusher_str socket_id,
                int64_t request);
const char *grant_signed_data(enum verdict verdict, int channel);

/* Must not be seen in any log line or report. */
#define SIM_SIGNATURE "canary-7d793037a0760186"
#define SIM_SIGNED    "canary-574b0222cc0ad3f4"

#endif
