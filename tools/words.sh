# shellcheck shell=sh
# Judges the words after a verb, and answers -h, before anything is installed or built.
# Sourced by run. A machine without Python yet hears of a wrong word when all is there.

has_python() { python3 -c 'import argparse, concurrent.futures, ssl' 2>/dev/null; }

# answer_help SCRIPT WORD...: when a word asks for help, the script gives it.
answer_help() {
    case " $* " in *" -h "* | *" --help "*) ;; *) return 0 ;; esac
    has_python || { usage; exit 0; }
    exec python3 "$1" --help
}

# check SCRIPT WORD...: ends here when the script does not take these words.
check() {
    answer_help "$@"
    has_python || return 0
    script=$1
    shift
    python3 "$script" --check "$@" || exit $?
}

check_build() {
    for word in "$@"; do
        case $word in
        asan | clang) ;;
        -h | --help) usage && exit 0 ;;
        *) refuse "build: '$word' is neither asan nor clang" ;;
        esac
    done
}

is_lane() { grep -q "^def lane_$1()" "$tests"; }

# check_test WORD...: sets $lanes to the lanes among the words of `./run test`. What is
# wrong with a word that is not known here, tests/run.py itself tells, at once.
check_test() {
    tests=$root/tests/run.py
    answer_help "$tests" "$@"
    lanes= strange= value=
    for word in "$@"; do
        if [ -n "$value" ]; then value= && continue; fi
        case $word in
        -k | -v*k) value=wanted ;;
        -k* | -v* | --v* | --) ;;
        *[!a-z0-9_]*) strange=yes ;;
        *) if is_lane "$word"; then lanes="$lanes $word"; else strange=yes; fi ;;
        esac
    done
    [ -z "$strange$value" ] || ! has_python || exec python3 "$tests" "$@"
}

# wants LANE: is it among the lanes to run? No lanes are all lanes.
wants() { case "$lanes " in " " | *" $1 "*) ;; *) return 1 ;; esac; }
