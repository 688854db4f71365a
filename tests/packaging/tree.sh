# shellcheck shell=bash disable=SC2154 # tmp is lib.sh's
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A small Debian of the test's own, for tests of the packages; source it after
# lib.sh, and end with tree_end. It runs the test again in a mount name space.
#
#   NSS_MATRIX_PACKAGES  the directory with the packages; scripts/package sets it
#   NSS_MATRIX_MIRROR    where debootstrap has Debian from
#
# The Debian is made once, which takes a minute, and kept beside that directory;
# what a test does to it is not. Sets root, debs (a directory in it, /debs), and
# packages; inside CMD... runs something there.

packages=${NSS_MATRIX_PACKAGES-}
[ -n "$packages" ] ||
    skip_all 'NSS_MATRIX_PACKAGES is not set: see scripts/package --test'
[ "$EUID" -eq 0 ] || skip_all 'to make a Debian takes root'
need_command debootstrap dpkg-deb chroot unshare
if [ -z "${NSS_MATRIX_IN_TREE-}" ]; then
    unshare --mount --propagation private true 2>/dev/null ||
        skip_all 'no mount name space can be made here'
    script=$(realpath "$0")
    _tap_done=1
    rm -rf "$tmp"
    NSS_MATRIX_IN_TREE=1 exec unshare --mount --propagation private \
        bash "$script"
fi

_tree_make() {
    rm -rf "$1" "$1.new"
    debootstrap --variant=minbase \
        --include=ca-certificates,libcjson1,libcurl4,python3-minimal,systemd \
        bookworm "$1.new" \
        "${NSS_MATRIX_MIRROR:-http://deb.debian.org/debian}" >"$1.log" 2>&1 &&
        rm -rf "$1.new"/var/cache/apt/archives/*.deb &&
        mv "$1.new" "$1"
}

_tree_base=$(dirname "$packages")/debian-root
[ -d "$_tree_base" ] || _tree_make "$_tree_base" || {
    tail -n 5 "$_tree_base.log" >&2
    skip_all 'debootstrap cannot make a Debian here'
}

# What is done goes to memory, and ends with the name space.
root=$tmp/root
mkdir "$tmp/memory" "$root"
mount -t tmpfs memory "$tmp/memory" || skip_all 'nothing can be mounted here'
mkdir "$tmp/memory/upper" "$tmp/memory/work"
mount -t overlay overlay -o "lowerdir=$_tree_base,\
upperdir=$tmp/memory/upper,workdir=$tmp/memory/work" "$root" || {
    umount "$tmp/memory"
    skip_all 'no overlay file system here'
}
mount -t proc proc "$root/proc" || {
    umount "$root" "$tmp/memory"
    skip_all 'no /proc can be mounted here'
}
debs=$root/debs
mkdir "$debs"

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

tree_end() {
    umount "$root/proc" "$root" "$tmp/memory"
}
