"""Giving mail to a server, over TLS, whose certificate is checked."""

import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from pytest_django import Settings

from accounts.services.mail_server import EmailBackend
from siteconfig.environment import mail


def certificate(folder: Path, name: str) -> Path:
    """Make a certificate for `name` that signed itself; return the file of it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "127.0.0.1":
        names = [x509.IPAddress(ipaddress.ip_address(name))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return file


class Session(socketserver.StreamRequestHandler):
    """As much SMTP as one message takes."""

    server: "MailServer"

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                self.say("250-here\r\n250 STARTTLS")
            elif verb == "STARTTLS":
                self.say("220 go on")
                if not self.encrypt():
                    return
            elif verb == "DATA":
                self.say("354 write")
                self.server.taken.append(self.text())
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")

    def encrypt(self) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate)
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):  # the client does not believe it
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        return True

    def text(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    certificate: Path
    taken: list[str]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer(("127.0.0.1", 0), Session) as server:
        server.taken = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def send(server: MailServer) -> None:
    backend = EmailBackend(host="127.0.0.1", port=server.server_address[1], use_tls=True, timeout=5)
    EmailMessage("Hello", "The text", "parley@example.org", ["nina@example.org"], connection=backend).send()


def test_a_certificate_that_nobody_vouches_for_is_not_believed(mail_server: MailServer, tmp_path: Path) -> None:
    mail_server.certificate = certificate(tmp_path, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        send(mail_server)
    assert mail_server.taken == []


def test_unless_the_operator_says_so(mail_server: MailServer, tmp_path: Path, settings: Settings) -> None:
    settings.EMAIL_ALLOW_SELFSIGNED = True
    mail_server.certificate = certificate(tmp_path, "another.example.org")
    send(mail_server)
    assert "The text" in mail_server.taken[0]


def test_the_certificate_names_the_host_or_what_the_operator_says(
    mail_server: MailServer, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.certificate = certificate(tmp_path, "mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
        send(mail_server)
    settings.EMAIL_ENCRYPTION_HOSTNAME = "other.example.org"
    with pytest.raises(ssl.SSLCertVerificationError, match=r"other\.example\.org"):
        send(mail_server)
    settings.EMAIL_ENCRYPTION_HOSTNAME = "mail.example.org"
    send(mail_server)
    assert "The text" in mail_server.taken[0]


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> mail.Mail:
    for name, value in variables.items():
        monkeypatch.setenv(f"EMAIL_{name}", value)
    return mail.server()


def test_nothing_is_configured_by_itself() -> None:
    assert mail.server().host == ""


def test_a_named_service_brings_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    server = read(monkeypatch, SERVICE="Gmail", FROM="me@example.org", HOST="not-asked.example.org", PASSWORD="s3cret")
    assert (server.host, server.port, server.encryption) == ("smtp.gmail.com", 465, "tls")
    assert "s3cret" not in repr(server)
    server = read(monkeypatch, PORT="587", ENCRYPTION="starttls")
    assert (server.port, server.encryption) == (587, "starttls")


def test_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    server = read(monkeypatch, HOST="mail.example.org", FROM="me@example.org", ENCRYPTION="STARTTLS",
                 ENCRYPTION_HOSTNAME="mx.example.org", ALLOW_SELFSIGNED="true")  # fmt: skip
    assert (server.host, server.port, server.encryption) == ("mail.example.org", 25, "starttls")
    assert (server.tls_name, server.any_certificate) == ("mx.example.org", True)


@pytest.mark.parametrize(
    ("variables", "word"),
    [({"SERVICE": "gmial", "FROM": "me@example.org"}, "gmail"), ({"HOST": "mail.example.org"}, "EMAIL_FROM")],
)
def test_what_makes_no_sense_is_said_at_start(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, Any], word: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=word):
        read(monkeypatch, **variables)
