/*
 * Keeping a number occupied that is closed twice.
 */
#include "net/event_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

static void take_poll_handle(uv_handle_t *handle, void *ret)
{
    uv_os_fd_t fd;
    if (handle->type == UV_POLL && uv_fileno(handle, &fd) == 0)
        *(int *)ret = fd;
}

int event_pipe_find(uv_loop_t *uv)
{
    int fd = -1;
    uv_walk(uv, take_poll_handle, &fd);
    return fd;
}

struct event_pipe_guard event_pipe_occupy(int fd)
{
    struct event_pipe_guard guard = {.fd = -1};
    struct stat what;
    if (fd < 0 || fcntl(fd, F_GETFD) >= 0)
        return guard; /* not closed, or somebody else has it already */
    int file = memfd_create("libpusher", MFD_CLOEXEC); /* something of its own to know */
    if (file < 0)
        return guard;
    int taken = file == fd ? file : fcntl(file, F_DUPFD_CLOEXEC, fd);
    if (taken == fd && fstat(taken, &what) == 0)
        guard = (struct event_pipe_guard){fd, what.st_dev, what.st_ino};
    else if (taken >= 0)
        close(taken);
    if (file != taken)
        close(file);
    return guard;
}

void event_pipe_release(const struct event_pipe_guard *guard)
{
    struct stat what;
    if (guard->fd >= 0 && fstat(guard->fd, &what) == 0 && what.st_dev == guard->device &&
        what.st_ino == guard->inode)
        close(guard->fd);
}
