# shellcheck shell=bash disable=SC2034,SC2154 # for and from who sources it
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the tests of the preload shim, after tests/lib.sh: where it and the tiny
# programs are, and how something is run under it.
#
#   shim CMD [ARG]...   runs it under the shim; NSS_MATRIX_* as they are
#   compile NAME [ARG]... makes $tmp/NAME from standard input (C)

preload=$builddir/.libs/libmatrix_preload.so
programs=$builddir/tests/preload
[ -e "$preload" ] || skip_all "there is no $preload"
nm -D --undefined-only "$preload" 2>/dev/null | grep -qE '__(asan|tsan)' &&
    skip_all 'a sanitized library needs a sanitized program'
export NSS_MATRIX_HELPER=$builddir/nss-matrix-helper

shim() {
    LD_PRELOAD=$preload "$@"
}

compile() {
    local name=$1
    shift
    ${CC:-cc} -D_GNU_SOURCE -O1 -x c -o "$tmp/$name" - "$@"
}
