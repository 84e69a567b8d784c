/*
 * The hot path of receiving: cuts the envelope of a usual frame into spans without
 * allocating.
 */
#ifndef CODEC_ENVELOPE_SCAN_H
#define CODEC_ENVELOPE_SCAN_H

#include "codec/message.h"

/*
 * True: `*ret` is complete, its spans point into `frame`. False: the frame is odd or
 * wrong and json-c must decide; `*ret` is not touched.
 */
bool envelope_scan(pusher_str frame, struct message *ret);

#endif
