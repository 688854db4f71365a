# shellcheck shell=bash disable=SC2034 # the arrays are for who sources this
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Debian packages that the project needs, by what for; source it together
# with packages.sh.

# To build from a clone.
BUILD_PACKAGES=(gcc libc6-dev make autoconf automake libtool pkg-config
    libcurl4-openssl-dev libssl-dev libcjson-dev)

# The private federation, and what demo and tests look at it with.
FEDERATION_PACKAGES=(nsd unbound nginx-light openssl ca-certificates curl
    iproute2 procps util-linux python3 python3-signedjson)

# The tests.
TEST_PACKAGES=(libcmocka-dev strace valgrind binutils bind9-dnsutils jq
    libgnutls28-dev libc-ares-dev systemd bash-completion zsh
    musl-tools parallel apparmor python3-jsonschema)

# What `make bench` compares the module with: unpacked, never installed. The
# libraries are those of the daemons that a machine may not have.
BENCH_PACKAGES=(libnss-mdns avahi-daemon libavahi-core7 libavahi-common3
    libdaemon0 dbus-daemon libnss-resolve systemd-resolved libsystemd-shared
    libdbus-1-3 libexpat1 libcap-ng0)

# What only developers and their builds run: format, lint, distcheck, fuzzing.
LINT_PACKAGES=(clang-format-14 clang-tidy-14 cppcheck shellcheck mandoc
    xz-utils git)
