# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Debian packages of the tools that tests/preload/tools.test runs under the
# preload shim, one client after the other; source it together with
# packages.sh. Where one is missing, its row of the matrix is a named skip.

# shellcheck disable=SC2034 # the array is for whoever sources this file
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
