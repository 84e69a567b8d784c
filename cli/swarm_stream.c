/*
 * A window of bits that slides over the numbers.
 */
#include "swarm_stream.h"

static uint64_t *word_of(struct stream *stream, uint64_t number)
{
    return &stream->seen[number % STREAM_WINDOW / 64];
}

static uint64_t bit_of(uint64_t number)
{
    return (uint64_t)1 << number % 64;
}

/* Whether the window reaches back to it. */
static bool is_known(const struct stream *stream, uint64_t number)
{
    return number + STREAM_WINDOW >= stream->next;
}

static bool has_come(const struct stream *stream, uint64_t number)
{
    return number < stream->next && is_known(stream, number) &&
           (stream->seen[number % STREAM_WINDOW / 64] & bit_of(number));
}

/* Moves the window up to `end`; what was there a window ago is forgotten. */
static void advance(struct stream *stream, uint64_t end)
{
    uint64_t number = stream->next;
    if (number >= end)
        return;
    if (end - number > STREAM_WINDOW)
        number = end - STREAM_WINDOW;
    for (; number < end; number++)
        *word_of(stream, number) &= ~bit_of(number);
    stream->next = end;
}

static void begin(struct stream *stream, uint64_t first)
{
    *stream = (struct stream){
        .begun = true,
        .first = first,
        .base = first,
        .next = first,
        .gap_until = first,
    };
}

void stream_subscribed(struct stream *stream, uint64_t next)
{
    if (!stream->begun)
        begin(stream, next);
    stream->gap_until = next;
}

void stream_subscribed_somewhere(struct stream *stream)
{
    stream->away = stream->begun;
}

static bool was_sent(const struct stream_judge *judge, uint64_t number)
{
    return !judge->was_sent || judge->was_sent(judge->userdata, number);
}

void stream_settle(struct stream *stream, uint64_t end, const struct stream_judge *judge)
{
    for (uint64_t number = stream->base; stream->begun && number < end; number++) {
        if (!has_come(stream, number) && was_sent(judge, number)) {
            judge->tally->lost += number >= stream->gap_until;
            judge->tally->missed += number < stream->gap_until;
        }
        stream->base = number + 1;
    }
    advance(stream, stream->base);
}

/* A number that was judged: lost, or here already. */
static enum stream_verdict take_judged(struct stream *stream, uint64_t number,
                                       const struct stream_judge *judge)
{
    if (has_come(stream, number)) {
        judge->tally->duplicates++;
        return STREAM_DUPLICATE;
    }
    if (is_known(stream, number))
        *word_of(stream, number) |= bit_of(number);
    judge->tally->late++;
    return STREAM_LATE;
}

bool stream_is_complete(const struct stream *stream, uint64_t end,
                        const struct stream_judge *judge)
{
    uint64_t number = stream->gap_until > stream->base ? stream->gap_until : stream->base;
    for (; stream->begun && number < end; number++) {
        if (!has_come(stream, number) && was_sent(judge, number))
            return false;
    }
    return true;
}

static bool is_leap(const struct stream *stream, uint64_t number)
{
    uint64_t expected =
        stream->gap_until > stream->next ? stream->gap_until : stream->next;
    return number > expected ? number - expected > STREAM_LEAP
                             : expected - number > STREAM_LEAP;
}

enum stream_verdict stream_take(struct stream *stream, uint64_t number,
                                const struct stream_judge *judge)
{
    if (!stream->begun || is_leap(stream, number))
        begin(stream, number);
    if (stream->away && number >= stream->next) {
        stream->gap_until = number;
        stream->away = false;
    }
    if (number < stream->first)
        return STREAM_BEFORE;
    if (number < stream->base)
        return take_judged(stream, number, judge);
    if (number >= stream->base + STREAM_WINDOW)
        stream_settle(stream, number - STREAM_WINDOW + 1, judge);
    if (has_come(stream, number)) {
        judge->tally->duplicates++;
        return STREAM_DUPLICATE;
    }
    advance(stream, number + 1);
    *word_of(stream, number) |= bit_of(number);
    judge->tally->received++;
    return STREAM_NEW;
}
