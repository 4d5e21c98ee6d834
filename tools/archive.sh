# shellcheck shell=sh
# A private apt in build/apt that reads Debian 13 (trixie): the machine's own package lists
# stay as they are, and no root is needed. apt checks the archive's signature and every
# checksum. Sourced, after lib.sh.
. "$(dirname "$0")/debian.sh"

suite=trixie
apt=$build/apt

# configure TYPE ARCHIVE KEYRING: everything that belongs to the machine (lists, caches,
# pins, hooks) is replaced; its proxies stay in force.
configure() {
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/archive"
    echo "$1 [signed-by=$3] $2 $suite main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$apt/parts";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "1";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

private_apt() { (cd "$apt/archive" && apt-get -q -c "$apt/apt.conf" "$@"); }

# update TYPE KEYRING ARCHIVE...: settles on the first archive that has the suite, signed
# with Debian's keys (other people's archives name their suites alike).
update() {
    type=$1 keys=$2
    shift 2
    for archive in "$@"; do
        configure "$type" "$archive" "$keys"
        ! private_apt update || return 0
    done
    return 1
}

# read_archive TYPE OVERRIDE: reads the lists of sources (deb-src) or packages (deb); OVERRIDE
# says what to do where that is impossible.
read_archive() {
    archives=$(mirrors)
    [ -n "$archives" ] || fail "this machine's apt knows no Debian archive: $2, or name a Debian mirror in DEBIAN_MIRROR"
    keys=$(keyring)
    [ -n "$keys" ] || fail "the package debian-archive-keyring is not installed: install it, or $2"
    # shellcheck disable=SC2086  # one word per archive
    step "reading Debian's lists ($1)" update "$1" "$keys" $archives
}
