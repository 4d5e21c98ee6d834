#!/bin/sh
# sources.sh [firmware|test]: fetches the sources of MicroPython and mbedTLS, and where
# firmware is built those of lwIP and BearSSL, from Debian 13 (trixie) into build/src, through a private apt
# configuration in build/apt: the machine's own package lists stay as they are, and no
# root is needed. apt checks the archive's signature and every checksum.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/debian.sh"

purpose=${1:-build}
suite=trixie
apt=$build/apt
override="set MICROPYTHON_DIR and MBEDTLS_DIR to sources of your own (MicroPython 1.24 or later, mbedTLS 3.6)"
advice="To do without: $override"

# configure ARCHIVE KEYRING: everything that belongs to the machine (lists, caches,
# pins, hooks) is replaced; its proxies stay in force.
configure() {
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/archive"
    echo "deb-src [signed-by=$2] $1 $suite main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$apt/parts";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "1";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

private_apt() { (cd "$apt/archive" && apt-get -q -c "$apt/apt.conf" "$@"); }

# update KEYRING ARCHIVE...: settles on the first archive that has the suite, signed
# with Debian's keys (other people's archives name their suites alike).
update() {
    keys=$1
    shift
    for archive in "$@"; do
        configure "$archive" "$keys"
        ! private_apt update || return 0
    done
    return 1
}

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
    archives=$(mirrors)
    [ -n "$archives" ] || fail "this machine's apt knows no Debian archive: $override, or name a Debian mirror in DEBIAN_MIRROR"
    keys=$(keyring)
    [ -n "$keys" ] || fail "the package debian-archive-keyring is not installed: install it, or $override"
    # shellcheck disable=SC2086  # one word per archive
    step "reading the list of Debian's sources" update "$keys" $archives
    step "downloading the sources of $*" download "$@"
    for name in "$@"; do step "unpacking $name" unpack "$name"; done
    rm -rf "$apt"
}

lock
names=$(needed)
# shellcheck disable=SC2086  # one word per source
[ -z "$names" ] || fetch $names
