#!/usr/bin/env python3
"""Make the throw-away PKI the tests and the demo use.

    tests/certs/make.py [OUT]        OUT defaults to build/pki

Everything is made with the `openssl` command in about two seconds, and made
again only when a file is missing, this script has changed, or the PKI is a
week old (certificates live 30 days).  For every NAME of the table CERTS:

    NAME.pem NAME.der                the certificate
    NAME.key NAME.key.der            its private key (PKCS#8)
    NAME.old.key NAME.old.key.der    the same key as SEC1 or PKCS#1
    NAME.chain.pem                   the certificate, then its intermediates
    NAME.both.pem                    the key, then the chain

Everything else (bundles, broken files, a directory) is made by `extras`.
The password of server-ecdsa.enc.key is "secret".
"""
import base64
import collections
import datetime
import fcntl
import hashlib
import hmac
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build", "pki")
MAX_AGE = 7 * 86400
PASSWORD = "secret"

Cert = collections.namedtuple("Cert", "name key issuer subject profile start end digest")


def cert(name, key, issuer, subject, profile, start=-1, end=30, digest="sha256"):
    """A row of the table; `start` and `end` are days from now, or the time itself."""
    return Cert(name, key, issuer, subject, profile, start, end, digest)


# An issuer stands above what it signs; issuer None means self-signed.
CERTS = [
    cert("root-ecdsa", "P-256", None, "ussl test root ECDSA", "ca"),
    cert("inter-ecdsa", "P-256", "root-ecdsa", "ussl test intermediate ECDSA", "ca"),
    cert("server-ecdsa", "P-256", "inter-ecdsa", "localhost", "server"),
    cert("client-ecdsa", "P-256", "inter-ecdsa", "client-ecdsa", "client"),
    cert("root-rsa", "2048", None, "ussl test root RSA", "ca"),
    cert("inter-rsa", "2048", "root-rsa", "ussl test intermediate RSA", "ca"),
    cert("server-rsa", "2048", "inter-rsa", "localhost", "server"),
    cert("client-rsa", "2048", "inter-rsa", "client-rsa", "client"),
    # A root nobody else knows, what it signs, and a client of it.
    cert("other-root", "P-256", None, "ussl test other root", "ca"),
    cert("other-server", "P-256", "other-root", "localhost", "server"),
    cert("other-client", "P-256", "other-root", "other-client", "client"),
    # Directly under the root, for the smallest possible chain.
    cert("direct", "P-256", "root-ecdsa", "localhost", "server"),
    # Leafs with one fault each.
    cert("expired", "P-256", "inter-ecdsa", "localhost", "server", -20, -10),
    cert("future", "P-256", "inter-ecdsa", "localhost", "server", 10, 20),
    cert("dated", "P-256", "root-ecdsa", "localhost", "server", "20180105093443Z", "20380209000001Z"),
    cert("selfsigned", "P-256", None, "localhost", "server"),
    cert("wrongname", "P-256", "inter-ecdsa", "wrong.example", "wrongname"),
    cert("nosan", "P-256", "inter-ecdsa", "localhost", "nosan"),
    cert("clientonly", "P-256", "inter-ecdsa", "localhost", "clientonly"),
    cert("weak", "1024", "inter-rsa", "localhost", "server"),
    cert("sha1", "2048", "inter-rsa", "localhost", "server", digest="sha1"),
    cert("expired-client", "P-256", "inter-ecdsa", "expired-client", "client", -20, -10),
    # On its issuer's revocation list, and an issuer of the same name that signs a false one.
    cert("revoked", "P-256", "inter-ecdsa", "localhost", "server"),
    cert("revoked-client", "P-256", "inter-ecdsa", "revoked-client", "client"),
    cert("false-inter", "P-256", "other-root", "ussl test intermediate ECDSA", "ca"),
    cert("forged", "P-256", "false-inter", "localhost", "server"),
    # The sites that MicroPython's own tests ask, and a certificate that they want.
    cert("upstream-sites", "P-256", "inter-ecdsa", "micropython.org", "sites"),
    cert("upstream-expired", "P-256", None, "micropython.local", "nosan", -20, -10),
    # Ends before what it is signed by.
    cert("brief-client", "P-256", "inter-ecdsa", "brief-client", "client", -1, 29),
    # Signed by a CA for mail.
    cert("mail-inter", "P-256", "root-ecdsa", "ussl test CA for mail", "mailca"),
    cert("mail", "P-256", "mail-inter", "localhost", "server"),
    # May sign no handshake. Signed by a CA that may sign no revocation lists.
    cert("nosign", "P-256", "inter-ecdsa", "localhost", "nosign"),
    cert("nocrl-inter", "P-256", "root-ecdsa", "ussl test CA without lists", "nocrlca"),
    cert("nocrl", "P-256", "nocrl-inter", "localhost", "server"),
    # Signed by a certificate that is no CA.
    cert("underleaf", "P-256", "server-ecdsa", "localhost", "server"),
]
# As many intermediates as mbedTLS follows, and one more.
for _n in range(1, 10):
    CERTS.append(cert("deep-%d" % _n, "P-256", "deep-%d" % (_n - 1) if _n > 1 else "root-ecdsa", "deep CA %d" % _n, "ca"))
