# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build_in DIR [CONFIGURE ARGUMENT]...: builds the project in DIR, quietly;
# shows the log when it fails. configure_in is its first half. `top` is the
# source's root. Source it.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Runs a command with its output in a log; shows the log's end if it fails.
logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || {
        tail -n 60 "$log" >&2
        echo "failed: $* (whole log: $log)" >&2
        return 1
    }
}

# What configure can do without, and would find now.
_optional() {
    local module
    for module in cmocka gnutls; do
        ! pkg-config --exists "$module" 2>/dev/null || echo " $module"
    done
}

configure_in() {
    local dir=$1 with
    shift
    with=$*$(_optional)
    mkdir -p "$dir"
    if [ ! -x "$top/configure" ] ||
        [ "$top/configure.ac" -nt "$top/configure" ] ||
        [ "$top/Makefile.am" -nt "$top/Makefile.in" ]; then
        (cd "$top" && logged "$dir/autoreconf.log" autoreconf -fi) || return 1
    fi
    if [ ! -f "$dir/Makefile" ] || [ "$top/configure" -nt "$dir/Makefile" ] ||
        [ "$with" != "$(cat "$dir/configured-with" 2>/dev/null)" ]; then
        (cd "$dir" &&
            logged "$dir/configure.log" "$top/configure" -q "$@") || return 1
        echo "$with" >"$dir/configured-with"
    fi
}

build_in() {
    local dir=$1
    configure_in "$@" || return 1
    logged "$dir/make.log" make -C "$dir" -j"$(nproc)"
}
