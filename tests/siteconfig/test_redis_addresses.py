"""Every form of REDIS_URL: it works for all that use it, or for none; who does not show a certificate hears nothing."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.exceptions import OperationalError
from pytest_django import Settings

from core.redis_client import client
from deploy.embedded import valkey
from deploy.health import check_redis
from siteconfig.environment import servers
from siteconfig.environment.reader import env
from tests.servers import free_port, stop, wait_for_port

pytestmark = pytest.mark.security
WORD = "p@s:w/rd"
QUOTED = "p%40s%3Aw%2Frd"


@contextlib.contextmanager
def server(folder: Path, *options: str) -> Iterator[int]:
    port = free_port()
    command = [
        valkey.program(),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        *options,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, process)
        yield port
    finally:
        stop(process)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A server that wants a name and a password. Its port, and its socket's path."""
    folder = tmp_path_factory.mktemp("valkey")
    (folder / "users").write_text(f"user default off\nuser app on >{WORD} ~* &* +@all\n")
    options = ("--aclfile", str(folder / "users"), "--unixsocket", str(folder / "s"))
    with server(folder, *options) as port:
        yield port, folder / "s"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate that nobody else has signed, and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "cert.pem", folder / "key.pem"


class Encrypting:
    """TLS before a server that has none, with a certificate of its own. `heard` is what came through it."""

    def __init__(self, port: int, folder: Path) -> None:
        self.certificate, self._key = certificate(folder)
        self.heard = b""
        self._behind, self._ready = port, threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Encrypting":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *fault: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        listening = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        open_ones = asyncio.all_tasks(self._loop)
        for task in open_ones:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*open_ones, return_exceptions=True))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        await asyncio.gather(self._pass_on(reader, back, note=True), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, note: bool = False) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.heard += data if note else b""
                writer.write(data)
        writer.close()


@pytest.fixture
def encrypted(alone: tuple[int, Path], tmp_path: Path) -> Iterator[Encrypting]:
    with Encrypting(alone[0], tmp_path) as server:
        yield server


def read(monkeypatch: pytest.MonkeyPatch, url: str) -> str:
    monkeypatch.setenv("REDIS_URL", url)
    address = servers.redis_url()
    env.check()
    return address


def by_redis(url: str) -> bool:
    """Return whether redis-py gets through, as in the cache, the stream logs and the channel layer."""
    with redis.Redis.from_url(url, socket_timeout=10) as there:
        try:
            return bool(there.set("probe", 1))
        except redis.ConnectionError:
            return False


def by_celery(url: str) -> bool:
    with Connection(servers.broker_url(url), connect_timeout=10) as there:
        try:
            there.ensure_connection(max_retries=1, interval_start=0)
            with there.SimpleQueue("probes") as queue:
                queue.put({"a": 1})
                queue.get(timeout=10).ack()
        except OperationalError:
            return False
        return True


FORMS = {
    "redis://app:{word}@127.0.0.1:{port}/0": True,
    "redis://app:{word}@127.0.0.1:{port}/3": True,
    "redis://127.0.0.1:{port}/0": False,
    "redis://app:wrong@127.0.0.1:{port}/0": False,
    "unix://app:{word}@{path}": True,
    "unix://app:{word}@{path}?db=2": True,
    "unix://app:wrong@{path}": False,
    "rediss://app:{word}@127.0.0.1:{tls}/0": False,
    "rediss://app:{word}@127.0.0.1:{tls}/0?ssl_cert_reqs=required": False,
    "rediss://app:{word}@127.0.0.1:{tls}/0?ssl_ca_certs={ca}": True,
    "rediss://app:{word}@127.0.0.1:{tls}/0?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs={ca}": True,
    "rediss://app:{word}@127.0.0.1:{tls}/0?ssl_cert_reqs=none": True,
    "redis://app:{word}@127.0.0.1:{tls}/0": False,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_opens_for_all_or_for_none(
    form: str, alone: tuple[int, Path], encrypted: Encrypting, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, path = alone
    url = read(
        monkeypatch,
        form.format(word=QUOTED, port=port, path=path, tls=encrypted.port, ca=encrypted.certificate),
    )
    opens = FORMS[form]
    assert (by_redis(url), by_celery(url)) == (opens, opens)
    assert opens or not encrypted.heard, "something was said to who did not show who it is"


@pytest.mark.parametrize(
    "url",
    ["rediss://h/0?ssl_cert_reqs=never", "unix://", "unix:///", "redis+cluster://h", "redis-sentinel://h", "h:6379"],
)
def test_a_form_that_would_not_work_stops_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        read(monkeypatch, url)


def test_the_doctor_and_the_probe_name_a_cluster(tmp_path: Path, settings: Settings) -> None:
    client.cache_clear()
    with server(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        (finding,) = check_redis()
    client.cache_clear()
    assert (finding.level, finding.text) == ("fault", "is part of a cluster, so it holds only some of the keys")


def test_the_doctor_warns_of_a_server_that_need_not_show_who_it_is(
    encrypted: Encrypting, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.cache_clear()
    settings.REDIS_URL = read(monkeypatch, f"rediss://app:{QUOTED}@127.0.0.1:{encrypted.port}/0?ssl_cert_reqs=none")
    findings = list(check_redis())
    client.cache_clear()
    assert [finding.level for finding in findings] == ["ok", "warning"]