CERTS += [
    cert("deep", "P-256", "deep-8", "localhost", "server"),
    cert("too-deep", "P-256", "deep-9", "localhost", "server"),
    cert("too-deep-client", "P-256", "deep-9", "too-deep-client", "client"),
]

NAMES = ("DNS:localhost,DNS:www.example.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1,"
         "DNS:www.google.com,DNS:cloud.blynk.cc")
LEAF = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
SIGN = "keyUsage=critical,digitalSignature\n"
PROFILES = {
    "ca": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "mailca": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=emailProtection\n"
              "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "server": LEAF + SIGN + "extendedKeyUsage=serverAuth\nsubjectAltName=" + NAMES + "\n",
    "nocrlca": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
               "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "nosign": LEAF + "keyUsage=critical,keyAgreement\nextendedKeyUsage=serverAuth\nsubjectAltName=" + NAMES + "\n",
    "wrongname": LEAF + SIGN + "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:wrong.example\n",
    "sites": LEAF + SIGN + "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:micropython.org,DNS:www.github.com,"
             "DNS:pypi.org,DNS:api.pushbullet.com\n",
    "nosan": LEAF + SIGN + "extendedKeyUsage=serverAuth\n",
    "clientonly": LEAF + SIGN + "extendedKeyUsage=clientAuth\nsubjectAltName=" + NAMES + "\n",
    "client": LEAF + SIGN + "extendedKeyUsage=clientAuth\n",
}

# Revocation lists: crl-NAME.pem, who signs it, which it names, and its days from now; those
# of NAME "sha1" with a weak hash.
CRLS = (
    ("root", "root-ecdsa", (), -1, 30),
    ("inter", "inter-ecdsa", ("revoked", "revoked-client"), -1, 30),
    ("root-inter", "root-ecdsa", ("inter-ecdsa",), -1, 30),
    ("old", "inter-ecdsa", (), -20, -10),
    ("old-revoked", "inter-ecdsa", ("revoked",), -20, -10),
    ("future", "inter-ecdsa", (), 10, 20),
    ("false", "false-inter", (), -1, 30),
    ("sha1", "inter-ecdsa", (), -1, 30),
    ("nocrl", "nocrl-inter", (), -1, 30),
)

