/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hook_speed MODULE COUNT NAME: calls the module's gethostbyname4_r for NAME
 * so many times in this process, without libc's own part of a lookup, and
 * prints the median in microseconds. Two runs with different COUNT under
 * strace or callgrind differ by what the calls cost. Status 1 if one fails.
 */
#include <dlfcn.h>
#include <nss.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef enum nss_status hook(const char *name, struct gaih_addrtuple **list,
                             char *buffer, size_t room, int *error,
                             int *h_error, int32_t *ttl);

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double call(hook *function, const char *name)
{
    char buffer[4096] __attribute__((aligned(16)));
    struct gaih_addrtuple *list = NULL;
    int error = 0;
    int h_error = 0;
    double start = now_us();
    enum nss_status status =
        function(name, &list, buffer, sizeof(buffer), &error, &h_error, NULL);
    double took = now_us() - start;

    if (status != NSS_STATUS_SUCCESS) {
        fprintf(stderr, "%s: status %d, errno %d, h_errno %d\n", name, status,
                error, h_error);
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

int main(int argc, char **argv)
{
    long count = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    double *times = count > 0 ? calloc((size_t)count, sizeof(*times)) : NULL;
    void *module = times != NULL ? dlopen(argv[1], RTLD_NOW) : NULL;
    hook *function;

    if (module == NULL) {
        fprintf(stderr, "%s\n", times != NULL ? dlerror() : "usage");
        return 2;
    }
    *(void **)&function = dlsym(module, "_nss_matrix_gethostbyname4_r");
    if (function == NULL)
        return 2;
    call(function, argv[3]);
    for (long i = 0; i < count; i++)
        times[i] = call(function, argv[3]);
    qsort(times, (size_t)count, sizeof(*times), compare);
    printf("%.3f\n", times[count / 2]);
    free(times);
    return 0;
}
