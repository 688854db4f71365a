#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build.sh DIR: builds the client in DIR with Debian's cargo, rustc and crates
# (packages cargo, rustc, librust-native-tls-dev), and nothing from elsewhere.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/home"
cp "$here/Cargo.toml" "$here/main.rs" "$1"
cat >"$1/home/config.toml" <<'CONFIG'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
CONFIG
cd "$1"
exec env -i PATH=/usr/bin:/bin HOME="$1/home" CARGO_HOME="$1/home" \
    RUSTC=/usr/bin/rustc \
    /usr/bin/cargo build --quiet --offline --target-dir "$1/target"
