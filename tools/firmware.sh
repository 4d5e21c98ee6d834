#!/bin/sh
# firmware.sh [--board NAME] [--heap BYTES] [--clock unset|SECONDS] [--no-flash]
#             [--put FILE:/flash/...] [--path FOLDER] [--forward HOSTPORT:PORT]
#             [--monitor SOCKET] [--icount] [--built] [build | repl | script.py [argument ...]]
#
# Builds MicroPython with ussl for a board that QEMU emulates, and runs it there. The
# script sees the host's files below /host, the host's servers at 10.0.2.2, and ends the
# emulator with its exit status.
#
#   --board     MPS2_AN385 (Cortex-M3, the default) or MPS2_AN500 (Cortex-M7)
#   --heap      what MicroPython gets for Python and ussl (163840)
#   --clock     "unset": the board does not know the time, as without a battery
#   --no-flash  does without /flash, which takes some of the heap
#   --put       copies a file of the host to the board's flash before the script runs
#   --path      a folder of the host to import modules from
#   --forward   a port of the host's loopback that leads to a port of the board
#   --monitor   QEMU's own command line, at a Unix socket of this name
#   --built     runs what is there without looking whether it is up to date
#   --icount    counts instructions instead of time: 1 instruction is 1 nanosecond
#   --check     only judges the words, which needs nothing built or installed
#   build       only builds
#   repl        the prompt; Ctrl-A X leaves
#
# From the environment: MICROPYTHON_DIR, MBEDTLS_DIR, LWIP_DIR, BEARSSL_DIR, ENTROPY (host or none,
# see firmware/entropy.c), COPT (how to optimise, -Os -DNDEBUG); USSL_WITHOUT and USSL_TRUST_BUNDLE
# (see src/micropython.mk); for comparisons MODULE, METER and USSL_LTO (see firmware/Makefile).

set -eu
. "$(dirname "$0")/lib.sh"

board=MPS2_AN385
built=
check_only=
machine_arguments=
forwards=
monitor=none
options=

# The firmware gets its options as words (firmware/options.h); commas are QEMU's.
option() { options="$options,arg=$(printf '%s' "$1" | sed 's/%/%25/g; s/ /%20/g; s/,/,,/g')"; }

absolute_file() { (cd "$(dirname "$1")" 2>/dev/null && printf '%s/%s' "$(pwd)" "$(basename "$1")") || fail "there is no folder of $1"; }

number() {
    case $3 in
    '' | *[!0-9]*) fail "firmware: $1 wants $2" ;;
    esac
}

heap_size() {
    number --heap "a number of bytes" "$1"
    [ ${#1} -le 7 ] && [ "$1" -ge 8192 ] && [ "$1" -le 2097152 ] || fail "firmware: --heap is from 8192 to 2097152 bytes"
}

clock_start() { [ "$1" = unset ] || number --clock "unset, or seconds since 1970" "$1"; }

put_pair() {
    case $1 in
    *:/flash/?*) [ -r "${1%:*}" ] || fail "firmware: --put: there is no file ${1%:*}" ;;
    *) fail "firmware: --put wants FILE:/flash/NAME" ;;
    esac
}

forward_pair() {
    for port in "${1%%:*}" "${1#*:}"; do number --forward HOSTPORT:PORT "$port"; done
    case $1 in *:*) ;; *) fail "firmware: --forward wants HOSTPORT:PORT" ;; esac
}

usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
    case $1 in
    --board | --heap | --clock | --put | --path | --forward | --monitor)
        [ $# -gt 1 ] || fail "firmware: $1 wants a word more" ;;
    esac
    case $1 in
    -h | --help) usage && exit 0 ;;
    --check) check_only=yes ;;
    --board) board=$2 && shift ;;
    --heap) heap_size "$2" && option "heap=$2" && shift ;;
    --clock) clock_start "$2" && option "clock=$2" && shift ;;
    --no-flash) option "flash=no" ;;
    --put) put_pair "$2" && option "put=$(absolute_file "${2%:*}"):${2##*:}" && shift ;;
    --path) option "path=$(absolute_file "$2")" && shift ;;
    --forward) forward_pair "$2" && forwards="$forwards,hostfwd=tcp:127.0.0.1:${2%:*}-:${2##*:}" && shift ;;
    --monitor) monitor="unix:$2,server=on,wait=off" && shift ;;
    --built) built=yes ;;
    --icount) machine_arguments="-icount shift=0" ;;
    -*) fail "firmware: there is no option $1" ;;
    *) break ;;
    esac
    shift
done
case $board in
MPS2_AN385) machine=mps2-an385 ;;
MPS2_AN500) machine=mps2-an500 ;;
*) fail "firmware: there is no board $board" ;;
esac
case ${1:-repl} in
build | repl) [ $# -le 1 ] || fail "firmware: $1 takes no words" ;;
*) [ -f "$1" ] || fail "firmware: there is no script $1" ;;
esac
[ -z "$check_only" ] || exit 0

