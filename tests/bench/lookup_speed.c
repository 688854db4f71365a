/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lookup_speed COUNT NAME: the median microseconds of a getaddrinfo() of NAME
 * in this process, after one that does not count. Status 1 if one fails.
 */
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double look_up(const char *name)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    double start = now_us();
    int error = getaddrinfo(name, NULL, &hints, &list);
    double took = now_us() - start;

    if (error != 0) {
        fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
        exit(1);
    }
    freeaddrinfo(list);
    return took;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    double *times = count > 0 ? calloc((size_t)count, sizeof(*times)) : NULL;

    if (times == NULL)
        return 2;
    look_up(argv[2]);
    for (long i = 0; i < count; i++)
        times[i] = look_up(argv[2]);
    qsort(times, (size_t)count, sizeof(*times), compare);
    printf("%.2f\n", times[count / 2]);
    free(times);
    return 0;
}
