"""Testing an endpoint: a real call that is paid for, its result in words; with the command for it."""

import json
import ssl
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import StringIO
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import cache
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from billing.models import Balance, Budget, Hold, LedgerEntry
from billing.services.pricing import Rates
from core.rate_limits import TooOften, named
from endpoints.catalog import registry
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.litellm import wire as litellm
from endpoints.services import connection_test, model_calls
from messages.events import Event
from tests.endpoint_maker import make_endpoint
from tests.model_server.fixtures import ModelServer
from tests.servers import free_port

pytestmark = [pytest.mark.wire, pytest.mark.django_db]
KEY = "sk-of-the-operator"


def at(url: str, **fields: object) -> Endpoint:
    made = {"name": "Wire", "label": "Wire", "wire": "openai", "api_key": KEY, "written_by_operator": True}
    return make_endpoint(**{**made, "base_url": url, **fields})  # type: ignore[arg-type]


def test_an_endpoint_that_works_says_how_fast_and_what(owner: User, model_server: ModelServer) -> None:
    result = connection_test.run_connection_test(at(model_server.url), "tiny", by=owner)
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
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, question: str, code: str, message: str
) -> None:
    monkeypatch.setattr(connection_test, "QUESTION", question)
    result = connection_test.run_connection_test(at(model_server.url), "tiny", by=owner)
    assert (result.ok, result.code) == (False, code)
    assert message in result.text
    assert KEY not in json.dumps(result.to_json())


def test_a_persons_own_key_is_told_to_be_theirs(
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_test, "QUESTION", "[[error:401]]")
    assert connection_test.run_connection_test(
        at(model_server.url, key_from_user=True), "tiny", by=owner
    ).text.startswith("Your key")


def test_nobody_there_and_a_private_address(owner: User) -> None:
    assert (
        connection_test.run_connection_test(at(f"http://127.0.0.1:{free_port()}/v1"), "tiny", by=owner).code
        == "connection"
    )
    refused = connection_test.run_connection_test(
        at("http://127.0.0.1:1/v1", written_by_operator=False), "tiny", by=owner
    )
    assert refused.code == "refused_address"


def test_silence_ends_in_time(owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_test, "SECONDS", 0.3)
    monkeypatch.setattr(connection_test, "QUESTION", "[[stall]]")
    assert connection_test.run_connection_test(at(model_server.url), "tiny", by=owner).code == "timeout"


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_loading_a_library_comes_before_the_call_whose_time_is_limited(
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
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
        at(model_server.url, wire="litellm", model_prefix="mistral/"), "command-x", by=owner
    )
    assert (result.ok, order[:2]) == (True, ["load", "call"]), result.text
    order.clear()
    connection_test.run_connection_test(at(model_server.url), "tiny", by=owner)
    assert order == ["call"]  # a wire of our own needs none


def test_a_certificate_of_somebody_else_is_named(owner: User, tmp_path: Path) -> None:
    with _self_signed(tmp_path) as port:
        result = connection_test.run_connection_test(at(f"https://127.0.0.1:{port}/v1"), "tiny", by=owner)
    assert result.code == "certificate"
    assert "certificate" in result.text


def test_ten_tries_a_minute_are_enough(owner: User, model_server: ModelServer) -> None:
    cache.clear()
    for _ in range(named("endpoint_trial").most):
        connection_test.run_connection_test(at(model_server.url), "tiny", by=owner)
    with pytest.raises(TooOften):
        connection_test.run_connection_test(at(model_server.url), "tiny", by=owner)
    assert model_server.count == named("endpoint_trial").most


ONE = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))