# Encrypted keys: enc-NAME.key, of which key, and how `openssl pkcs8 -topk8` or, for the old
# form, `openssl pkey -traditional` is told.
ENCRYPTED = {
    "aes128": ("direct", "-v2 aes-128-cbc"),
    "aes256": ("direct", "-v2 aes-256-cbc"),
    "sha1": ("direct", "-v2 aes-256-cbc -v2prf hmacWithSHA1"),
    "sha512": ("direct", "-v2 aes-256-cbc -v2prf hmacWithSHA512"),
    "rsa": ("server-rsa", "-v2 aes-256-cbc"),
    "scrypt": ("direct", "-scrypt"),
    "3des": ("direct", "-v2 des3"),
    "old-aes": ("direct", "-aes256"),
    "old-rsa": ("server-rsa", "-aes128"),
    "quick": ("direct", "-v2 aes-256-cbc -iter 1"), # a password is tried in no time
}
# PKCS#12: NAME.p12, of which certificate, and how `openssl pkcs12 -export` is told.
PKCS12 = {
    "aes": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe AES-256-CBC"),
    "rsa": ("server-rsa", "-keypbe AES-128-CBC -certpbe AES-256-CBC"),
    "sha1": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA1"),
    "sha512": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA512"),
    "open-certs": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe NONE"),
    "open-key": ("server-ecdsa", "-keypbe NONE -certpbe AES-256-CBC"),
    "open": ("server-ecdsa", "-keypbe NONE -certpbe NONE"),
    "no-mac": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe AES-256-CBC -nomac"),
    "leaf": ("direct", "-keypbe AES-256-CBC -certpbe AES-256-CBC -name named"),
    "old": ("server-ecdsa", "-legacy"),
    "quick": ("server-ecdsa", "-keypbe AES-256-CBC -certpbe AES-256-CBC -nomac -iter 1"),
}

# What a certificate can be for, one set each: ALT-NAME.pem, all with the key of "direct".
ALTERNATIVES = {
    "exact": "DNS:example.com",
    "upper": "DNS:EXAMPLE.Com",
    "several": "DNS:one.example,DNS:two.example,IP:192.0.2.7,DNS:three.example",
    "wild": "DNS:*.example.com",
    "wild-top": "DNS:*.com",
    "wild-all": "DNS:*",
    "wild-twice": "DNS:*.*.example.com",
    "wild-inner": "DNS:www.*.example.com",
    "wild-head": "DNS:w*.example.com",
    "wild-tail": "DNS:*w.example.com",
    "wild-idna": "DNS:xn--*.example.com",
    "wild-dot": "DNS:*.example.com.",
    "idna": "DNS:xn--bcher-kva.example,DNS:*.xn--bcher-kva.test",
    "dot": "DNS:example.com.",
    "lead": "DNS:.example.com",
    "ip4": "IP:192.0.2.1",
    "ip6": "IP:2001:db8::1",
    "ip-as-name": "DNS:192.0.2.1,DNS:*.0.2.9",
    "uri": "URI:https://example.com/,URI:example.com",
    "email": "email:you@example.com,email:example.com",
    "ip6-as-ip4": "IP:c000:201::1",
    "nul": "DER:30:18:82:16:65:78:61:6d:70:6c:65:2e:63:6f:6d:00:2e:62:61:64:2e:74:65:73:74:2e",
    "mixed": "DNS:other.example,URI:https://example.com/",
    "many": "DNS:localhost," + ",".join("DNS:%d.example" % i for i in range(900)),
}

# Certificates with much to show: the section [dn], and extensions.
SHOWN = {
    "shown": ("C=DE\nO=Pr\u00fcfstelle \u2603\n+OU=Zweite\n0.OU=Abteilung 1\nCN=shown.example\n0.2.5.4.97=VATDE-1\n"
              "0.1.2.3.4.5=odd\nbusinessCategory=Private\nstreet=Some Street 1\nDC=test\nUID=me\n"
              "jurisdictionC=DE\nemailAddress=a@b.example\nserialNumber=17\n",
              "subjectAltName=DNS:localhost,DNS:*.shown.example,email:a@b.c,URI:https://shown.example/x?y=1,"
              "IP:127.0.0.1,IP:2001:db8::1,RID:1.2.3.4,dirName:dir,otherName:1.2.3.4;UTF8:other\n"
              "authorityInfoAccess=OCSP;URI:http://ocsp.example/,OCSP;URI:http://ocsp2.example/,"
              "caIssuers;URI:http://ca.example/ca.der\n"
              "crlDistributionPoints=URI:http://crl.example/1.crl,URI:http://crl.example/2.crl\n"),
    "shown-bare": ("CN=\u4f60\u597d\n", "subjectAltName=DNS:localhost\n"),
    "shown-unnamed": ("", "subjectAltName=critical,DNS:localhost,IP:::ffff:1.2.3.4\n"),
    "shown-control": ("CN=evil\u009b31m\n", "subjectAltName=DNS:other.example\n"),
    "shown-places": ("CN=localhost\n", "subjectAltName=DNS:localhost\nauthorityInfoAccess=caIssuers;URI:http://ca.example/\n"
                     "crlDistributionPoints=points\n"),
}
DIRECTORY_NAMES = ("[dir]\nC=UK\nO=My Organization\n+OU=Unit\nCN=My Name\n"
                   "[points]\nfullname=dirName:dir,URI:http://crl.example/3.crl\nreasons=keyCompromise\n")

