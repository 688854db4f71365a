/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nss_lookup [OPTION]... CALL NAME: one lookup through libc, told as text for
 * shell tests. CALL is unspec, inet or inet6 (getaddrinfo of that family),
 * byname, byname-inet, byname-inet6 (gethostbyname and gethostbyname2) or
 * byaddr. Prints the addresses in order, one a line, or the error's name.
 *
 *   -a  AI_ADDRCONFIG   -c  AI_CANONNAME   -v  AI_V4MAPPED
 *   -s SERVICES         instead of the line `hosts` of nsswitch.conf
 *   -l MODULE           load that first: libc then takes it for its
 *                       libnss_matrix.so.2, wherever it lies
 *   -t                  on a thread with 16 KiB of stack
 *   -u                  as an ordinary user, if we are root
 *
 * Where the module is the counting one, its hooks' calls are printed last.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <nss.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SMALL_STACK = 16 * 1024,
    NOBODY = 65534,
};

struct lookup {
    const char *call, *name;
    int flags;
    /* results, to be printed where there is stack enough */
    int gai;
    struct addrinfo *found;
    struct hostent *host;
    int h_error;
};

static const struct {
    int code;
    const char *name;
} GAI_ERRORS[] = {
    {EAI_NONAME, "EAI_NONAME"}, {EAI_NODATA, "EAI_NODATA"},
    {EAI_AGAIN, "EAI_AGAIN"},   {EAI_SYSTEM, "EAI_SYSTEM"},
    {EAI_MEMORY, "EAI_MEMORY"}, {EAI_FAIL, "EAI_FAIL"},
};

static const char *const H_ERRORS[] = {"NETDB_SUCCESS", "HOST_NOT_FOUND",
                                       "TRY_AGAIN", "NO_RECOVERY", "NO_DATA"};

static int family_of(const char *call)
{
    if (strstr(call, "inet6") != NULL)
        return AF_INET6;
    return strstr(call, "inet") != NULL ? AF_INET : AF_UNSPEC;
}

static struct hostent *by_address(const char *text)
{
    unsigned char octets[16];
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

    if (inet_pton(family, text, octets) != 1)
        exit(2);
    return gethostbyaddr(octets, family == AF_INET ? 4 : 16, family);
}

static void *look_up(void *argument)
{
    struct lookup *lookup = argument;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = lookup->flags,
                             .ai_family = family_of(lookup->call)};

    if (strcmp(lookup->call, "byaddr") == 0)
        lookup->host = by_address(lookup->name);
    else if (strcmp(lookup->call, "byname") == 0)
        lookup->host = gethostbyname(lookup->name);
    else if (strncmp(lookup->call, "byname-", 7) == 0)
        lookup->host = gethostbyname2(lookup->name, hints.ai_family);
    else
        lookup->gai = getaddrinfo(lookup->name, NULL, &hints, &lookup->found);
    lookup->h_error = h_errno;
    return NULL;
}

static void print_address(int family, const void *octets)
{
    char text[INET6_ADDRSTRLEN];

    puts(inet_ntop(family, octets, text, sizeof(text)));
}

static void print_gai(const struct lookup *lookup)
{
    for (const struct addrinfo *each = lookup->found; each != NULL;
         each = each->ai_next) {
        const void *in = &((struct sockaddr_in *)each->ai_addr)->sin_addr;
        const void *in6 = &((struct sockaddr_in6 *)each->ai_addr)->sin6_addr;

        print_address(each->ai_family, each->ai_family == AF_INET ? in : in6);
        if (each->ai_canonname != NULL)
            printf("canonical %s\n", each->ai_canonname);
    }
    for (size_t i = 0; i < sizeof(GAI_ERRORS) / sizeof(GAI_ERRORS[0]); i++)
        if (lookup->gai == GAI_ERRORS[i].code)
            puts(GAI_ERRORS[i].name);
}

static void print_host(const struct lookup *lookup)
{
    const struct hostent *host = lookup->host;

    if (host != NULL) {
        printf("name %s\n", host->h_name);
        for (char **each = host->h_addr_list; *each != NULL; each++)
            print_address(host->h_addrtype, *each);
    }
    if (lookup->h_error < 0 || lookup->h_error > 4)
        puts("NETDB_INTERNAL");
    else
        puts(H_ERRORS[lookup->h_error]);
}

static void run_on_small_stack(struct lookup *lookup)
{
    static char stack[SMALL_STACK] __attribute__((aligned(4096)));
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, sizeof(stack)) != 0 ||
        pthread_create(&thread, &attributes, look_up, lookup) != 0 ||
        pthread_join(thread, NULL) != 0)
        exit(3);
}

/* One option; false if it is none of ours. */
static bool take_option(int option, struct lookup *lookup, void **module,
                        bool *small)
{
    switch (option) {
    case 'a':
        lookup->flags |= AI_ADDRCONFIG;
        return true;
    case 'c':
        lookup->flags |= AI_CANONNAME;
        return true;
    case 'v':
        lookup->flags |= AI_V4MAPPED;
        return true;
    case 's':
        return __nss_configure_lookup("hosts", optarg) == 0;
    case 'l':
        *module = dlopen(optarg, RTLD_NOW | RTLD_LOCAL);
        if (*module == NULL)
            fprintf(stderr, "%s\n", dlerror());
        return *module != NULL;
    case 't':
        *small = true;
        return true;
    case 'u':
        return getuid() != 0 || (setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
                                 setresuid(NOBODY, NOBODY, NOBODY) == 0);
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct lookup lookup = {0};
    void *module = NULL;
    bool small = false;
    int option;

    while ((option = getopt(argc, argv, "+acvs:l:tu")) != -1)
        if (!take_option(option, &lookup, &module, &small))
            return 2;
    if (argc - optind != 2)
        return 2;
    lookup.call = argv[optind];
    lookup.name = argv[optind + 1];
    if (small)
        run_on_small_stack(&lookup);
    else
        look_up(&lookup);
    if (strncmp(lookup.call, "by", 2) == 0)
        print_host(&lookup);
    else
        print_gai(&lookup);

    const char *calls =
        module != NULL ? dlsym(module, "counting_nss_calls") : NULL;

    if (calls != NULL)
        printf("hooks%s\n", calls);
    return 0;
}