@pytest.fixture
def limited_credit(settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 1_000


def priced(url: str, **fields: object) -> Endpoint:
    return at(url, token_rates={"tiny": ONE}, **fields)


@pytest.mark.parametrize("key_from_user", [False, True])
@pytest.mark.usefixtures("limited_credit")
def test_who_tests_pays_as_for_a_message(owner: User, model_server: ModelServer, key_from_user: bool) -> None:
    """Whosever key it is: a price of 0 is what makes calls with people's own keys free."""
    for _ in range(2):
        assert connection_test.run_connection_test(
            priced(model_server.url, key_from_user=key_from_user), "tiny", by=owner
        ).ok
    first, second = LedgerEntry.objects.filter(reason="test").order_by("id")
    assert (first.user_id, first.endpoint, first.model, first.estimated) == (owner.id, "Wire", "tiny", False)
    assert first.input_tokens > 0 < first.output_tokens
    assert first.credits == -(first.input_tokens + first.output_tokens)
    balance = Balance.objects.get(user=owner)
    assert (balance.credits, balance.held) == (1_000 + first.credits + second.credits, 0)
    assert not Hold.objects.filter(state="open").exists()


def test_it_is_paid_on_a_server_with_an_event_loop_too(owner: User, model_server: ModelServer) -> None:
    """Where a page is a thread of a process whose loop goes on beside it."""

    async def go() -> bool:
        view = sync_to_async(lambda: connection_test.run_connection_test(priced(model_server.url), "tiny", by=owner).ok)
        return await view()

    assert async_to_sync(go)()
    assert LedgerEntry.objects.filter(user=owner, reason="test").count() == 1


@pytest.mark.usefixtures("limited_credit")
def test_what_came_before_a_silence_is_charged(
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_test, "SECONDS", 0.5)
    monkeypatch.setattr(connection_test, "QUESTION", "[[stall]]")
    assert connection_test.run_connection_test(priced(model_server.url), "tiny", by=owner).code == "timeout"
    assert not Hold.objects.filter(state="open").exists()
    entry = LedgerEntry.objects.get(reason="test")
    assert entry.estimated
    assert entry.output_tokens > 0


@pytest.mark.usefixtures("limited_credit")
def test_a_call_that_fails_costs_nothing(
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_test, "QUESTION", "[[error:401]]")
    assert connection_test.run_connection_test(priced(model_server.url), "tiny", by=owner).code == "bad_key"
    assert not LedgerEntry.objects.filter(reason="test").exists()
    assert Balance.objects.get(user=owner).held == 0


@pytest.mark.usefixtures("limited_credit")
def test_who_cannot_pay_is_refused_and_told_why(
    owner: User, model_server: ModelServer, make_budget: Callable[..., Budget]
) -> None:
    endpoint = priced(model_server.url)
    with pytest.raises(connection_test.ConnectionTestRefused, match="“unheard-of” has no price yet") as refusal:
        connection_test.run_connection_test(endpoint, "unheard-of", by=owner)
    assert (refusal.value.code, refusal.value.status) == ("unpriced", 402)
    make_budget(amount=1, name="Tiny")
    with pytest.raises(connection_test.ConnectionTestRefused, match="The budget “Tiny” is used up") as refusal:
        connection_test.run_connection_test(endpoint, "tiny", by=owner)
    assert refusal.value.code == "over_budget"
    Balance.objects.update_or_create(user=owner, defaults={"credits": 3})
    with pytest.raises(connection_test.ConnectionTestRefused, match="You don't have enough credit") as refusal:
        connection_test.run_connection_test(endpoint, "tiny", by=owner)
    assert refusal.value.code == "token_balance"
    assert model_server.count == 0
    assert not LedgerEntry.objects.filter(reason="test").exists()
    assert not Hold.objects.exists()


def test_without_limits_it_is_in_the_ledger_all_the_same(owner: User, model_server: ModelServer) -> None:
    assert connection_test.run_connection_test(at(model_server.url), "tiny", by=owner).ok
    assert LedgerEntry.objects.get(reason="test").user_id == owner.id


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


@pytest.mark.usefixtures("working_endpoint")
def test_the_command_tests_and_charges_whom_it_names(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    call_command("endpoints", "test", "Somewhere", "--user", owner.email, "--json", stdout=out)
    result = json.loads(out.getvalue())
    assert (result["ok"], result["model"], result["endpoint"]) == (True, "tiny", "Somewhere")
    assert LedgerEntry.objects.get().user_id == owner.id
    with pytest.raises(CommandError, match="Nowhere not found"):
        call_command("endpoints", "test", "Nowhere", "--user", owner.email)
    with pytest.raises(CommandError, match="No user has"):
        call_command("endpoints", "test", "Somewhere", "--user", "nobody@example.org")
    monkeypatch.setattr(connection_test, "QUESTION", "[[error:401]]")
    with pytest.raises(CommandError, match="rejected"):
        call_command("endpoints", "test", "Somewhere", "--user", owner.email, "--model", "other")
