#!/bin/sh
# cpython.sh: fetches the CPython of Debian 13 into build/cpython, for the tests that compare
# ussl with it: 3.13 is the first that knows pre-shared keys. Nothing is installed. Where the
# machine's own Python is as new, or there is no apt, there is nothing to do.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive.sh"

packages="python3.13-minimal libpython3.13-minimal libpython3.13-stdlib libssl3t64 libc6 libexpat1 zlib1g libzstd1"
override="have a python3 of 3.13 or later"
advice="To do without: $override"
folder=$build/cpython

has_psk() { "$1" -c 'import ssl, sys; sys.exit(not getattr(ssl, "HAS_PSK", False))' 2>/dev/null; }

# Its own C library goes with it, so it is started through its own loader.
launcher() {
    cat <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
libraries=$(dirname "$here"/root/usr/lib/*/libssl.so.3)
exec "$libraries"/ld-linux*.so.? --library-path "$libraries" "$here/root/usr/bin/python3.13" "$@"
END
}

unpack() {
    mkdir -p "$folder.part/root"
    for package in "$apt"/archive/*.deb; do dpkg-deb -x "$package" "$folder.part/root" || return 1; done
    launcher >"$folder.part/python3"
    chmod +x "$folder.part/python3"
    has_psk "$folder.part/python3" && mv "$folder.part" "$folder"
}

! has_psk python3 || exit 0
command -v apt-get >/dev/null || exit 0
lock
[ ! -e "$folder" ] || exit 0
rm -rf "$folder.part"
read_archive deb "$override"
# shellcheck disable=SC2086  # one word per package
step "downloading CPython 3.13" private_apt download $packages
step "unpacking CPython 3.13" unpack
rm -rf "$apt"
