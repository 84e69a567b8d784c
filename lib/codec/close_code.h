/*
 * Close codes: what the client does after the server closed (CLOSE-01). The only place
 * where a close code is judged.
 */
#ifndef CODEC_CLOSE_CODE_H
#define CODEC_CLOSE_CODE_H

enum close_action {
    CLOSE_RECONNECT, /* no special meaning: reconnect with backoff (CLOSE-07) */
    CLOSE_BACKOFF,   /* 1002 … 1004, 4100 … 4199 (CLOSE-05) */
    CLOSE_RETRY_NOW, /* 4200 … 4299: at once, but only once until stable (CLOSE-06) */
    CLOSE_TLS_ONLY,  /* 4000: again with TLS; a refusal when TLS is on (CLOSE-04) */
    CLOSE_REFUSED    /* 4001 … 4099, ≥ 4300: not again before connect() (CLOSE-03) */
};

/* `code`: 0 … 65535, or -1 for a close without a code. */
enum close_action close_action_of(int code);

/* What the documentation says of a code (CLOSE-11), or "" for a code without a meaning.
 */
const char *close_code_text(int code);

#endif