CA_CONFIG = """[ca]
default_ca=any
[any]
database=index.txt
new_certs_dir=.
rand_serial=yes
unique_subject=no
email_in_dn=no
policy=policy
x509_extensions=none
[policy]
commonName=supplied
[none]
[req]
distinguished_name=dn
prompt=no
[dn]
"""


class Maker:
    """One run of the script, in a directory of its own."""

    def __init__(self, directory):
        self.dir = directory
        self.rows = {row.name: row for row in CERTS}
        self.write("ca.cnf", CA_CONFIG)
        for name, text in PROFILES.items():
            self.write(name + ".ext", text)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def openssl(self, *args):
        """Run openssl in the directory; its words are shown only when it fails."""
        done = subprocess.run(("openssl",) + args, cwd=self.dir, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit("openssl %s failed:\n%s" % (
                " ".join(args), done.stdout.decode("utf-8", "replace")))

    def make_key(self, name, kind):
        if kind.startswith("P-"):
            how = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind)
        else:
            how = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind)
        self.openssl("genpkey", *how, "-out", name + ".key")
        self.openssl("pkey", "-traditional", "-in", name + ".key", "-out", name + ".old.key")
        for form in (".key", ".old.key"):
            self.write(name + form + ".der", pem_to_der(self.read(name + form)))

    def sign(self, row):
        """`openssl ca` and not `x509 -req`, because only it takes any two dates."""
        self.write("index.txt", "")
        self.openssl("req", "-new", "-config", "ca.cnf", "-key", row.name + ".key",
                     "-subj", "/CN=" + row.subject, "-out", "request.csr")
        issuer = row.issuer or row.name
        who = ("-selfsign",) if row.issuer is None else ("-cert", issuer + ".pem")
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "request.csr",
                     "-keyfile", issuer + ".key", *who, "-md", row.digest,
                     "-startdate", stamp(row.start), "-enddate", stamp(row.end),
                     "-extfile", row.profile + ".ext", "-out", row.name + ".pem")
        self.write(row.name + ".der", pem_to_der(self.read(row.name + ".pem")))

    def chain(self, row):
        """The certificate and every issuer below the root."""
        text = self.read(row.name + ".pem")
        above = self.rows.get(row.issuer)
        while above is not None and above.issuer is not None:
            text += self.read(above.name + ".pem")
            above = self.rows[above.issuer]
        return text

    def make_all(self):
        for row in CERTS:
            self.make_key(row.name, row.key)
            self.sign(row)
            self.write(row.name + ".chain.pem", self.chain(row))
            self.write(row.name + ".both.pem",
                       self.read(row.name + ".key") + self.read(row.name + ".chain.pem"))
        self.extras()
        for name in os.listdir(self.dir):
            if re.search(r"\.(ext|cnf|csr)$|^index\.txt|^[0-9A-F]{20,}\.pem$", name):
                os.unlink(self.path(name))

    def show(self, name, subject, extensions):
        """A certificate NAME.pem of the key "direct", signed by root-ecdsa."""
        self.write("shown.cnf", "[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=utf8only\nutf8=yes\n"
                   "[dn]\n" + subject + "[ext]\n" + LEAF + SIGN + extensions + DIRECTORY_NAMES)
        subject_given = () if subject else ("-subj", "/")
        self.openssl("req", "-new", "-config", "shown.cnf", "-key", "direct.key", *subject_given, "-out", "request.csr")
        self.openssl("x509", "-req", "-in", "request.csr", "-CA", "root-ecdsa.pem", "-CAkey", "root-ecdsa.key",
                     "-days", "30", "-set_serial", "0x00ff01" + hashlib.sha256(name.encode()).hexdigest()[:24],
                     "-extfile", "shown.cnf", "-extensions", "ext", "-out", name + ".pem")
        self.write(name + ".der", pem_to_der(self.read(name + ".pem")))

    def serial(self, name):
        done = subprocess.run(("openssl", "x509", "-noout", "-serial", "-in", self.path(name + ".pem")),
                              check=True, stdout=subprocess.PIPE)
        return done.stdout.decode().strip().split("=")[1]

    def revoke(self, name, issuer, revoked, start, end):
        """A revocation list, from a database that is written here."""
        rows = "".join("R\t%s\t%s\t%s\tunknown\t/CN=x\n" % (stamp(30)[2:], stamp(start)[2:], self.serial(one))
                       for one in revoked)
        self.write("index.txt", rows)
        self.openssl("ca", "-gencrl", "-config", "ca.cnf", "-cert", issuer + ".pem", "-keyfile", issuer + ".key",
                     "-md", "sha1" if name == "sha1" else "sha256", "-crl_lastupdate", stamp(start), "-crl_nextupdate", stamp(end),
                     "-out", "crl-" + name + ".pem")

    def extras(self):
        """Bundles, a directory of roots, and files with something wrong in them."""
        ecdsa, rsa, other = (self.read(name + ".pem") for name in
                             ("root-ecdsa", "root-rsa", "other-root"))
        self.write("roots.pem", ecdsa + rsa)
        self.write("bundle.pem", b"Some text before.\n" + rsa + b"\n# other\n" + other + ecdsa)
        self.write("bundle-crlf.pem", (rsa + ecdsa).replace(b"\n", b"\r\n"))
        self.write("broken-middle.pem", ecdsa + damage(other) + rsa)
        self.write("empty.pem", b"")
        self.write("garbage.bin", hashlib.sha512(b"garbage").digest() * 16)
        self.write("garbage.pem", b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydA==\n"
                   b"-----END CERTIFICATE-----\n")
        self.write("truncated.pem", ecdsa[:len(ecdsa) // 2])
        self.write("truncated.der", self.read("root-ecdsa.der")[:-20])
        self.write("trailing.der", self.read("root-ecdsa.der") + b"\0\0")
        self.write("words.txt", b"There is no certificate in this file.\n")
        self.openssl("pkey", "-in", "server-ecdsa.key", "-aes128", "-passout", "pass:" + PASSWORD,
                     "-out", "server-ecdsa.enc.key")
        for name, alternatives in ALTERNATIVES.items():
            self.show("alt-" + name, "CN=example.com\n", "subjectAltName=" + alternatives + "\n")
        self.show("alt-none", "CN=example.com\n", "")
        self.show("alt-address", "CN=192.0.2.1\n", "")
        for name, (subject, extensions) in SHOWN.items():
            self.show(name, subject, extensions)
        for name, (key, how) in ENCRYPTED.items():
            form = ("pkey", "-traditional") if name.startswith("old-") else ("pkcs8", "-topk8")
            self.openssl(*form, "-in", key + ".key", *how.split(), "-passout", "pass:" + PASSWORD, "-out", "enc-%s.key" % name)
        for name, (of, how) in PKCS12.items():
            self.openssl("pkcs12", "-export", "-inkey", of + ".key", "-in", of + ".chain.pem", *how.split(),
                         "-passout", "pass:" + PASSWORD, "-out", name + ".p12")
        self.openssl("pkcs12", "-export", "-nokeys", "-in", "direct.pem", "-keypbe", "NONE", "-certpbe", "NONE",
                     "-passout", "pass:", "-out", "no-key.p12")
        self.openssl("pkcs12", "-export", "-inkey", "direct.key", "-in", "direct.pem", "-passout", "pass:", "-out", "empty.p12")
        # What another of its issuer's name has signed, sent with the true issuer.
        self.write("forged.true.pem", self.read("forged.pem") + self.read("inter-ecdsa.pem"))
        self.openssl("pkcs8", "-topk8", "-in", "direct.key", "-v2", "aes-256-cbc", "-passout", "pass:" + PASSWORD,
                     "-outform", "DER", "-out", "enc-aes256.key.der")
        self.write("enc-endless.key", endless_key())
        for name, length in (("longest", 31), ("too-long", 32)):
            self.openssl("pkcs12", "-export", "-inkey", "direct.key", "-in", "direct.pem",
                         "-passout", "pass:" + length * "p", "-out", name + ".p12")
        self.odd_pkcs12()
        for row in CRLS:
            self.revoke(*row)
        self.write("crls.pem", self.read("crl-root.pem") + self.read("crl-inter.pem"))
        self.write("roots-crls.pem", ecdsa + self.read("crls.pem") + rsa)
        self.write("crl-broken.pem", self.read("crl-root.pem").replace(b"\nMI", b"\nMA", 1))
        for name in ("roots", "other-root", "root-ecdsa"):
            subprocess.run((sys.executable, os.path.join(ROOT, "tools", "trust_bundle.py"), self.path(name + ".bundle"),
                            self.path(name + ".pem")), check=True, stdout=subprocess.DEVNULL)
        self.directory("capath", ("root-ecdsa", "root-rsa"))
        os.mkdir(self.path("capath-empty"))

    def odd_pkcs12(self):
        """PKCS#12 files that no program writes: odd-NAME.p12."""
        key, own = key_bag(self.read("direct.key.der")), cert_bag(self.read("direct.der"))
        other = key_bag(self.read("server-ecdsa.key.der"))
        signers = [cert_bag(self.read(name + ".der")) for name in ("inter-ecdsa", "root-ecdsa", "server-ecdsa")]
        good = safe(own, key)
        files = {
            "plain": pkcs12(good),
            "mac": pkcs12(good, mac={}),
            "mac-digest": pkcs12(good, mac={"change": lambda digest: digest[:-1] + bytes([digest[-1] ^ 1])}),
            "mac-short": pkcs12(good, mac={"change": lambda digest: digest[:-1]}),
            "mac-unsalted": pkcs12(good, mac={"salt": b""}),
            "mac-endless": pkcs12(good, mac={"iterations": b"\x7f\xff\xff\xff"}),
            "mac-never": pkcs12(good, mac={"iterations": b"\0"}),
            "sealed-key": pkcs12(self.encrypted_safe(der(0x30, signers[-1], other))),
            "two-keys": pkcs12(safe(own, key, other)),
            "two-keys-other-first": pkcs12(safe(own, other, key)),
            "no-certificate": pkcs12(safe(key)),
            "order": pkcs12(safe(*signers, other)),
            "other-content": pkcs12(good, content(P7_ENVELOPED, der(0x30))),
            "version": pkcs12(good, version=4),
            "nonsense": pkcs12(self.encrypted_safe(b"nonsense"), good),
        }
        for name, data in files.items():
            self.write("odd-%s.p12" % name, data)

    def encrypted_safe(self, plain):
        """Under the password, by PBES2 (RFC 8018 6.2) with one iteration."""
        secret = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), bytes(8), 1, 32)
        self.write("plain.csr", plain)
        self.openssl("enc", "-aes-256-cbc", "-K", secret.hex(), "-iv", bytes(16).hex(), "-in", "plain.csr", "-out", "sealed.csr")
        info = der(0x30, oid(P7_DATA), pbes2(der(2, b"\1")), der(0x80, self.read("sealed.csr")))
        return content(P7_ENCRYPTED, der(0x30, der(2, b"\0"), info))

    def directory(self, folder, names):
        """Certificates under the hashed names OpenSSL looks for."""
        os.mkdir(self.path(folder))
        for name in names:
            done = subprocess.run(("openssl", "x509", "-noout", "-subject_hash", "-in",
                                   self.path(name + ".pem")), check=True, stdout=subprocess.PIPE)
            hashed = done.stdout.decode().strip() + ".0"
            shutil.copy(self.path(name + ".pem"), os.path.join(self.path(folder), hashed))


