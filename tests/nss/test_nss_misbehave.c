/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookups whose helper misbehaves, spawned or behind the system's socket, many
 * times over: "try again" soon after the deadline, and the host is as before:
 * alive, with SIGPIPE at its default, the same descriptors, threads, children
 * and memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/syscall.h>

#include "ask.h"
#include "own_module.h"

enum {
    RUNS = 200,     /* of each manner */
    AT_A_TIME = 10, /* threads, since many last until the deadline */
    DEADLINE_MS = 200,
    LATE_MS = 2000,    /* after the deadline, on a busy machine */
    STACK = 16 * 1024, /* the smallest there is */
    GROWTH = 1024 * 1024,
};

static int64_t latest; /* after the deadline, of all */
static unsigned manners;

/* What the host has before and after. */
struct possessions {
    unsigned descriptors, threads;
    long address_space, resident; /* octets */
};

static unsigned count_entries(const char *path)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static struct possessions possessions(void)
{
    struct possessions found = {.descriptors = count_descriptors(),
                                .threads = count_entries("/proc/self/task")};
    FILE *file = fopen("/proc/self/statm", "re");

    assert_non_null(file);
    assert_int_equal(
        fscanf(file, "%ld %ld", &found.address_space, &found.resident), 2);
    fclose(file);
    found.address_space *= sysconf(_SC_PAGESIZE);
    found.resident *= sysconf(_SC_PAGESIZE);
    return found;
}

static void assert_as_before(struct possessions before, pid_t own_child)
{
    struct possessions now = possessions();

    assert_int_equal(now.descriptors, before.descriptors);
    assert_int_equal(now.threads, before.threads);
    if (!SANITIZED && !under_valgrind()) {
        assert_in_range(now.resident, 0, before.resident + GROWTH);
        assert_in_range(now.address_space, 0, before.address_space + GROWTH);
    }
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL),
                     own_child > 0 ? 0 : -1);
    assert_int_equal(errno, own_child > 0 ? 0 : ECHILD);
}

struct caller {
    pthread_t thread;
    const char *name;
    enum nss_status status;
    int64_t took;
};

static void *look_up(void *argument)
{
    struct caller *caller = argument;
    int64_t start = deadline_clock();

    caller->status = call(caller->name);
    caller->took = deadline_clock() - start;
    return NULL;
}

static void judge(const struct caller *caller, const char *manner,
                  enum nss_status wanted)
{
    int64_t late = caller->took - DEADLINE_MS;

    if (caller->status != wanted)
        fail_msg("%s: %d", manner, caller->status);
    if (wanted != NSS_STATUS_TRYAGAIN)
        return; /* it had all the time it wanted */
    if (late > (under_valgrind() ? 10 * LATE_MS : LATE_MS))
        fail_msg("%s: %jd ms late", manner, (intmax_t)late);
    if (late > latest)
        latest = late;
}

/* All the runs of one manner; own_child: the fake system helper, or 0. */
static void run(const char *manner, enum nss_status wanted, pid_t own_child)
{
    struct caller callers[AT_A_TIME];
    struct possessions before;
    size_t at_a_time = under_valgrind() ? 2 : AT_A_TIME;
    pthread_attr_t small;
    char name[100];

    pthread_attr_init(&small);
    if (!SANITIZED && !under_valgrind())
        assert_int_equal(pthread_attr_setstacksize(&small, STACK), 0);
    snprintf(name, sizeof(name), "%s.misbehaves.example.matrix", manner);
    unsigned descriptors = count_descriptors();
    assert_int_equal(call(name), wanted);
    for (size_t done = 0; done < counts_of(RUNS); done += at_a_time) {
        for (size_t i = 0; i < at_a_time; i++) {
            callers[i] = (struct caller){.name = name};
            assert_int_equal(pthread_create(&callers[i].thread, &small, look_up,
                                            &callers[i]),
                             0);
        }
        for (size_t i = 0; i < at_a_time; i++)
            assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        for (size_t i = 0; i < at_a_time; i++)
            judge(&callers[i], manner, wanted);
        if (done == 0) /* libc keeps what the first threads had */
            before = possessions();
    }
    assert_int_equal(before.descriptors, descriptors);
    assert_as_before(before, own_child);
    pthread_attr_destroy(&small);
    if (wanted == NSS_STATUS_TRYAGAIN)
        manners++;
}

