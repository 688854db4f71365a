# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scripts/package and scripts/release have in common; source it.

# copy_source TOP DIR: the tree without what was built, in a new directory.
copy_source() {
    mkdir -p "$2"
    if [ ! -e "$1/.git" ]; then
        # A copy already.
        cp -a "$1/." "$2" && rm -rf "$2/build"
        return
    fi
    (cd "$1" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -rd '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | xargs -0 cp -p --parents -t "$2")
}

# source_date TOP: the date of the newest release in the news, in seconds. A
# commit's would change when the release is committed.
source_date() {
    date -u +%s -d "$(sed -nE \
        's/^## [0-9.]+ - ([0-9]{4}-[0-9]{2}-[0-9]{2})$/\1/p; $a 2026-01-01' \
        "$1/NEWS.md" | head -n 1)"
}

# make_tarball COPY: configures a copy and makes nss-matrix-VERSION.tar.xz in
# it. Neither who made it when nor the order of the directory is in the file:
# the same source gives the same octets. Set SOURCE_DATE_EPOCH.
make_tarball() {
    (
        cd "$1" || exit 1
        export LC_ALL=C TZ=UTC
        export TAR_OPTIONS="--sort=name --owner=0 --group=0 --numeric-owner
            --mode=go=rX,u+rw,a-s --mtime=@$SOURCE_DATE_EPOCH"
        TAR_OPTIONS=$(tr -s ' \n' ' ' <<<"$TAR_OPTIONS")
        autoreconf -fi && ./configure -q && make -s dist XZ_OPT=-9T1
    )
}
