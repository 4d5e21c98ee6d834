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
mpy_cross=$build/mpy-cross/mpy-cross
# Another version may come with older file dates, which make would take for built.
version="$micropython $(cksum <"$micropython/py/mpconfig.h")"

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

quiet_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS -u CFLAGS_EXTRA -u LDFLAGS_EXTRA \
        -u BUILD -u VARIANT make -j"$(nproc)" "$@"
}

build_mpy_cross() {
    quiet_make -C "$micropython/mpy-cross" BUILD="$build/mpy-cross" STRIP= USER_C_MODULES=
}

build_unix() {
    quiet_make -C "$micropython/ports/unix" BUILD="$out" CC="$cc" CPP="$cc -E" STRIP= \
        VARIANT_DIR="$root/ports/unix" VARIANT=ussl USER_C_MODULES="$root" MBEDTLS_DIR="$mbedtls" \
        CFLAGS_EXTRA="$cflags" LDFLAGS_EXTRA="$ldflags" USSL_CFLAGS="$ours" \
        MICROPY_MPYCROSS="$mpy_cross" MICROPY_MPYCROSS_DEPENDENCY= ${DEBUG:+DEBUG="$DEBUG"}
}

lock
MICROPY_MPYCROSS=$mpy_cross
export MICROPY_MPYCROSS
if [ ! -x "$mpy_cross" ] || [ "$version" != "$(cat "$build/mpy-cross/version" 2>/dev/null)" ]; then
    rm -rf "$build/mpy-cross"
    step "building MicroPython's compiler (mpy-cross)" build_mpy_cross
    printf '%s\n' "$version" >"$build/mpy-cross/version"
fi
fresh_if_changed
step "building MicroPython with ussl (build/micropython$kind)" build_unix
ln -f "$out/micropython" "$build/micropython$kind"
