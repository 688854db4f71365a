/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks names up as programs do, and prints what it got, a line each.
 *
 *   lookup gai [-4|-6] [-s SERVICE] [-f FLAG[,FLAG]...] NAME
 *   lookup gai_a wait|nowait|signal|unasked NAME...    (unasked: by a signal,
 *                                   and does not ask how it went)
 *   lookup host [-6] NAME           gethostbyname, with -6 gethostbyname2
 *   lookup host_r [-6] SIZE NAME    with a buffer of that size
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ITEMS = 16,
    ROOM = 8192,
};

static int family; /* as the options say */

static const struct flag {
    const char *name;
    int value;
} FLAGS[] = {
    {"canonname", AI_CANONNAME},   {"numerichost", AI_NUMERICHOST},
    {"v4mapped", AI_V4MAPPED},     {"all", AI_ALL},
    {"addrconfig", AI_ADDRCONFIG}, {"bad", 1 << 28},
};

static int read_flags(char *words)
{
    int flags = 0;

    for (char *word = strtok_r(words, ",", &words); word != NULL;
         word = strtok_r(NULL, ",", &words))
        for (size_t i = 0; i < sizeof(FLAGS) / sizeof(FLAGS[0]); i++)
            if (strcmp(FLAGS[i].name, word) == 0)
                flags |= FLAGS[i].value;
    return flags;
}

static const char *eai_text(int error)
{
    switch (error) {
    case EAI_NONAME:
        return "EAI_NONAME";
    case EAI_NODATA:
        return "EAI_NODATA";
    case EAI_AGAIN:
        return "EAI_AGAIN";
    case EAI_SERVICE:
        return "EAI_SERVICE";
    case EAI_FAMILY:
        return "EAI_FAMILY";
    case EAI_BADFLAGS:
        return "EAI_BADFLAGS";
    case EAI_ADDRFAMILY:
        return "EAI_ADDRFAMILY";
    case EAI_INPROGRESS:
        return "EAI_INPROGRESS";
    default:
        return error == 0 ? "ok" : "another error";
    }
}

