# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# need_packages PACKAGE...: installs those Debian packages that are missing,
# quietly, asking sudo for the right to, and without starting any daemon that
# comes with them. Elsewhere it says what to install and returns 1. For scripts
# that prepare a machine; source it.

_packages_missing() {
    local package
    for package; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
            grep -qx installed || echo "$package"
    done
}

# Run as root, in a shell of its own so that the trap is its own too. A policy
# that exits 101 keeps invoke-rc.d from starting what is installed.
_packages_install() {
    set -eu
    policy=/usr/sbin/policy-rc.d
    log=$(mktemp)
    ours=
    trap 'rm -f "$log" ${ours:+"$policy"}' EXIT
    trap 'exit 1' HUP INT TERM
    if [ ! -e "$policy" ]; then
        ours=1
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 0755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    {
        apt-get -q update &&
            apt-get -qy install -o DPkg::Lock::Timeout=120 \
                --no-install-recommends "$@"
    } >"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        exit 1
    }
}

need_packages() {
    local missing root=()
    if ! command -v apt-get >/dev/null; then
        echo "This is no Debian: install what its packages hold: $*" >&2
        return 1
    fi
    mapfile -t missing < <(_packages_missing "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$EUID" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "As root, run: apt-get install ${missing[*]}" >&2
            return 1
        fi
        echo "Installing needs root: ${missing[*]}" >&2
        root=(sudo --)
    fi
    "${root[@]}" bash -c "$(declare -f _packages_install)
        _packages_install \"\$@\"" packages "${missing[@]}" || {
        echo "Could not install: ${missing[*]}" >&2
        return 1
    }
}
