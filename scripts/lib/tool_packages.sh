# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Debian packages of the tools that tests/preload/tools.test runs under the
# preload shim, one client after the other, and nscd for tests/nss/nscd.test;
# source it together with packages.sh. Where one is missing, its row of the
# matrix is a named skip.

TOOL_PACKAGES=(
    curl wget wget2 git ca-certificates
    python3-requests python3-httpx python3-h2 python3-aiohttp httpie
    python3-pycurl
    libwww-perl libmojolicious-perl libio-socket-ssl-perl
    ruby php-cli php-curl
    nodejs
    ncat socat
    w3m links lynx elinks
    aria2 apache2-utils
    openssl gnutls-bin
    python3-gi gir1.2-soup-3.0 glib-networking
    rustc cargo librust-native-tls-dev
    strace
)

# _tool_unpack DIR PACKAGE[=VERSION]
_tool_unpack() {
    (cd "$1/packages" &&
        apt-get -qq -o APT::Sandbox::User=root download "$2") &&
        dpkg-deb -x "$1/packages/${2%%=*}"_*.deb "$1"
}

# _tool_needs DIR PACKAGE PREFIX: what an unpacked package depends on, of those
# whose names begin so.
_tool_needs() {
    dpkg-deb -f "$1/packages/$2"_*.deb Depends | tr ',' '\n' |
        sed -nE "s/^ *($3[^ (|:]*).*/\1/p"
}

# Where `nodejs` is a node from elsewhere, with an OpenSSL of its own, Debian's
# is unpacked; installed, it would take the other's place.
_tool_node() {
    local dir=$1 version library package
    ! ldd /usr/bin/nodejs 2>/dev/null | grep -q 'libssl\.so' || return 0
    [ ! -x "$dir/usr/bin/node" ] || return 0
    version=$(apt-cache madison nodejs | awk '$3 ~ /dfsg/ { print $3; exit }')
    [ -n "$version" ] || return 1
    mkdir -p "$dir/packages"
    _tool_unpack "$dir" "nodejs=$version" || return 1
    library=$(_tool_needs "$dir" nodejs libnode)
    _tool_unpack "$dir" "$library=$version" || return 1
    for package in $(_tool_needs "$dir" "$library" node-); do
        _tool_unpack "$dir" "$package" || return 1
    done
    # shellcheck disable=SC2046 # a package a word
    need_packages $(_tool_needs "$dir" "$library" 'z?lib')
}

# It takes a minute: kept until it changes.
_tool_native_tls() {
    local dir=$1 from program=$1/target/debug/native_tls_client
    from=$(dirname "${BASH_SOURCE[0]}")/../../tests/preload/tools/native_tls
    [ "$program" -nt "$from/main.rs" ] || "$from/build.sh" "$dir"
}

# Installed, it would answer for every program of the machine.
_tool_nscd() {
    local dir=$1
    [ ! -x "$dir/usr/sbin/nscd" ] && [ ! -x /usr/sbin/nscd ] || return 0
    mkdir -p "$dir/packages"
    _tool_unpack "$dir" nscd
}

# need_tools DIR: installs the packages; what is no package goes to DIR, which
# the tests look for as `tools` in the build directory. What fails here is a
# skip there.
need_tools() {
    need_packages "${TOOL_PACKAGES[@]}" || return 1
    _tool_node "$1/node" || echo "Could not have Debian's node" >&2
    _tool_nscd "$1/nscd" || echo 'Could not have nscd' >&2
    _tool_native_tls "$1/native_tls" || echo 'Could not build native_tls' >&2
}