def stamp(days):
    if isinstance(days, str):
        return days
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return when.strftime("%Y%m%d%H%M%SZ")


def pem_to_der(pem):
    """The last PEM block: `pkey -traditional` may write parameters before the key."""
    blocks = re.findall(rb"-----BEGIN [^-]+-----\s+([A-Za-z0-9+/=\s]+)-----END", pem)
    return base64.b64decode(blocks[-1])


def der(tag, *parts):
    inside = b"".join(parts)
    size = len(inside)
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(long)]) + long) + inside


def oid(text):
    return der(6, bytes.fromhex(text))


def pbes2(iterations):
    """AES-256-CBC under a key from PBKDF2 with SHA-256, salt and IV of zeros (RFC 8018 6.2)."""
    prf = der(0x30, oid("2a864886f70d0209"), der(5))
    derivation = der(0x30, oid("2a864886f70d01050c"), der(0x30, der(4, bytes(8)), iterations, prf))
    cipher = der(0x30, oid("60864801650304012a"), der(4, bytes(16)))
    return der(0x30, oid("2a864886f70d01050d"), der(0x30, derivation, cipher))


def endless_key():
    """A key whose derivation would iterate 2^31 - 1 times; it holds nothing."""
    key = der(0x30, pbes2(der(2, b"\x7f\xff\xff\xff")), der(4, bytes(32)))
    return (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + base64.encodebytes(key)
            + b"-----END ENCRYPTED PRIVATE KEY-----\n")


