# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scripts/package and scripts/release have in common; source it.

# copy_source TOP DIR: the tree without what was built, in a new directory.
copy_source() {
    mkdir -p "$2"
    (cd "$1" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -rd '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | xargs -0 cp -p --parents -t "$2")
}

# source_date TOP: when the source last changed, in seconds.
source_date() {
    git -C "$1" log -1 --format=%ct
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
