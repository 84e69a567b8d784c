/*
 * peer-lws: receives with bare libwebsockets and counts messages without a look at them
 * (in paced mode it reads the time stamp). The ceiling for any client on libwebsockets.
 *
 * It takes --depth like every receiver; neither depth means anything here.
 */
#include "lws_link.h"
#include "receiver.h"

/* A stamp stands near the start of a message, well inside the first fragment. */
static uint64_t stamp_ns;

static bool on_fragment(struct receiver *receiver, unsigned number, const char *bytes,
                        size_t len, bool first, bool final)
{
    (void)number;
    if (first && receiver->mode == RECEIVER_PACED)
        stamp_ns = receiver_stamp(bytes, len, true);
    return final && receiver_count(receiver, stamp_ns);
}

int main(int argc, char **argv)
{
    struct receiver receiver;

    receiver_init(&receiver, argc, argv);
    lws_link_run(&receiver, on_fragment);
    receiver_finish(&receiver);
    return 0;
}
