/*
 * The clocks of the system, as the library sees them: the linker sends its calls here
 * (--wrap). Whatever the wall clock shows, nothing but the words of a gap may depend on
 * it.
 */
#include <sys/time.h>
#include <time.h>

#include "world.h"

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_gettimeofday(struct timeval *ret, void *zone);
time_t __wrap_time(time_t *ret);

enum { START_OF_2026_S = 1767225600 };

int64_t world_wall_ms(const struct world *world)
{
    return (int64_t)START_OF_2026_S * 1000 + (int64_t)world->now + world->wall_offset_ms;
}

static int64_t read_wall(void)
{
    the_world->wall_reads++;
    return world_wall_ms(the_world);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    int64_t ms = clock == CLOCK_REALTIME ? read_wall() : (int64_t)the_world->now;
    *ret =
        (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

int __wrap_gettimeofday(struct timeval *ret, void *zone)
{
    (void)zone;
    int64_t ms = read_wall();
    *ret = (struct timeval){.tv_sec = (time_t)(ms / 1000), .tv_usec = ms % 1000 * 1000};
    return 0;
}

time_t __wrap_time(time_t *ret)
{
    time_t seconds = (time_t)(read_wall() / 1000);
    if (ret)
        *ret = seconds;
    return seconds;
}
