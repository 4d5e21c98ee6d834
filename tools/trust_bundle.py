#!/usr/bin/env python3
"""Make the bundle of trusted roots that firmware carries in flash.

    tools/trust_bundle.py [--ec-only] [--c] OUT [FILE.pem ...]

FILE.pem defaults to the distribution's ca-certificates.  Of each certificate the bundle has
the name, the key and the end of validity, which is what verifying a chain takes; roots that
have expired, or whose keys ussl does not know, are left out.  With --c the output is text
for an #include between the braces of an array, else it is binary.  The layout is described
in src/engine/mbedtls/roots.c.
"""
import argparse
import base64
import collections
import datetime
import hashlib
import re
import struct
import sys

SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
MAGIC = b"USB1"
HEADER = struct.Struct("<4sHH32s")
ENTRY = struct.Struct("<II")
RECORD = struct.Struct("<BBBBHH")

RSA = bytes.fromhex("2a864886f70d010101")
EC = bytes.fromhex("2a8648ce3d0201")
CURVES = {bytes.fromhex(text) for text in ("2a8648ce3d030107", "2b81040022", "2b81040023")}

Root = collections.namedtuple("Root", "digest name key end")


# ---- DER ----


def element(data, at=0):
    """(tag, content, whole, where the next begins) of the element at this place."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(data[at + 2:start], "big")
    if start + length > len(data):
        raise ValueError("an element is longer than what holds it")
    return data[at], data[start:start + length], data[at:start + length], start + length


def elements(data):
    at = 0
    while at < len(data):
        tag, content, whole, at = element(data, at)
        yield tag, content, whole


def parse(der):
    to_be_signed = list(elements(next(elements(element(der)[1]))[1]))
    if to_be_signed[0][0] == 0xa0:  # the version
        del to_be_signed[0]
    _, _, _, validity, name, key = to_be_signed[:6]
    return Root(hashlib.sha256(der).digest(), name[2], key[2], moment(list(elements(validity[1]))[1]))


def moment(time):
    tag, text, _ = time
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.datetime.strptime(text.decode(), form)


# ---- what is of use ----


def key_kind(key):
    """'RSA', 'EC' or None for a key that ussl does not know."""
    algorithm, bits = list(elements(element(key)[1]))[:2]
    parts = [content for _, content, _ in elements(algorithm[1])]
    if parts[0] == EC:
        return "EC" if parts[1] in CURVES else None
    modulus = next(elements(element(bits[1][1:])[1]))[1] if parts[0] == RSA else b""
    return "RSA" if len(modulus.lstrip(b"\0")) * 8 >= 2048 else None


def is_useful(root, ec_only):
    kind = key_kind(root.key)
    return root.end > datetime.datetime.utcnow() and root.end.year < 2050 and kind in (("EC",) if ec_only else ("EC", "RSA"))


def roots_of(files, ec_only):
    found = {}
    for path in files:
        with open(path) as file:
            for text in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", file.read(), re.S):
                root = parse(base64.b64decode(text))
                if is_useful(root, ec_only):
                    found[root.digest] = root
    return list(found.values())


# ---- the bundle ----


def hash_of(name):
    """As hash_name in roots.c."""
    value = 2166136261
    for _, rdn, _ in elements(element(name)[1]):
        for _, pair, _ in elements(rdn):
            for _, content, _ in elements(pair):
                for byte in content:
                    byte |= 0x20 if 0x41 <= byte <= 0x5a else 0
                    value = (value ^ byte) * 16777619 & 0xffffffff
    return value


def record(root):
    end = root.end - datetime.timedelta(days=1)  # its last whole day
    return RECORD.pack(end.year - 2000, end.month, end.day, 0, len(root.name), len(root.key)) + root.name + root.key


def bundle(roots):
    roots = sorted(roots, key=lambda root: (hash_of(root.name), root.digest))
    total = sum(int.from_bytes(root.digest, "big") for root in roots) % (1 << 256)
    index, records = b"", b""
    start = HEADER.size + ENTRY.size * len(roots)
    for root in roots:
        index += ENTRY.pack(hash_of(root.name), start + len(records))
        records += record(root)
    return HEADER.pack(MAGIC, len(roots), 0, total.to_bytes(32, "big")) + index + records


def as_text(data):
    rows = (data[at:at + 24] for at in range(0, len(data), 24))
    return "".join(",".join(map(str, row)) + ",\n" for row in rows).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--ec-only", action="store_true", help="leave RSA keys out")
    parser.add_argument("--c", action="store_true", help="text to #include")
    parser.add_argument("out")
    parser.add_argument("files", nargs="*", default=[SYSTEM])
    args = parser.parse_args()
    roots = roots_of(args.files or [SYSTEM], args.ec_only)
    if not roots:
        sys.exit("trust_bundle: no usable root in " + " ".join(args.files or [SYSTEM]))
    data = bundle(roots)
    with open(args.out, "wb") as file:
        file.write(as_text(data) if args.c else data)
    print("trust_bundle: %d roots, %d bytes" % (len(roots), len(data)))


if __name__ == "__main__":
    main()
