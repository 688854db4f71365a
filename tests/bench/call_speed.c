/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call_speed COUNT CONFIGURATION DIRECTORY FILE: the median microseconds of
 * the system calls that a hit of the hook consists of, made alone, and of those
 * that read the file: what the hook cannot be faster than.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double make_calls(char **paths, int looks)
{
    char text[5120];
    struct stat found;
    double start = now_us();
    int bad = 0;
    int fd;

    if (looks > 0)
        bad |= stat(paths[0], &found);
    fd = open(paths[2],
              O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (looks > 0)
        bad |= stat(paths[1], &found);
    bad |= fstat(fd, &found);
    bad |= read(fd, text, sizeof(text)) <= 0;
    bad |= close(fd);

    double took = now_us() - start;

    if (bad != 0) {
        perror("call_speed");
        exit(1);
    }
    return took;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(long count, char **paths, int looks)
{
    double *times = calloc((size_t)count, sizeof(*times));
    double middle;

    if (times == NULL)
        exit(2);
    for (long i = 0; i < count; i++)
        times[i] = make_calls(paths, looks);
    qsort(times, (size_t)count, sizeof(*times), compare);
    middle = times[count / 2];
    free(times);
    return middle;
}

int main(int argc, char **argv)
{
    long count = argc == 5 ? strtol(argv[1], NULL, 10) : 0;

    if (count <= 0)
        return 2;
    printf("%.3f %.3f\n", median(count, argv + 2, 1),
           median(count, argv + 2, 0));
    return 0;
}