# Kinds of content (RFC 2315 14), and of bags (RFC 7292 4.2).
P7_DATA, P7_ENVELOPED, P7_ENCRYPTED = ("2a864886f70d01070" + kind for kind in "136")
KEY_BAG, CERT_BAG = ("2a864886f70d010c0a010" + kind for kind in "13")
X509 = "2a864886f70d01091601"


def content(kind, inside):
    return der(0x30, oid(kind), der(0xa0, inside))


def safe(*bags):
    return content(P7_DATA, der(4, der(0x30, *bags)))


def cert_bag(cert):
    return content(CERT_BAG, content(X509, der(4, cert)))


def key_bag(key):
    return content(KEY_BAG, key)


def pkcs12(*safes, version=3, mac=None):
    """PFX (RFC 7292 4), with a MAC where its particulars are given."""
    inside = der(0x30, *safes)
    tail = b"" if mac is None else mac_data(inside, **mac)
    return der(0x30, der(2, bytes([version])), content(P7_DATA, der(4, inside)), tail)


def mac_data(inside, salt=b"salt", iterations=None, change=lambda digest: digest):
    """MacData by SHA-256, under the password and, where nothing else is said, one iteration."""
    wide = (PASSWORD + "\0").encode("utf-16-be")
    filled = [(data * 64)[:64] for data in (b"\3", salt or b"\0", wide)]  # RFC 7292 B.2
    digest = hmac.new(hashlib.sha256(b"".join(filled)).digest(), inside, "sha256").digest()
    info = der(0x30, der(0x30, oid("608648016503040201"), der(5)), der(4, change(digest)))
    return der(0x30, info, der(4, salt), b"" if iterations is None else der(2, iterations))


