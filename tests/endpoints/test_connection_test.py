"""Trying an endpoint out: a real call, told in words; with the command for it."""

import json
import ssl
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from socket import create_server
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from pytest_django import Settings

from core.rate_limits import TooOften, named
from endpoints.catalog import registry
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.litellm import wire as litellm
from endpoints.services import connection_test, model_calls
from messages.events import Event
from tests.endpoint_maker import make_endpoint
from tests.model_server.fixtures import ModelServer
from tests.servers import free_port

pytestmark = pytest.mark.wire
KEY = "sk-of-the-operator"


def at(url: str, **fields: object) -> Endpoint:
    made = {"name": "Wire", "label": "Wire", "wire": "openai", "api_key": KEY, "written_by_operator": True}
    return make_endpoint(**{**made, "base_url": url, **fields})  # type: ignore[arg-type]


def test_an_endpoint_that_works_says_how_fast_and_what(model_server: ModelServer) -> None:
    result = connection_test.run_connection_test(at(model_server.url), "tiny")
    assert (result.ok, result.code, result.said) == (True, "", "Hello! This is a short reply from the model server.")
    assert f"{result.milliseconds} ms" in result.text
    sent = model_server.requests()[0]["body"]
    assert (sent["model"], sent["max_tokens"]) == ("tiny", connection_test.REPLY_TOKENS)


@pytest.mark.parametrize(
    ("question", "code", "message"),
    [
        ("[[error:401]]", "bad_key", "rejected"), ("[[error:404]]", "no_such_model", "know this model"),
        ("[[error:429]]", "rate_limit", "limiting requests"), ("[[error:402]]", "quota", "no credit"),
        ("[[html]]", "bad_response", "/v1"), ("[[error:500]]", "overloaded", "overloaded"),
    ],
)  # fmt: skip
def test_each_refusal_is_told_in_its_own_words(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, question: str, code: str, message: str
) -> None:
    monkeypatch.setattr(connection_test, "QUESTION", question)
    result = connection_test.run_connection_test(at(model_server.url), "tiny")
    assert (result.ok, result.code) == (False, code)
    assert message in result.text
    assert KEY not in json.dumps(result.to_json())


def test_a_persons_own_key_is_told_to_be_theirs(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_test, "QUESTION", "[[error:401]]")
    assert connection_test.run_connection_test(at(model_server.url, key_from_user=True), "tiny").text.startswith(
        "Your key"
    )


def test_nobody_there_and_a_private_address() -> None:
    assert connection_test.run_connection_test(at(f"http://127.0.0.1:{free_port()}/v1"), "tiny").code == "connection"
    refused = connection_test.run_connection_test(at("http://127.0.0.1:1/v1", written_by_operator=False), "tiny")
    assert refused.code == "refused_address"


def test_silence_ends_in_time(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_test, "SECONDS", 0.3)
    monkeypatch.setattr(connection_test, "QUESTION", "[[stall]]")
    assert connection_test.run_connection_test(at(model_server.url), "tiny").code == "timeout"


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_loading_a_library_comes_before_the_call_whose_time_is_limited(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes many seconds on a small machine, and is no fault of the provider's."""
    library, call = litellm.load(), model_calls.stream
    order = []

    def load() -> object:
        order.append("load")
        return library

    def stream(request: ModelRequest, **options: Any) -> AsyncGenerator[Event]:
        order.append("call")
        return call(request, **options)

    monkeypatch.setattr(litellm, "load", load)
    monkeypatch.setattr(model_calls, "stream", stream)
    result = connection_test.run_connection_test(
        at(model_server.url, wire="litellm", model_prefix="mistral/"), "command-x"
    )
    assert (result.ok, order[:2]) == (True, ["load", "call"]), result.text
    order.clear()
    connection_test.run_connection_test(at(model_server.url), "tiny")
    assert order == ["call"]  # a wire of our own needs none


def test_a_certificate_of_somebody_else_is_named(tmp_path: Path) -> None:
    with _self_signed(tmp_path) as port:
        result = connection_test.run_connection_test(at(f"https://127.0.0.1:{port}/v1"), "tiny")
    assert result.code == "certificate"
    assert "certificate" in result.text


def test_ten_tries_a_minute_are_enough(model_server: ModelServer) -> None:
    cache.clear()
    user_id = uuid4()
    for _ in range(named("endpoint_trial").most):
        connection_test.run_connection_test(at(model_server.url), "tiny", by=user_id)
    with pytest.raises(TooOften):
        connection_test.run_connection_test(at(model_server.url), "tiny", by=user_id)
    assert model_server.count == named("endpoint_trial").most


@contextmanager
def _self_signed(folder: Path) -> Iterator[int]:
    """Serve TLS with a certificate that nobody vouches for; give the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(folder))
    with create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            try:
                connection = server.accept()[0]
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                return

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def _certificate(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    plain = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(plain))
    (folder / "key.pem").write_bytes(
        key.private_bytes(plain, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def working_endpoint(model_server: ModelServer, settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(
        "version: 1.3.5\nendpoints:\n  custom:\n    - {name: Somewhere, apiKey: sk-of-the-operator, "
        f"baseURL: '{model_server.url}', models: {{default: [tiny]}}}}\n"
    )
    registry.reset()
    yield
    registry.reset()


@pytest.mark.django_db
@pytest.mark.usefixtures("working_endpoint")
def test_the_command_tries_and_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    call_command("endpoints", "test", "Somewhere", "--json", stdout=out)
    result = json.loads(out.getvalue())
    assert (result["ok"], result["model"], result["endpoint"]) == (True, "tiny", "Somewhere")
    with pytest.raises(CommandError, match="Nowhere not found"):
        call_command("endpoints", "test", "Nowhere")
    monkeypatch.setattr(connection_test, "QUESTION", "[[error:401]]")
    with pytest.raises(CommandError, match="rejected"):
        call_command("endpoints", "test", "Somewhere", "--model", "other")
