/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A helper that discovers nothing: it answers every name with one and the same
 * record, tells what it finds itself to be, or misbehaves. A program of its
 * own, to be spawned by tests.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "misbehave.h"

extern char **environ;

static void report_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    char path[300];
    char target[300];

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.' || atol(entry->d_name) == dirfd(directory))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        target[strcspn(target, ":")] = '\0'; /* socket:[4711] */
        printf("fd %s %s\n", entry->d_name, target);
    }
    if (directory != NULL)
        closedir(directory);
}

/* Whose rights it has, as the kernel says it. */
static void report_rights(void)
{
    static const char *const TOLD[] = {"Uid:", "Gid:", "Groups:", "CapPrm:"};
    FILE *file = fopen("/proc/self/status", "re");
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        for (size_t i = 0; i < ARRAY_SIZE(TOLD); i++)
            if (strncmp(line, TOLD[i], strlen(TOLD[i])) == 0)
                fputs(line, stdout);
    if (file != NULL)
        fclose(file);
}

static void report(int argc, char **argv)
{
    char directory[300] = "?";
    sigset_t blocked;
    unsigned count = 0;

    for (int i = 0; i < argc; i++)
        printf("argv %s\n", argv[i]);
    for (char **entry = environ; *entry != NULL; entry++)
        printf("env %s\n", *entry);
    report_descriptors();
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&blocked, number) == 1)
            count++;
    printf("blocked %s\n", count > 50 ? "all" : "not all");
    if (sigismember(&blocked, 32) == 1 && sigismember(&blocked, 33) == 1)
        puts("blocked libc's own");
    printf("session %s\n", getsid(0) == getpid() ? "own" : "inherited");
    printf("directory %s\n", getcwd(directory, sizeof(directory)));
    report_rights();
}

/* As if an administrator had, just now. */
static void replace(const char *configuration)
{
    FILE *file = configuration != NULL ? fopen(configuration, "ae") : NULL;

    if (file != NULL) {
        fputs("# replaced\n", file);
        fclose(file);
    }
}

static void answer(char *name)
{
    struct sample sample = sample_answer(name, time(NULL));
    struct overrides overrides;
    struct settings settings;
    char text[LIMIT_RECORD + 1];
    size_t length;

    settings_overrides(&overrides);
    if (strcmp(name, "replaces.example") == 0)
        replace(overrides.conf);
    settings_now(&overrides, &settings);
    sample.settings = settings.token;
    length = sample_write(&sample, text, sizeof(text));
    if (strcmp(name, "half.example") == 0)
        length /= 2;
    fwrite(text, 1, length, stdout);
}

int main(int argc, char **argv)
{
    static const char REQUEST[] = "nss-matrix-request 1 ";
    struct pollfd host = {.fd = STDIN_FILENO, .events = POLLRDHUP};
    char line[400];
    sigset_t none;

    if (fgets(line, sizeof(line), stdin) == NULL)
        return 1;
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "report") == 0) {
        report(argc, argv);
        return 0;
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(20);
    if (strncmp(line, REQUEST, strlen(REQUEST)) != 0)
        return 1;
    if (strcmp(line + strlen(REQUEST), "closes.example") == 0)
        return 0;
    if (strcmp(line + strlen(REQUEST), "silent.example") == 0)
        return poll(&host, 1, 20000) < 0;
    if (strcmp(line + strlen(REQUEST), "dies.misbehaves.example") == 0)
        raise(SIGKILL);
    if (strstr(line, ".misbehaves.example") != NULL) {
        misbehave(STDOUT_FILENO, line + strlen(REQUEST));
        return 0;
    }
    answer(line + strlen(REQUEST));
    return 0;
}