def damage(pem):
    """The same certificate with its outer ASN.1 tag changed."""
    der = bytearray(pem_to_der(pem))
    der[0] ^= 0x10
    text = base64.encodebytes(bytes(der))
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def fingerprint():
    with open(os.path.abspath(__file__), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def is_fresh(out):
    stamp_file = os.path.join(out, "stamp")
    try:
        with open(stamp_file) as file:
            same = file.read() == fingerprint()
        return same and 0 <= time.time() - os.path.getmtime(stamp_file) < MAX_AGE
    except OSError:
        return False


def ensure(out=OUT):
    """Make the PKI unless a good one is there; safe for processes side by side."""
    out = os.path.abspath(out)
    if is_fresh(out):
        return out
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_fresh(out):
            build(out)
    return out


def build(out):
    """Made beside `out` and moved there whole, so a half-made PKI is never seen."""
    if not shutil.which("openssl"):
        raise SystemExit("the openssl command is missing (Debian: apt install openssl)")
    fresh = out + ".new"
    for stale in (fresh, out):
        shutil.rmtree(stale, ignore_errors=True)
    os.mkdir(fresh)
    maker = Maker(fresh)
    maker.make_all()
    maker.write("stamp", fingerprint())
    os.rename(fresh, out)


if __name__ == "__main__":
    print(ensure(*sys.argv[1:2]))
