# shellcheck shell=sh
# Shared by the scripts in this folder: where things are, and how progress and
# failures are told. Sourced, after USSL_ROOT is known or can be derived from $0.

# The logs are searched for reasons, so programs speak English.
export LC_ALL=C.UTF-8

root=${USSL_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
build=$root/build
log=$build/log/$(basename "$0" .sh).log

fail() {
    printf 'ussl: %s\n' "$*" >&2
    exit 1
}

# make and MicroPython's scripts split paths at blanks and expand some signs.
check_path() {
    case $1 in
    *[[:space:]:\;\#%\$\&\'\"\\\(\)\*\?]*)
        fail "the path '$1' holds a blank or one of : ; # % \$ & ' \" \\ ( ) * ?, which MicroPython's make files cannot handle: move it elsewhere" ;;
    esac
}

# Gives a likely reason for the failure that the log's end shows, if it is known.
reason() {
    if tail -n 60 "$log" | grep -q -i 'no space left'; then
        echo "the disk is full"
    elif tail -n 60 "$log" | grep -q -i -E 'resolv(e|ing)|could not connect|unreachable|timed out|connection refused'; then
        echo "the package mirror cannot be reached (no network, or a proxy is needed)"
    elif tail -n 60 "$log" | grep -q -i -E 'NO_PUBKEY|not signed'; then
        echo "the archive's signature could not be checked: update the package debian-archive-keyring"
    elif tail -n 60 "$log" | grep -q -i 'could not get lock'; then
        echo "another program is using apt: try again when it is done"
    fi
}

# step TEXT COMMAND...: runs a command with its output in the log, tells how long
# it took, unless $silent says no; on failure shows the log's end, the reason and
# $advice, if any, and stops. All this goes to stderr: stdout belongs to the verb.
advice=
silent=
step() {
    text=$1
    shift
    [ -n "$silent" ] || printf '%s ... ' "$text" >&2
    began=$(date +%s)
    printf '\n### %s: %s\n' "$text" "$*" >>"$log"
    if "$@" >>"$log" 2>&1 </dev/null; then
        [ -n "$silent" ] || echo "$(($(date +%s) - began)) s" >&2
        return 0
    fi
    [ -n "$silent" ] || echo "failed" >&2
    tail -n 25 "$log" | cut -c 1-400 >&2
    why=$(reason)
    fail "$text failed${why:+: $why}. The whole log is in $log${advice:+. $advice}"
}

# One set-up or build at a time: a second call waits for the first.
lock() {
    check_path "$root"
    (mkdir -p "$build/log" && : >>"$build/.lock" && : >>"$log") 2>/dev/null ||
        fail "cannot write to $build (if it belongs to another user, remove it: sudo ./run clean)"
    exec 9>>"$build/.lock"
    flock -n 9 || { echo "waiting for another ./run to finish its set-up" >&2; flock 9; }
    : >"$log"
}
