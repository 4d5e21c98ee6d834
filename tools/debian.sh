# shellcheck shell=sh
# What the scripts need to know about the machine's Debian archive. Sourced.

# The archives in the machine's own apt entries that may be Debian's main one, best
# first. apt itself reads the entries, so every form of them is understood; it need
# not have fetched anything yet. DEBIAN_MIRROR overrides.
mirrors() {
    [ -z "${DEBIAN_MIRROR:-}" ] || { echo "$DEBIAN_MIRROR"; return; }
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    apt-get --print-uris update 2>/dev/null |
        sed -n -E "s,^'(.*)/dists/($own|bookworm|trixie|(old)?stable|testing|unstable|sid)/InRelease'.*,\1,p" |
        grep -v '^cdrom:' | awk '!seen[$0]++'
}

# The keys that Debian's archives are signed with; a newer release names it .pgp.
keyring() {
    for file in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        [ ! -r "$file" ] || { echo "$file"; return; }
    done
}
