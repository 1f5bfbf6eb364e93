#!/bin/sh
# Installs the newest stylus-upgrades for this machine, without root:
#   curl -fsSL RELEASES/install.sh | sh
# STYLUS_UPGRADES_BIN says where to [default: ~/.local/bin], STYLUS_UPGRADES_VERSION which one, and
# STYLUS_UPGRADES_RELEASES where the archives are. packaging/release writes the last two into the copy of a release.
set -eu

version=${STYLUS_UPGRADES_VERSION:-@VERSION@}
releases=${STYLUS_UPGRADES_RELEASES:-@RELEASES@}
folder=${STYLUS_UPGRADES_BIN:-$HOME/.local/bin}

fail() {
    echo "stylus-upgrades is not installed: $1" >&2
    exit 1
}

case $version$releases in
*@*@*) fail "this copy of install.sh is of no release: set STYLUS_UPGRADES_VERSION and STYLUS_UPGRADES_RELEASES" ;;
esac

case $(uname -s)-$(uname -m) in
Linux-x86_64) target=x86_64-unknown-linux-musl ;;
Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
*) fail "there is no archive for $(uname -s) on $(uname -m): build it with cargo install --locked --path scripts in a clone" ;;
esac

fetch() { # FILE TO
    if command -v curl >/dev/null; then
        curl -fsSL --retry 2 -o "$2" "$releases/$1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$releases/$1"
    else
        fail "it needs curl or wget"
    fi || fail "$releases/$1 cannot be fetched"
}

check() { # FILE: lines of sums, of files in this folder
    if command -v sha256sum >/dev/null; then
        sha256sum -c "$1" >/dev/null 2>&1
    else
        shasum -a 256 -c "$1" >/dev/null 2>&1
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=stylus-upgrades-$version-$target
fetch "$name.tar.gz" "$work/$name.tar.gz"
fetch "$name.sha256" "$work/all.sha256"
cd "$work"
grep "  $name.tar.gz\$" all.sha256 >own.sha256 || fail "$name.sha256 does not name $name.tar.gz"
check own.sha256 || fail "$name.tar.gz is not the file whose checksum is in $name.sha256"

tar -xzf "$name.tar.gz"
mkdir -p "$folder"
# Renamed in its folder: a program that runs is never half written over.
cp "$name/stylus-upgrades" "$folder/.stylus-upgrades.new"
chmod 755 "$folder/.stylus-upgrades.new"
mv -f "$folder/.stylus-upgrades.new" "$folder/stylus-upgrades"
"$folder/stylus-upgrades" -V || fail "$folder/stylus-upgrades does not run on this machine"
case :$PATH: in
*:"$folder":*) ;;
*) echo "Add it to PATH: export PATH=\"$folder:\$PATH\"" ;;
esac
