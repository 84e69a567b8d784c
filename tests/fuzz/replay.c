/*
 * Plays the files of the directories named on the command line to a fuzz target, for
 * builds without libFuzzer: every input that was ever interesting stays a test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int play_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    /* Read to the end, whatever the size; then a copy of exactly that size, so that a
     * sanitizer sees every byte read past it. */
    static uint8_t room[1 << 20];
    size_t size = fread(room, 1, sizeof room, file);
    int rc = ferror(file) || !feof(file) ? -1 : 0;
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1);
    if (rc || !exact) {
        free(exact);
        return -1;
    }
    for (size_t i = 0; i < size; i++)
        exact[i] = room[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

/* The number of files played, or -1. */
static int play_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return -1;
    int played = 0;
    for (struct dirent *entry; played >= 0 && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        char file[4096];
        int len = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof file || play_file(file))
            played = -1;
        else
            played++;
    }
    closedir(directory);
    return played;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int played = play_directory(argv[i]);
        if (played <= 0) {
            fprintf(stderr, "%s: no file there could be played\n", argv[i]);
            return 1;
        }
        printf("%s: %d files\n", argv[i], played);
    }
    return argc > 1 ? 0 : 1;
}