static void run_all(pid_t own_child)
{
    struct sigaction action;

    sigaction(SIGPIPE, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    setenv("NSS_MATRIX_TIMEOUT", "12", 1);
    run(MISBEHAVE[0].manner, NSS_STATUS_SUCCESS, own_child);
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
    for (size_t i = 1; i < ARRAY_SIZE(MISBEHAVE); i++)
        run(MISBEHAVE[i].manner, NSS_STATUS_TRYAGAIN, own_child);
}

static void a_misbehaving_helper_is_to_be_tried_again(void **state)
{
    (void)state;
    world_have_helper();
    run_all(0);
    run("dies", NSS_STATUS_TRYAGAIN, 0);
}

static void a_misbehaving_system_helper_is_to_be_tried_again(void **state)
{
    pid_t server = own_serve(own_serve_one);

    (void)state;
    run_all(server);
    own_stop(server);
}

/* Without having read a word, which the client hears as an error. */
static void *hang_up_unread(void *argument)
{
    struct pollfd client = {.fd = (int)(intptr_t)argument, .events = POLLIN};

    poll(&client, 1, MISBEHAVE_PATIENCE_MS);
    close(client.fd);
    return NULL;
}

static void *hang_up_at_once(void *argument)
{
    close((int)(intptr_t)argument);
    return NULL;
}

static void a_system_helper_that_does_not_listen_is_the_same(void **state)
{
    pid_t server = own_serve(hang_up_unread);

    (void)state;
    run("hung-up-unread", NSS_STATUS_TRYAGAIN, server);
    own_stop(server);
    server = own_serve(hang_up_at_once);
    run("hung-up-at-once", NSS_STATUS_TRYAGAIN, server);
    own_stop(server);
    AUTO(close_fd) int nobody = own_listen(AT_A_TIME * 100);
    run("accepted-by-nobody", NSS_STATUS_TRYAGAIN, 0);
}

/* Without a helper; and where one can be spawned instead: that answers. */
static void run_without_and_with_helper(const char *manner)
{
    run(manner, NSS_STATUS_TRYAGAIN, 0);
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "12", 1);
    run(manner, NSS_STATUS_SUCCESS, 0);
    setenv("NSS_MATRIX_HELPER", place("no-helper"), 1);
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
}

static void a_socket_without_anybody_is_passed_over(void **state)
{
    (void)state;
    run_without_and_with_helper("absent");
    place_file(own_places_socket, "", 0, getuid());
    run_without_and_with_helper("no-socket");
    AUTO(close_fd) int deaf = own_listen(-1);
    run_without_and_with_helper("refuses");
    AUTO(close_fd) int forbidden = own_listen(8);
    assert_int_equal(chmod(own_places_socket, 0), 0);
    run_without_and_with_helper("forbidden");
}

static void a_full_backlog_is_passed_over(void **state)
{
    AUTO(close_fd) int full = own_listen(0);
    int fds[8];
    size_t count = 0;

    (void)state;
    while (count < ARRAY_SIZE(fds) &&
           ask_connect(own_places_socket, &fds[count]) == STATUS_OK)
        count++;
    assert_in_range(count, 1, ARRAY_SIZE(fds) - 1);
    run_without_and_with_helper("full");
    while (count > 0)
        util_close_fd(&fds[--count]);
}

/* As a service's RestrictAddressFamilies= does it. */
static int run_without_unix_sockets(const void *argument)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_SIZE(filter), filter};

    (void)argument;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 77;
    run_without_and_with_helper("no-such-family");
    return 0;
}

static void without_unix_sockets_it_is_the_same(void **state)
{
    AUTO(close_fd) int listener = own_listen(8);
    int status;

    (void)state;
    if (under_valgrind() &&
        not_looked_at("valgrind has system calls of its own"))
        return;
    status = in_a_child(run_without_unix_sockets, NULL);
    if (status == 77 && not_looked_at("no seccomp here"))
        return;
    assert_int_equal(status, 0);
    manners++; /* the child's own count is gone */
}

static bool a_helper_is_left(void)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        char link[300], target[PLACE_MAX];
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/%s/exe", entry->d_name);
        length = readlink(link, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        found |= strcmp(target, place("fake_helper")) == 0;
    }
    closedir(directory);
    return found;
}

/* They are nobody's children of ours, so there is nothing to wait for. */
static void no_helper_outlives_its_host(void **state)
{
    int64_t deadline = deadline_after(MISBEHAVE_PATIENCE_MS);

    (void)state;
    while (a_helper_is_left() && deadline_left(deadline) > 0)
        poll(NULL, 0, 10);
    assert_false(a_helper_is_left());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OWN_WORLD(a_misbehaving_helper_is_to_be_tried_again),
        IN_OWN_WORLD(a_misbehaving_system_helper_is_to_be_tried_again),
        IN_OWN_WORLD(a_system_helper_that_does_not_listen_is_the_same),
        IN_OWN_WORLD(a_socket_without_anybody_is_passed_over),
        IN_OWN_WORLD(a_full_backlog_is_passed_over),
        IN_OWN_WORLD(without_unix_sockets_it_is_the_same),
        cmocka_unit_test(no_helper_outlives_its_host),
    };
    int failed;

    mallopt(M_ARENA_MAX, 1); /* or the address space grows with threads */
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests_name("nss misbehave", tests, own_make,
                                         world_remove);
    counts_figure("manners of a helper or its socket that fails", manners);
    counts_figure("lookups with each of them", counts_of(RUNS));
    counts_figure("latest \"try again\" after the deadline, ms",
                  (double)latest);
    return failed;
}
