# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# TAP for shell tests (bash). A test is a script that sources this file, makes
# assertions, and ends with done_testing:
#
#   #!/bin/bash
#   . "${srcdir:-.}/tests/lib.sh" || exit
#   in_federation "$@"
#   run_ok 'answers' curl https://plain.test/
#   like "$out" '"sni":"plain.test"' 'sends the name'
#   done_testing
#
# Automake's TAP driver and prove run it, from the build directory, with srcdir
# and builddir in the environment; by hand it runs from anywhere. Both are
# absolute after this file is sourced, and tmp is a directory that is removed
# at the end.
#
#   ok DESC CMD [ARG]...     passes if the command succeeds
#   not_ok DESC CMD [ARG]... passes if it fails
#   is GOT WANT DESC         passes if the two are equal
#   isnt GOT UNWANTED DESC
#   like TEXT REGEX DESC     passes if the extended regex matches somewhere
#   unlike TEXT REGEX DESC
#   run CMD [ARG]...         no assertion: sets status, out and err
#   run_ok DESC CMD...       run, and passes if the status is 0
#   run_is WANT DESC CMD...  run, and passes if the status is WANT
#   within SECONDS CMD...    repeats the command until it succeeds, or fails
#   pass DESC, fail DESC [DETAIL]...
#   skip DESC REASON         counts as passed, and says why it did not run
#   skip_all REASON          ends the script, before any assertion
#   need_command NAME...     skip_all unless all these are installed
#   in_federation [ARG]...   runs the whole script again inside a private
#                            federation, unless it is in one; skip_all where
#                            none can be made
#   diag TEXT...             a comment for people
#   figure NAME VALUE        how often, how many, how large: for doc/TESTING.md
#   bail_out REASON          ends the whole test run
#   done_testing             prints the plan; the last line of every test
#
# DESC says what must hold. On failure got and wanted are shown on stderr. Exit
# status: 0, or 1 if an assertion failed or the script ended early.

srcdir=$(cd "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/..}" && pwd)
builddir=$(cd "${builddir:-${NSS_MATRIX_BUILDDIR:-$srcdir}}" && pwd)
tmp=$(mktemp -d) || exit 99
export srcdir builddir tmp
status=0 out='' err=''

_tap_count=0
_tap_failed=0
_tap_done=

_tap_exit() {
    local code=$?
    rm -rf "$tmp"
    [ -n "$_tap_done" ] && exit "$code"
    diag "ended early, with status $code"
    exit 1
}
trap _tap_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

diag() {
    printf '%s\n' "$@" | sed 's/^/# /' >&2
}

figure() {
    echo "# figure: $1 = $2"
}

pass() {
    echo "ok $((++_tap_count)) - $1"
}

# Where in the test, not in this file, the assertion stands.
_tap_line() {
    local i=0
    while [ "${BASH_SOURCE[i]}" = "${BASH_SOURCE[0]}" ]; do i=$((i + 1)); done
    echo "${BASH_SOURCE[i]} line ${BASH_LINENO[i - 1]}"
}

fail() {
    echo "not ok $((++_tap_count)) - $1"
    _tap_failed=$((_tap_failed + 1))
    diag "failed: $1" "  at $(_tap_line)"
    shift
    [ $# -eq 0 ] || diag "$@"
    return 0
}

skip() {
    echo "ok $((++_tap_count)) - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $1"
    _tap_done=1
    exit 0
}

bail_out() {
    echo "Bail out! $1"
    _tap_done=1
    exit 99
}

done_testing() {
    echo "1..$_tap_count"
    _tap_done=1
    [ "$_tap_failed" -eq 0 ] || diag "$_tap_failed of $_tap_count failed"
    exit $((_tap_failed > 0))
}

ok() {
    local desc=$1
    shift
    if "$@"; then pass "$desc"; else fail "$desc" "false: $*"; fi
}

not_ok() {
    local desc=$1
    shift
    if "$@"; then fail "$desc" "true: $*"; else pass "$desc"; fi
}

is() {
    if [ "$1" = "$2" ]; then
        pass "$3"
    else
        fail "$3" "     got: $1" "expected: $2"
    fi
}

isnt() {
    if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "got: $1"; fi
}

like() {
    if grep -qE -e "$2" <<<"$1"; then
        pass "$3"
    else
        fail "$3" "     got: $1" "no match: $2"
    fi
}

unlike() {
    if grep -qE -e "$2" <<<"$1"; then
        fail "$3" "    got: $1" "matches: $2"
    else
        pass "$3"
    fi
}

run() {
    status=0
    "$@" >"$tmp/.out" 2>"$tmp/.err" || status=$?
    # NUL octets cannot be in a variable.
    out=$(tr -d '\0' <"$tmp/.out")
    err=$(tr -d '\0' <"$tmp/.err")
}

run_is() {
    local want=$1 desc=$2
    shift 2
    run "$@"
    if [ "$status" -eq "$want" ]; then
        pass "$desc"
    else
        fail "$desc" "command: $*" "status: $status, expected: $want" \
            "stdout: $out" "stderr: $err"
    fi
}

run_ok() {
    run_is 0 "$@"
}

within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -le $end ] || return 1
        sleep 0.02
    done
}

need_command() {
    local name
    for name; do
        command -v "$name" >/dev/null || skip_all "$name is not installed"
    done
}

in_federation() {
    [ -z "${FEDERATION_DIR-}" ] || return 0
    local script why
    why=$("$srcdir/scripts/federation" check 2>&1) ||
        skip_all "$(tr '\n' ' ' <<<"$why")"
    script=$(realpath "$0")
    _tap_done=1
    rm -rf "$tmp"
    NSS_MATRIX_BUILDDIR=$builddir exec "$srcdir/scripts/federation" run \
        bash "$script" "$@"
}
