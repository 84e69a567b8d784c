#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *path)
{
    fprintf(stderr, "cannot read %s\n", path);
    exit(1);
}

static long private_kib(void)
{
    static const char path[] = "/proc/self/smaps_rollup";
    char line[200];
    long kib = -1;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1)
            break;
    if (file)
        fclose(file);
    if (kib < 0)
        fail(path);
    return kib;
}

static int entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    if (!directory)
        fail(path);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

struct proc proc_read(void)
{
    return (struct proc){
        .private_kib = private_kib(),
        .descriptors = entries("/proc/self/fd") - 1, /* that of the reading itself */
        .threads = entries("/proc/self/task"),
    };
}
