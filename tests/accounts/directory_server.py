"""A real slapd on loopback with a few people, whose certificate is for `localhost`."""

import datetime
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import free_port, wait_for_port

SLAPD = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/local/sbin")
SCHEMAS = Path("/etc/ldap/schema")
MODULES = Path("/usr/lib/ldap")
BASE = "dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "reader-secret"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class DirectoryServer:
    url: str
    ca_file: str
    log: Path

    def questions(self) -> int:
        """How often it was asked anything so far."""
        return self.log.read_text().count("ACCEPT from")


@contextmanager
def running(folder: Path) -> Iterator[DirectoryServer]:
    if SLAPD is None or not SCHEMAS.is_dir():
        pytest.skip("needs slapd: sh deploy/slapd.sh installs it where that can be done")
    port = free_port()
    _certificates(folder)
    (folder / "db").mkdir()
    (folder / "slapd.conf").write_text(_configuration(folder))
    (folder / "people.ldif").write_text(LDIF)
    slapadd = Path(SLAPD).with_name("slapadd")
    subprocess.run(
        [slapadd, "-f", folder / "slapd.conf", "-l", folder / "people.ldif"], check=True, capture_output=True
    )
    log = folder / "slapd.log"
    command = [SLAPD, "-f", str(folder / "slapd.conf"), "-h", f"ldap://127.0.0.1:{port}", "-d", "256"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"TZ": "UTC"})
    try:
        wait_for_port(port, process)
        yield DirectoryServer(f"ldap://localhost:{port}", str(folder / "ca.pem"), log)
    finally:
        process.terminate()
        process.wait(10)


def _configuration(folder: Path) -> str:
    schemas = "".join(f"include {SCHEMAS / name}.schema\n" for name in ("core", "cosine", "inetorgperson", "nis"))
    return f"""{schemas}
modulepath {MODULES}
moduleload back_mdb
referral ldap://elsewhere.example.net
pidfile {folder / "slapd.pid"}
TLSCACertificateFile {folder / "ca.pem"}
TLSCertificateFile {folder / "server.pem"}
TLSCertificateKeyFile {folder / "server.key"}
database mdb
suffix "{BASE}"
directory {folder / "db"}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by * none
"""


def _certificates(folder: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def certificate(name: x509.Name, public: ec.EllipticCurvePublicKey, is_authority: bool) -> bytes:
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(authority, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    (folder / "ca.pem").write_bytes(certificate(issuer, authority.public_key(), True))
    (folder / "server.pem").write_bytes(certificate(server, key.public_key(), False))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _person(uid: str, mail: str, given: str = "Lina", last: str = "Listed") -> str:
    return f"""dn: uid={uid},{PEOPLE}
objectClass: inetOrgPerson
uid: {uid}
cn: {given} {last}
givenName: {given}
sn: {last}
mail: {mail}
userPassword: {PASSWORD}

"""


MORE = "".join((
    _person("frieda", "frieda@example.org", "Frieda", "First"),
    _person("second", "Frieda@Example.org", "Second", "Person"),
    _person("noaddress", "not an address", "No", "Address"),
    _person("odd", "odd\nmail: odd@example.org", "Odd", "Mail"),
))  # fmt: skip
LDIF = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

{_person("lina", "lina@example.org")}{_person("max", "max@example.org", "Max", "Müller")}{
    _person("twin1", "twin@example.org")
}{_person("twin2", "twin@example.org")}{MORE}dn: cn=red,{GROUPS}
objectClass: groupOfNames
cn: red
member: uid=lina,{PEOPLE}

dn: cn=blue,{GROUPS}
objectClass: posixGroup
cn: blue
gidNumber: 5
memberUid: lina

dn: cn=green,{GROUPS}
objectClass: groupOfNames
cn: green
member: uid=max,{PEOPLE}
"""
