#!/bin/sh
# prove-bare.sh FORM VERB [USER]: runs `./run VERB` twice on a bare Debian that
# debootstrap makes in a temporary folder, and shows how long each run took.
#   FORM  oneline | deb822     how that Debian's only archive is written down for apt
#   VERB  build, demo, test ...
#   USER  root (default) | sudo | nosudo (no way to install: the run must explain itself)
# RELEASE names another Debian than bookworm, KEEP=1 keeps the folder. Needs root.
set -eu
USSL_ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$USSL_ROOT/tools/debian.sh"

die() { echo "prove-bare: $*" >&2; exit 1; }

form=${1:-} verb=${2:-} user=${3:-root}
case $form/$user in
oneline/root | oneline/sudo | oneline/nosudo | deb822/root | deb822/sudo | deb822/nosudo) ;;
*) sed -n '2,8s/^# *//p' "$0" >&2; exit 2 ;;
esac
[ -n "$verb" ] || die "which verb shall it run?"
[ "$(id -u)" -eq 0 ] || die "debootstrap and chroot need root"
command -v debootstrap >/dev/null || die "the package debootstrap is missing"

# In namespaces of its own: mounts vanish with it, and no process outlives it.
if [ -z "${PROVE_INSIDE:-}" ]; then
    work=$(mktemp -d /tmp/ussl-bare.XXXXXX)
    [ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$work"' EXIT
    trap 'exit 143' INT TERM HUP
    PROVE_INSIDE=$work unshare --mount --pid --fork --kill-child "$0" "$@"
    exit
fi

release=${RELEASE:-bookworm}
bare=$PROVE_INSIDE/$release
archive=$(mirrors | head -n 1)
inside() { chroot "$bare" env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

make_bare() {
    echo "making a bare $release from $archive"
    debootstrap --variant=minbase --keyring="$(keyring)" "$release" "$bare" "$archive" >"$PROVE_INSIDE/debootstrap.log" 2>&1 ||
        { tail -n 20 "$PROVE_INSIDE/debootstrap.log" >&2; die "debootstrap failed"; }
    mount -t proc proc "$bare/proc"
    mount --rbind /dev "$bare/dev"
    mount -t sysfs -o ro sysfs "$bare/sys"
    cp /etc/resolv.conf /etc/hosts "$bare/etc/"
}

write_sources() {
    rm -rf "$bare"/etc/apt/sources.list "$bare"/etc/apt/sources.list.d/* "$bare"/var/lib/apt/lists/*
    if [ "$form" = oneline ]; then
        echo "deb [signed-by=$(keyring)] $archive $release main" >"$bare/etc/apt/sources.list"
    else
        printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
            "$archive" "$release" "$(keyring)" >"$bare/etc/apt/sources.list.d/debian.sources"
    fi
    # A proxy that this machine's apt needs is needed in there, too.
    apt-config dump | grep -i '^Acquire::https\?::Proxy' >"$bare/etc/apt/apt.conf.d/90proxy" || :
}

copy_project() {
    home=$bare/home/tester
    inside useradd -m -s /bin/sh tester
    (cd "$USSL_ROOT" && tar -c --exclude=./build --exclude=./.git .) | (mkdir "$home/ussl" && tar -x --no-same-owner -C "$home/ussl")
    [ "$user" = root ] || inside chown -R tester: /home/tester/ussl
    [ "$user" != sudo ] || {
        inside apt-get -qq update
        inside env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends sudo >/dev/null 2>&1
        echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$bare/etc/sudoers.d/tester"
    }
}

run_verb() {
    began=$(date +%s)
    status=0
    account=root
    [ "$user" = root ] || account=tester
    echo "--- ./run $verb as $account ($form)"
    # shellcheck disable=SC2086  # the verb may have words after it
    inside setpriv --reuid "$account" --regid "$account" --init-groups env HOME=/home/tester CI=true \
        /home/tester/ussl/run $verb </dev/null || status=$?
    echo "--- exit status $status after $(($(date +%s) - began)) s"
}

# What a set-up must not leave behind on the user's system.
check_traces() {
    [ ! -e "$bare/usr/sbin/policy-rc.d" ] || die "policy-rc.d was left behind"
    ! find "$bare/var/lib/apt/lists" -name '*trixie*' | grep -q . || [ "$release" = trixie ] ||
        die "the system's package lists were touched"
    for server in nginx mosquitto openssl gnutls-serv; do
        ! inside ps -C "$server" -o args= 2>/dev/null || die "a server is still running"
    done
}

make_bare
write_sources
copy_project
run_verb
check_traces
[ "$user" != nosudo ] || { [ "$status" -ne 0 ] || die "it ran without any way to install"; exit 0; }
[ "$status" -eq 0 ] || exit "$status"
run_verb
check_traces
exit "$status"