micropython=${MICROPYTHON_DIR:-$build/src/micropython}
. "$(dirname "$0")/mpycross.sh"
mbedtls=${MBEDTLS_DIR:-$build/src/mbedtls}
lwip=${LWIP_DIR:-$build/src/lwip}
bearssl=${BEARSSL_DIR:-$build/src/bearssl}
tree=$build/firmware/tree
out=$build/firmware/$board${ENTROPY:+-entropy-$ENTROPY}${MODULE:+-$MODULE}${METER:+-meter}${USSL_LTO:+-lto-$USSL_LTO}
for word in ${USSL_WITHOUT:-}; do out=$out-without-$word; done
out=$out${USSL_TRUST_BUNDLE:+-bundle}
elf=$out/firmware.elf

# MicroPython looks for lwIP at lib/lwip; links leave its own sources as they are.
make_tree() {
    rm -rf "$tree"
    mkdir -p "$tree/lib"
    for entry in "$micropython"/* "$micropython"/lib/*; do
        name=${entry#"$micropython"/}
        case $name in lib | lib/lwip) ;; *) ln -s "$entry" "$tree/$name" ;; esac
    done
    ln -s "$lwip" "$tree/lib/lwip"
}

# make does not see a changed option: then all is built anew. Nor does it see that a file
# was removed: then names and modules are collected anew.
fresh_if_changed() {
    recipe="$version|$mbedtls|$lwip|$bearssl|${COPT:-}|${USSL_TRUST_BUNDLE:-}|${USSL_CFLAGS:-}|$(cat "$root"/src/micropython.mk \
        "$root"/src/engine/mbedtls/sources.mk "$root"/src/accel/*/sources.mk "$root"/firmware/Makefile \
        "$root"/firmware/boards/* "$root"/firmware/mpconfigport.h "$root"/bench/device/firmware/*.mk | cksum)"
    files=$(ls "$root"/firmware "$root"/firmware/modules "$root"/src/bind "$root"/src/core \
        "$root"/src/engine/mbedtls "$root"/src/accel/*)
    [ "$recipe" = "$(cat "$out/recipe" 2>/dev/null)" ] || rm -rf "$out"
    [ "$files" = "$(cat "$out/files" 2>/dev/null)" ] || rm -rf "$out/genhdr" "$elf"
    mkdir -p "$out"
    printf '%s\n' "$recipe" >"$out/recipe"
    printf '%s\n' "$files" >"$out/files"
}

build_firmware() {
    [ "$micropython $lwip" = "$(cat "$build/firmware/tree-of" 2>/dev/null)" ] || make_tree
    echo "$micropython $lwip" >"$build/firmware/tree-of"
    quiet_make -C "$root/firmware" TOP="$tree" BUILD="$out" BOARD="$board" MBEDTLS_DIR="$mbedtls" \
        BEARSSL_DIR="$bearssl" MICROPY_MPYCROSS="$mpy_cross" MICROPY_MPYCROSS_DEPENDENCY= \
        ${ENTROPY:+ENTROPY="$ENTROPY"} ${COPT:+COPT="$COPT"} ${MODULE:+MODULE="$MODULE"} ${METER:+METER=1} \
        ${USSL_LTO:+USSL_LTO="$USSL_LTO"} ${USSL_WITHOUT:+USSL_WITHOUT="$USSL_WITHOUT"} \
        ${USSL_TRUST_BUNDLE:+USSL_TRUST_BUNDLE="$USSL_TRUST_BUNDLE"}
}

emulate() {
    # shellcheck disable=SC2086  # words
    exec qemu-system-arm -machine "$machine" -kernel "$elf" -display none $machine_arguments \
        -semihosting-config "enable=on,target=native$options" \
        -nic "user$forwards" "$@"
}

if [ -z "$built" ]; then
    mkdir -p "$build/firmware"
    lock
    ensure_mpy_cross
    fresh_if_changed
    step "building the firmware ($board)" build_firmware
    exec 9>&-
fi
[ -e "$elf" ] || fail "firmware: nothing is built for $board: leave --built out"
[ "${ENTROPY:-host}" = host ] ||
    echo "*** ENTROPY=$ENTROPY: the keys of this firmware can be guessed. Measure with it, protect nothing with it. ***" >&2
case ${1:-repl} in
build) arm-none-eabi-size "$elf" ;;
repl) emulate -serial mon:stdio ;;
*)
    option "script=$(absolute_file "$1")"
    shift
    for argument in "$@"; do option "argv=$argument"; done
    emulate -serial stdio -monitor "$monitor"
    ;;
esac
