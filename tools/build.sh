#!/bin/sh
# build.sh [asan] [clang]: builds mpy-cross and MicroPython's unix port with ussl in
# it. Without words the result is build/micropython; each word adds itself to the
# name (build/micropython-asan, build/micropython-asan-clang). Other knobs, from the
# environment: CC, CFLAGS_EXTRA, LDFLAGS_EXTRA, MICROPYTHON_DIR, MBEDTLS_DIR, DEBUG.
set -eu
. "$(dirname "$0")/lib.sh"

kind=
cc=${CC:-gcc}
cflags=${CFLAGS_EXTRA:-}
ldflags=${LDFLAGS_EXTRA:-}
ours=
asan=

for word in "$@"; do
    case $word in
    asan) asan=1 ;;
    clang) cc=clang ;;
    *) fail "build: '$word' is neither asan nor clang" ;;
    esac
    kind=$kind-$word
done

# The collector must see every root on the real stack: no fake stacks. MicroPython's
# own code is not clean under UBSan, so that is for ussl and mbedTLS alone.
if [ -n "$asan" ]; then
    ours="-fsanitize=undefined -fno-sanitize-recover=all"
    ldflags="$ldflags -fsanitize=address,undefined"
    cflags="$cflags -fsanitize=address -fno-omit-frame-pointer"
    case $cc in
    *clang*) cflags="$cflags -fsanitize-address-use-after-return=never -fsanitize-ignorelist=$root/ports/unix/asan-ignore.txt" ;;
    *) cflags="$cflags --param asan-use-after-return=0" ;;
    esac
fi

absolute() { (cd "$1" 2>/dev/null && pwd) || fail "$2: there is no folder $1"; }

micropython=$(absolute "${MICROPYTHON_DIR:-$build/src/micropython}" MICROPYTHON_DIR)
mbedtls=$(absolute "${MBEDTLS_DIR:-$build/src/mbedtls}" MBEDTLS_DIR)
check_path "$micropython"
check_path "$mbedtls"
[ -f "$micropython/ports/unix/Makefile" ] || fail "$micropython does not hold MicroPython's sources"
[ -f "$mbedtls/library/ssl_tls13_generic.c" ] || fail "$mbedtls does not hold mbedTLS 3.6's sources"

out=$build/unix$kind
. "$(dirname "$0")/mpycross.sh"

# make does not see a changed compiler or option: such a folder starts afresh. Nor
# does it see that a file was removed: then names and modules are collected anew.
fresh_if_changed() {
    recipe="$cc|$cflags|$ldflags|$ours|${DEBUG:-}|$version|$mbedtls|$(cat "$root"/src/micropython.mk \
        "$root"/src/engine/mbedtls/sources.mk "$root"/ports/unix/mpconfigvariant.* | cksum)"
    files=$(ls "$root"/src/bind "$root"/src/core "$root"/src/engine/mbedtls)
    [ "$recipe" = "$(cat "$out/recipe" 2>/dev/null)" ] || rm -rf "$out"
    [ "$files" = "$(cat "$out/files" 2>/dev/null)" ] || rm -rf "$out/genhdr" "$out/micropython"
    mkdir -p "$out"
    printf '%s\n' "$recipe" >"$out/recipe"
    printf '%s\n' "$files" >"$out/files"
}

# make is always asked, but told of only when it will have something to do.
stamp=$out/last-build
up_to_date() {
    [ -e "$stamp" ] && [ -x "$out/micropython" ] && [ -x "$build/micropython$kind" ] &&
        ! find -H "$root/src" "$root/ports" "$micropython" "$mbedtls" -type f ! -name '*.pyc' -newer "$stamp" | grep -q .
}

build_unix() {
    quiet_make -C "$micropython/ports/unix" BUILD="$out" CC="$cc" CPP="$cc -E" STRIP= \
        VARIANT_DIR="$root/ports/unix" VARIANT=ussl USER_C_MODULES="$root" MBEDTLS_DIR="$mbedtls" \
        CFLAGS_EXTRA="$cflags" LDFLAGS_EXTRA="$ldflags" USSL_CFLAGS="$ours" \
        MICROPY_MPYCROSS="$mpy_cross" MICROPY_MPYCROSS_DEPENDENCY= ${DEBUG:+DEBUG="$DEBUG"}
}

lock
ensure_mpy_cross
fresh_if_changed
! up_to_date || silent=yes
touch "$stamp.new"
step "building MicroPython with ussl (build/micropython$kind)" build_unix
mv "$stamp.new" "$stamp"
ln -f "$out/micropython" "$build/micropython$kind"