static void print_list(const struct addrinfo *list)
{
    for (; list != NULL; list = list->ai_next) {
        char host[INET6_ADDRSTRLEN];
        char port[8];

        getnameinfo(list->ai_addr, list->ai_addrlen, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
        printf("%s %s %d%s%s\n", host, port, list->ai_socktype,
               list->ai_canonname != NULL ? " " : "",
               list->ai_canonname != NULL ? list->ai_canonname : "");
    }
}

static int look_up(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const char *service = "443";
    int option;
    int error;

    while ((option = getopt(argc, argv, "46xns:f:")) != -1) {
        if (option == '4')
            hints.ai_family = AF_INET;
        else if (option == '6')
            hints.ai_family = AF_INET6;
        else if (option == 'x')
            hints.ai_family = AF_UNIX;
        else if (option == 's')
            service = strcmp(optarg, "NULL") == 0 ? NULL : optarg;
        else if (option == 'f')
            hints.ai_flags = read_flags(optarg);
        else if (option == 'n')
            hints.ai_socktype = -1;
    }
    errno = EXDEV;
    error = getaddrinfo(argv[optind], service,
                        hints.ai_socktype == -1 ? NULL : &hints, &list);
    if (errno != EXDEV && error == 0)
        puts("errno changed");
    if (error != 0)
        puts(eai_text(error));
    else
        print_list(list);
    if (error == 0)
        freeaddrinfo(list);
    return error != 0;
}

/* A signal for which the program waits, or a list. */
static int wait_for(const char *how, struct gaicb **list, int count)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    const struct timespec limit = {.tv_sec = 20};
    sigset_t signals;
    int error;

    if (strcmp(how, "wait") == 0)
        return getaddrinfo_a(GAI_WAIT, list, count, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (strcmp(how, "signal") == 0 || strcmp(how, "unasked") == 0) {
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGUSR1;
    }
    error = getaddrinfo_a(GAI_NOWAIT, list, count, &event);
    if (error != 0)
        return error;
    if (event.sigev_notify == SIGEV_SIGNAL)
        return sigtimedwait(&signals, NULL, &limit) == SIGUSR1 ? 0 : -1;
    for (int i = 0; i < count; i++)
        while (list[i] != NULL && gai_error(list[i]) == EAI_INPROGRESS)
            gai_suspend((const struct gaicb *const *)list, count, &limit);
    return 0;
}

/* Who asks again gets the same answer. */
static const char *how_it_went(struct gaicb *item)
{
    int error = gai_error(item);

    return gai_error(item) == error ? eai_text(error) : "another error";
}

static int look_up_async(int argc, char **argv)
{
    static struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    static struct gaicb items[ITEMS];
    struct gaicb *list[ITEMS] = {NULL};
    int count = 0;
    int error;

    for (int i = 2; i < argc && count < ITEMS; i++, count++) {
        if (strcmp(argv[i], "-") == 0)
            continue;
        items[count] = (struct gaicb){
            .ar_name = argv[i], .ar_service = "443", .ar_request = &hints};
        list[count] = &items[count];
    }
    error = wait_for(argv[1], list, count);
    if (error != 0)
        puts(eai_text(error));
    for (int i = 0; i < count; i++) {
        if (list[i] == NULL)
            continue;
        if (strcmp(argv[1], "unasked") != 0)
            printf("%s %s\n", list[i]->ar_name, how_it_went(list[i]));
        print_list(list[i]->ar_result);
    }
    return error != 0;
}

static const char *h_errno_text(int number)
{
    return number == HOST_NOT_FOUND   ? "HOST_NOT_FOUND"
           : number == TRY_AGAIN      ? "TRY_AGAIN"
           : number == NO_DATA        ? "NO_DATA"
           : number == NETDB_INTERNAL ? "NETDB_INTERNAL"
                                      : "another h_errno";
}

static void print_host(const struct hostent *host)
{
    if ((uintptr_t)host->h_addr_list % sizeof(char *) != 0)
        puts("not aligned");
    printf("%s aliases %s\n", host->h_name,
           host->h_aliases[0] != NULL ? host->h_aliases[0] : "none");
    for (char **at = host->h_addr_list; *at != NULL; at++) {
        char text[INET6_ADDRSTRLEN];

        puts(inet_ntop(host->h_addrtype, *at, text, sizeof(text)));
    }
}

static void read_family(int argc, char **argv)
{
    int option;

    family = AF_INET;
    while ((option = getopt(argc, argv, "6")) != -1)
        family = AF_INET6;
}

static int look_up_host(int argc, char **argv)
{
    const struct hostent *host;

    read_family(argc, argv);
    host = family == AF_INET ? gethostbyname(argv[optind])
                             : gethostbyname2(argv[optind], family);
    if (host == NULL)
        puts(h_errno_text(h_errno));
    else
        print_host(host);
    return host == NULL;
}

static int look_up_host_r(int argc, char **argv)
{
    static char poisoned[ROOM];
    struct hostent host;
    struct hostent *result;
    int number = 0;
    int error;

    read_family(argc, argv);
    size_t size = (size_t)atol(argv[optind]);
    memset(poisoned, 'x', sizeof(poisoned));
    /* An odd address: alignment is the callee's business. */
    error = family == AF_INET
                ? gethostbyname_r(argv[optind + 1], &host, poisoned + 1, size,
                                  &result, &number)
                : gethostbyname2_r(argv[optind + 1], family, &host,
                                   poisoned + 1, size, &result, &number);
    for (size_t i = size + 1; i < sizeof(poisoned); i++)
        if (poisoned[i] != 'x')
            return puts("wrote behind the buffer"), 2;
    if (result == NULL)
        printf("%s %s\n", h_errno_text(number),
               error != 0 ? strerrorname_np(error) : "0");
    else
        print_host(result);
    return result == NULL;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";

    if (strcmp(what, "gai") == 0)
        return look_up(argc - 1, argv + 1);
    if (strcmp(what, "gai_a") == 0)
        return look_up_async(argc - 1, argv + 1);
    if (strcmp(what, "host") == 0)
        return look_up_host(argc - 1, argv + 1);
    if (strcmp(what, "host_r") == 0)
        return look_up_host_r(argc - 1, argv + 1);
    return 2;
}
