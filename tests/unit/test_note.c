/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines on stderr: when, how, and what never becomes of the host program. */
#include "note.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fake_clock.h"

static int people; /* the end that reads what goes to descriptor 2 */
static int kept;   /* the test program's own stderr */

static int catch_stderr(void **state)
{
    int pair[2];

    (void)state;
    kept = dup(STDERR_FILENO);
    if (pipe2(pair, O_CLOEXEC) != 0 || dup2(pair[1], STDERR_FILENO) < 0 ||
        fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
        return -1;
    close(pair[1]);
    people = pair[0];
    fake_clock_ahead_s += 1000;
    unsetenv("NSS_MATRIX_NOTES");
    note_init();
    return 0;
}

static int give_stderr_back(void **state)
{
    (void)state;
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(people);
    return 0;
}

/* All that was said since the last call. */
static const char *said(void)
{
    static char text[8 * NOTE_MAX];
    ssize_t length = read(people, text, sizeof(text) - 1);

    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void set_level(const char *level)
{
    setenv("NSS_MATRIX_NOTES", level, 1);
    note_init();
}

static void says_a_line_and_by_whom(void **state)
{
    (void)state;
    note_refusal("%s: port %d refused", "a.matrix", 80);
    assert_string_equal(said(), "matrix-run: a.matrix: port 80 refused\n");
}

static void says_the_same_once_a_minute(void **state)
{
    (void)state;
    note_refusal("same %d", 1);
    note_refusal("same %d", 1);
    note_refusal("same %d", 2);
    assert_string_equal(said(), "matrix-run: same 1\nmatrix-run: same 2\n");
    fake_clock_ahead_s += 58;
    note_refusal("same %d", 1);
    assert_string_equal(said(), "");
    fake_clock_ahead_s += 3;
    note_refusal("same %d", 1);
    assert_string_equal(said(), "matrix-run: same 1\n");
}

/* links: child after child fails for the same reason. */
static void a_childs_line_is_not_said_again(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        note_refusal("said in a child");
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    note_refusal("said in a child");
    assert_string_equal(said(), "matrix-run: said in a child\n");
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    set_level("quiet");
    note_refusal("quiet");
    note_verbose("quiet");
    assert_string_equal(said(), "");
}

static void verbose_lines_are_for_who_asked(void **state)
{
    (void)state;
    note_verbose("step 1");
    assert_string_equal(said(), "");
    set_level("verbose");
    note_verbose("step 1");
    note_refusal("and refusals");
    assert_string_equal(said(),
                        "matrix-run: step 1\nmatrix-run: and refusals\n");
}

/* One line for a name, however long a monitor and its children run. */
static void verbose_lines_are_said_once_for_all(void **state)
{
    int status;

    (void)state;
    set_level("verbose");
    for (unsigned i = 0; i < 3; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            note_verbose("a name");
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        note_verbose("a name");
        fake_clock_ahead_s += 100;
    }
    note_verbose("another name");
    assert_string_equal(said(),
                        "matrix-run: a name\nmatrix-run: another name\n");
}

static void a_strangers_octets_do_not_reach_the_terminal(void **state)
{
    (void)state;
    note_refusal("a\033[2Jb\nc\177\303\251");
    assert_string_equal(said(), "matrix-run: a?[2Jb?c???\n");
}

static void a_long_line_is_cut_and_still_a_line(void **state)
{
    char text[2 * NOTE_MAX];
    const char *line;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    note_refusal("%s", text);
    line = said();
    assert_int_equal(strlen(line), NOTE_MAX);
    assert_int_equal(line[NOTE_MAX - 1], '\n');
}

static void errno_is_kept(void **state)
{
    (void)state;
    errno = EXDEV;
    note_refusal("errno");
    assert_int_equal(errno, EXDEV);
    close(STDERR_FILENO);
    note_refusal("errno without stderr");
    assert_int_equal(errno, EXDEV);
}

static void a_pipe_without_a_reader_ends_nobody(void **state)
{
    sigset_t pending;

    (void)state;
    close(people);
    note_refusal("into the void");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    people = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* A SIGPIPE that the program itself holds back is still its own. */
static void a_pending_sigpipe_stays_pending(void **state)
{
    sigset_t pipe;
    sigset_t pending;
    int number;

    (void)state;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &pipe, NULL);
    raise(SIGPIPE);
    close(people);
    note_refusal("into the void");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 1);
    sigwait(&pipe, &number);
    sigprocmask(SIG_UNBLOCK, &pipe, NULL);
    people = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int loopback_udp(struct sockaddr_in *ret_address)
{
    socklen_t length = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *ret_address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)ret_address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, &length),
                     0);
    return fd;
}

/* A daemon that closed its stderr has a connection there before long. */
static void a_network_connection_is_no_place_for_it(void **state)
{
    struct sockaddr_in here;
    struct sockaddr_in there;
    int peer = loopback_udp(&here);
    int fd = loopback_udp(&there);
    char text[NOTE_MAX];

    (void)state;
    assert_int_equal(connect(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    dup2(fd, STDERR_FILENO);
    note_refusal("not for the peer");
    assert_int_equal(recv(peer, text, sizeof(text), 0), -1);
    close(fd);
    close(peer);
}

/* The first file that the program opens gets the number. */
static void who_has_no_stderr_is_told_nothing(void **state)
{
    int fd = dup(STDERR_FILENO);

    (void)state;
    close(STDERR_FILENO);
    errno = EXDEV;
    note_init();
    assert_int_equal(errno, EXDEV);
    dup2(fd, STDERR_FILENO);
    close(fd);
    note_refusal("not for the file");
    note_verbose("nor this");
    assert_string_equal(said(), "");
}

static void a_journal_behind_a_local_socket_gets_it(void **state)
{
    char text[NOTE_MAX];
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    dup2(pair[0], STDERR_FILENO);
    note_refusal("for the journal");
    assert_true(recv(pair[1], text, sizeof(text), MSG_DONTWAIT) > 0);
    close(pair[0]);
    close(pair[1]);
}

#define WITH_STDERR(test)                                                      \
    cmocka_unit_test_setup_teardown(test, catch_stderr, give_stderr_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STDERR(says_a_line_and_by_whom),
        WITH_STDERR(says_the_same_once_a_minute),
        WITH_STDERR(a_childs_line_is_not_said_again),
        WITH_STDERR(quiet_is_quiet),
        WITH_STDERR(verbose_lines_are_for_who_asked),
        WITH_STDERR(verbose_lines_are_said_once_for_all),
        WITH_STDERR(a_strangers_octets_do_not_reach_the_terminal),
        WITH_STDERR(a_long_line_is_cut_and_still_a_line),
        WITH_STDERR(errno_is_kept),
        WITH_STDERR(a_pipe_without_a_reader_ends_nobody),
        WITH_STDERR(a_pending_sigpipe_stays_pending),
        WITH_STDERR(a_network_connection_is_no_place_for_it),
        WITH_STDERR(who_has_no_stderr_is_told_nothing),
        WITH_STDERR(a_journal_behind_a_local_socket_gets_it),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
