#!/bin/sh
# sources.sh [firmware|test]: fetches the sources of MicroPython and mbedTLS, and where
# firmware is built those of lwIP and BearSSL, from Debian 13 into build/src.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive.sh"

purpose=${1:-build}
override="set MICROPYTHON_DIR and MBEDTLS_DIR to sources of your own (MicroPython 1.24 or later, mbedTLS 3.6)"
advice="To do without: $override"

# Of BearSSL only what its author published: Debian's part of it is packaging.
download() {
    for name in "$@"; do
        case $name in
        bearssl) private_apt source --download-only --tar-only "$name" ;;
        *) private_apt source --download-only "$name" ;;
        esac || return 1
    done
}

# extract NAME FOLDER
extract() {
    if [ "$1" = bearssl ]; then
        mkdir -p "$2" && tar -xf "$apt/archive/$1"_*.orig.tar.xz --strip-components=1 -C "$2"
    else
        dpkg-source --no-copy -x "$apt/archive/$1"_*.dsc "$2"
    fi
}

# unpack NAME: the folder appears in one move, so it is complete or absent.
unpack() {
    rm -rf "$build/src/$1" "$build/src/$1.part"
    mkdir -p "$build/src"
    extract "$1" "$build/src/$1.part" && mv "$build/src/$1.part" "$build/src/$1"
}

needed() {
    [ -n "${MICROPYTHON_DIR:-}" ] || [ -e "$build/src/micropython" ] || echo micropython
    [ -n "${MBEDTLS_DIR:-}" ] || [ -e "$build/src/mbedtls" ] || echo mbedtls
    case $purpose in firmware | test) ;; *) return 0 ;; esac
    [ -n "${LWIP_DIR:-}" ] || [ -e "$build/src/lwip" ] || echo lwip
    [ -n "${BEARSSL_DIR:-}" ] || [ -e "$build/src/bearssl" ] || echo bearssl
}

fetch() {
    read_archive deb-src "$override"
    step "downloading the sources of $*" download "$@"
    for name in "$@"; do step "unpacking $name" unpack "$name"; done
    rm -rf "$apt"
}

lock
names=$(needed)
# shellcheck disable=SC2086  # one word per source
[ -z "$names" ] || fetch $names
