# shellcheck shell=sh
# MicroPython's compiler for frozen modules, which every build needs. Sourced after
# lib.sh; $micropython is the folder of its sources.

mpy_cross=$build/mpy-cross/mpy-cross
# Another version may come with older file dates, which make would take for built.
version="$micropython $(cksum <"$micropython/py/mpconfig.h")"

# make without what the caller's environment might tell it.
quiet_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS -u CFLAGS_EXTRA -u LDFLAGS_EXTRA \
        -u BUILD -u VARIANT -u LWIP_DIR -u BOARD make -j"$(nproc)" "$@"
}

build_mpy_cross() {
    quiet_make -C "$micropython/mpy-cross" BUILD="$build/mpy-cross" STRIP= USER_C_MODULES=
}

ensure_mpy_cross() {
    MICROPY_MPYCROSS=$mpy_cross
    export MICROPY_MPYCROSS
    if [ ! -x "$mpy_cross" ] || [ "$version" != "$(cat "$build/mpy-cross/version" 2>/dev/null)" ]; then
        rm -rf "$build/mpy-cross"
        step "building MicroPython's compiler (mpy-cross)" build_mpy_cross
        printf '%s\n' "$version" >"$build/mpy-cross/version"
    fi
}
