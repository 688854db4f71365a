/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * relay RTT_MS COMMAND [ARGUMENT]...: runs the command in a network namespace
 * of its own, whose only way out is the one we are started in, with a round
 * trip of so many milliseconds: every packet, handshakes and ICMP too, waits
 * for half of it. A TUN device at each end and a queue between them; nothing
 * is lost or reordered. Ends with the command's status, 125 if it could not be
 * started. Needs to be root in its namespaces, and /dev/net/tun.
 *
 * Here relay1 is 198.18.1.1 and 2001:db8:dead:1::1, there relay0 is
 * 198.18.1.2 and 2001:db8:dead:1::2, with the default routes. The command has
 * a mount namespace of its own, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MTU = 1500,
    SLOTS = 65536, /* packets under way in one direction: a power of 2 */
};

struct packet {
    int64_t due; /* nanoseconds, monotonic */
    uint16_t length;
    unsigned char octets[MTU];
};

/* All packets wait the same time, so that the queue is in order of due. */
struct direction {
    int from, to;
    unsigned first, end; /* counted up, taken modulo SLOTS */
    unsigned long dropped;
    struct packet *packets;
};

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(125);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_tun(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
        die("/dev/net/tun");
    return fd;
}

static void run_shell(const char *script)
{
    int status = system(script); /* our own text */

    if (status != 0) {
        errno = ECANCELED;
        die(script);
    }
}

static void make_here(void)
{
    run_shell("PATH=$PATH:/sbin:/usr/sbin; set -e; "
              "echo 0 >/proc/sys/net/ipv6/conf/relay1/disable_ipv6; "
              "ip link set relay1 up txqueuelen 20000 addrgenmode none; "
              "ip addr add 198.18.1.1 peer 198.18.1.2/32 dev relay1; "
              "ip addr add 2001:db8:dead:1::1/128 dev relay1 nodad; "
              "ip -6 route add 2001:db8:dead:1::2/128 dev relay1");
}

static void make_there(void)
{
    run_shell("PATH=$PATH:/sbin:/usr/sbin; set -e; "
              "echo 0 >/proc/sys/net/ipv6/conf/relay0/disable_ipv6; "
              "ip link set lo up; "
              "ip link set relay0 up txqueuelen 20000 addrgenmode none; "
              "ip addr add 198.18.1.2 peer 198.18.1.1/32 dev relay0; "
              "ip addr add 2001:db8:dead:1::2/128 dev relay0 nodad; "
              "ip route add default dev relay0 src 198.18.1.2; "
              "ip -6 route add default dev relay0 src 2001:db8:dead:1::2");
}

/* Takes in what has come. */
static void take(struct direction *direction, int64_t delay)
{
    unsigned char spare[MTU];

    for (;;) {
        bool full = direction->end - direction->first == SLOTS;
        struct packet *packet = &direction->packets[direction->end % SLOTS];
        ssize_t got = read(direction->from, full ? spare : packet->octets, MTU);

        if (got <= 0)
            return;
        if (full) {
            direction->dropped++;
            continue;
        }
        packet->length = (uint16_t)got;
        packet->due = now_ns() + delay;
        direction->end++;
    }
}

/* Lets out what has waited; gives when the next is due, or INT64_MAX. */
static int64_t let_out(struct direction *direction)
{
    while (direction->first != direction->end) {
        const struct packet *packet =
            &direction->packets[direction->first % SLOTS];

        if (packet->due > now_ns())
            return packet->due;
        if (write(direction->to, packet->octets, packet->length) < 0 &&
            errno == EAGAIN)
            return now_ns() + 100000;
        direction->first++;
    }
    return INT64_MAX;
}

static void relay(struct direction directions[static 2], int64_t delay,
                  int child_fd)
{
    struct pollfd waited[3] = {{.fd = directions[0].from, .events = POLLIN},
                               {.fd = directions[1].from, .events = POLLIN},
                               {.fd = child_fd, .events = POLLIN}};

    while ((waited[2].revents & POLLIN) == 0) {
        int64_t next = INT64_MAX;
        struct timespec wait;

        for (unsigned i = 0; i < 2; i++) {
            int64_t due;

            take(&directions[i], delay);
            due = let_out(&directions[i]);
            next = due < next ? due : next;
        }
        next -= next == INT64_MAX ? 0 : now_ns();
        if (next < 0)
            next = 0;
        wait = (struct timespec){next / 1000000000, next % 1000000000};
        ppoll(waited, 3, next == INT64_MAX ? NULL : &wait, NULL);
    }
}

static pid_t start(char **argv)
{
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 0); /* back to the default */
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        die("mount namespace");
    execvp(argv[0], argv);
    die(argv[0]);
    return -1;
}

int main(int argc, char **argv)
{
    double rtt = argc > 2 ? strtod(argv[1], NULL) : 0;
    struct direction directions[2] = {{.from = -1}};
    int status;

    if (argc < 3 || rtt < 0) {
        fputs("usage: relay RTT_MS COMMAND [ARGUMENT]...\n", stderr);
        return 125;
    }
    for (unsigned i = 0; i < 2; i++) {
        directions[i].packets = malloc(SLOTS * sizeof(struct packet));
        if (directions[i].packets == NULL)
            die("memory");
    }
    directions[0].from = directions[1].to = open_tun("relay1");
    make_here();
    if (unshare(CLONE_NEWNET) != 0)
        die("network namespace");
    directions[1].from = directions[0].to = open_tun("relay0");
    make_there();
    prctl(PR_SET_TIMERSLACK, 1);

    pid_t child = start(argv + 2);
    int child_fd = (int)syscall(SYS_pidfd_open, child, 0);

    if (child_fd < 0)
        die("pidfd");
    relay(directions, (int64_t)(rtt / 2 * 1000000), child_fd);
    if (directions[0].dropped + directions[1].dropped > 0)
        fprintf(stderr, "relay: %lu packets were dropped\n",
                directions[0].dropped + directions[1].dropped);
    if (waitpid(child, &status, 0) != child)
        die("wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
