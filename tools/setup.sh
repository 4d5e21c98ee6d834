#!/bin/sh
# setup.sh build|demo|test|firmware: installs the packages that the verb needs and that are
# missing, and fetches the sources. Does nothing, quickly, when all is there.
set -eu
. "$(dirname "$0")/lib.sh"

purpose=${1:-build}
packages="gcc libc6-dev make python3 dpkg-dev"
commands="gcc make python3"
case $purpose in
demo | test)
    packages="$packages openssl nginx"
    commands="$commands openssl nginx" ;;
esac
case $purpose in
firmware | test)
    packages="$packages gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
    commands="$commands arm-none-eabi-gcc qemu-system-arm" ;;
esac
case $purpose in
test)
    packages="$packages gnutls-bin curl haproxy mosquitto mosquitto-clients iproute2 procps valgrind clang libclang-rt-dev mypy tshark"
    commands="$commands gnutls-cli curl haproxy mosquitto mosquitto_pub ip ps valgrind clang mypy tshark" ;;
esac

missing_packages() {
    for package in $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
    done
}

missing_commands() {
    for command in $commands; do command -v "$command" >/dev/null || echo "$command"; done
}

# A distribution without dpkg has to bring the commands itself.
check_foreign() {
    lacking=$(missing_commands | tr '\n' ' ')
    [ -z "$lacking" ] ||
        fail "this is not a Debian system, so nothing can be installed here. Missing commands: $lacking. In Debian they come with the packages: $packages"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null || return
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }
}

# Debian starts a server when its package is installed, unless this file says no.
# A machine that has such a file keeps its own.
policy=/usr/sbin/policy-rc.d
made_policy=
forbid_daemons() {
    [ ! -e $policy ] || return 0
    made_policy=yes
    trap allow_daemons EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

allow_daemons() {
    [ -z "$made_policy" ] || as_root rm -f $policy
    trap - EXIT INT TERM HUP
}

# Servers that came with our packages shall not come up at the next boot either.
disable_daemons() {
    for package in "$@"; do
        case $package in
        nginx | mosquitto | haproxy) as_root update-rc.d "$package" disable >>"$log" 2>&1 || : ;;
        esac
    done
}

# A package list that cannot be refreshed may still do: installing will tell.
apt_install() {
    as_root apt-get update || :
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install() {
    echo "missing packages: $*" >&2
    can_be_root ||
        fail "installing them needs root or sudo. As root: apt-get install --no-install-recommends $*"
    forbid_daemons
    step "installing $# packages" apt_install "$@"
    disable_daemons "$@"
    allow_daemons
}

lock
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    wanted=$(missing_packages)
    # shellcheck disable=SC2086  # one word per package
    [ -z "$wanted" ] || install $wanted
else
    check_foreign
fi
exec 9>&-
"$(dirname "$0")/sources.sh" "$purpose"
[ "$purpose" != test ] || "$(dirname "$0")/cpython.sh"
