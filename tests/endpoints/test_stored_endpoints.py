"""Endpoints that administrators enter: in force at once, encrypted, audited; and their pages of the administration."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEntry, User
from billing.models import LedgerEntry, Price
from core.ttl_cache import ttl_cache
from endpoints.catalog import registry, stored_endpoints
from endpoints.catalog.stored_endpoints import Entry
from endpoints.models import OperatorEndpoint
from endpoints.providers.litellm import wire as litellm
from endpoints.services import connection_test
from tests.model_server.fixtures import ModelServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_registry")]
SECRET = "sk-of-the-operator-6789"
FILE = """
version: 1.3.5
endpoints:
  custom:
    - {name: Twice, apiKey: sk-of-the-file, baseURL: "https://file.example.com/v1", models: {default: [tiny]}}
"""


@pytest.fixture(autouse=True)
def written_config(settings: Settings, tmp_path: Path) -> None:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(FILE)


@pytest.fixture
def save_endpoint(admin_user: User) -> Callable[..., OperatorEndpoint]:
    def save(row: OperatorEndpoint | None = None, **fields: Any) -> OperatorEndpoint:
        values = {"kind": "custom", "name": "Lab", "base_url": "https://lab.example.com/v1", "model_names": ("tiny",)}
        return stored_endpoints.save(actor=admin_user, entry=Entry(**{**values, **fields}), row=row)

    return save


def test_it_is_in_force_at_once_and_gone_at_once(
    save_endpoint: Callable[..., OperatorEndpoint], admin_user: User
) -> None:
    assert registry.current().get("Lab") is None
    row = save_endpoint(api_key=SECRET)
    endpoint = registry.current().get("Lab")
    assert endpoint is not None
    assert (endpoint.connection.api_key, endpoint.connection.base_url, endpoint.models.names) == (
        SECRET,
        "https://lab.example.com/v1",
        ("tiny",),
    )
    assert registry.current() is registry.current()
    save_endpoint(row, model_names=("tiny", "big"))
    assert registry.current().models("Lab") == ("tiny", "big")
    save_endpoint(row, is_enabled=False)
    assert registry.current().get("Lab") is None
    save_endpoint(row)
    stored_endpoints.remove(actor=admin_user, row=row)
    assert registry.current().get("Lab") is None


def test_another_process_looks_again_after_two_seconds(
    save_endpoint: Callable[..., OperatorEndpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = save_endpoint()
    assert registry.current().get("Lab") is not None
    OperatorEndpoint.objects.filter(pk=row.pk).update(name="Renamed")  # as another process would
    assert registry.current().get("Renamed") is None
    monkeypatch.setattr(ttl_cache, "FRESH", -1.0)
    assert registry.current().get("Renamed") is not None


async def test_an_event_loop_asks_nothing_and_knows_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "FRESH", -1.0)
    assert stored_endpoints.endpoints() == ()


def test_the_key_is_encrypted_kept_and_told_to_nobody(save_endpoint: Callable[..., OperatorEndpoint]) -> None:
    row = save_endpoint(api_key=SECRET)
    assert SECRET not in row.api_key
    assert row.key_end == "6789"
    save_endpoint(row, base_url="https://lab.example.com/v2")
    endpoint = registry.current().get("Lab")
    assert endpoint is not None
    assert endpoint.connection.api_key == SECRET
    audited = json.dumps(list(AuditEntry.objects.values("before", "after", "target_name")))
    assert SECRET not in audited
    assert row.api_key not in audited
    actions = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions == ["operatorendpoint.created", "operatorendpoint.updated"]


def test_the_file_goes_before(save_endpoint: Callable[..., OperatorEndpoint]) -> None:
    save_endpoint(name="Twice", api_key=SECRET)
    endpoint = registry.current().get("Twice")
    assert endpoint is not None
    assert endpoint.connection.api_key == "sk-of-the-file"


def test_a_provider_needs_a_key_and_knows_its_address_and_models(
    save_endpoint: Callable[..., OperatorEndpoint],
) -> None:
    save_endpoint(kind="anthropic", name="Claude", base_url="", api_key=SECRET, model_names=())
    endpoint = registry.current().get("Claude")
    assert endpoint is not None
    assert (endpoint.connection.wire, endpoint.connection.model_prefix) == ("anthropic", "anthropic/")
    assert endpoint.connection.base_url == "https://api.anthropic.com"
    assert endpoint.models.names


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"base_url": ""}, "base_url"), ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "https://a@b"}, "base_url"),
        ({"model_names": ()}, "model_names"), ({"name": ""}, "name"), ({"name": "<b>"}, "name"),
        ({"name": "Local"}, "name"), ({"kind": "openAI", "base_url": ""}, "api_key"), ({"api_key": "a\nb"}, "api_key"),
        ({"kind": "none"}, "kind"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_field(
    save_endpoint: Callable[..., OperatorEndpoint], fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        save_endpoint(**fields)
    assert field in refused.value.message_dict
    assert not OperatorEndpoint.objects.exists()


def test_a_key_of_another_creds_key_is_left_out(
    save_endpoint: Callable[..., OperatorEndpoint], settings: Settings
) -> None:
    save_endpoint(api_key=SECRET)
    settings.CREDS_KEY = "f" * 64
    stored_endpoints.stored.invalidate()
    endpoint = registry.current().get("Lab")
    assert endpoint is not None
    assert endpoint.connection.api_key == ""


def test_the_form_never_shows_the_key(admin_client: Client, save_endpoint: Callable[..., OperatorEndpoint]) -> None:
    row = save_endpoint(api_key=SECRET)
    page = admin_client.get(reverse("admin:endpoints_operatorendpoint_change", args=[row.pk])).content.decode()
    assert "ends with 6789" in page
    assert SECRET not in page
    assert row.api_key not in page
    assert "…6789" in admin_client.get(reverse("admin:endpoints_operatorendpoint_changelist")).content.decode()


def test_a_faulty_form_says_where(admin_client: Client) -> None:
    form = {"kind": "custom", "name": "Lab", "base_url": "nowhere", "model_names": "tiny", "order": "0"}
    page = admin_client.post(reverse("admin:endpoints_operatorendpoint_add"), form)
    assert page.status_code == 200
    assert "must begin with https://" in page.content.decode()
    assert not OperatorEndpoint.objects.exists()


@pytest.mark.wire
def test_the_button_makes_a_real_call(
    admin_client: Client,
    admin_user: User,
    save_endpoint: Callable[..., OperatorEndpoint],
    model_server: ModelServer,
    settings: Settings,
) -> None:
    row = save_endpoint(base_url=model_server.url, api_key=SECRET, is_enabled=False)
    address = reverse("admin:endpoints_operatorendpoint_test", args=[row.pk])
    assert "It works" not in admin_client.get(address).content.decode()
    assert model_server.count == 0
    assert "It works" in admin_client.post(address, {"model": "tiny"}).content.decode()
    assert model_server.requests()[0]["headers"]["Authorization"] == f"Bearer {SECRET}"
    row = save_endpoint(row, base_url=model_server.url, key_from_user=True)
    assert "Paste a key first" in admin_client.post(address, {"model": "tiny"}).content.decode()
    assert "It works" in admin_client.post(address, {"model": "tiny", "api_key": "sk-for-now"}).content.decode()
    assert LedgerEntry.objects.filter(user=admin_user, reason="test").count() == 2
    settings.BALANCE_ENABLED = True
    refused = admin_client.post(address, {"model": "unheard-of", "api_key": "sk-for-now"}).content.decode()
    assert "“unheard-of” has no price yet" in refused
    assert model_server.count == 2


def test_the_page_of_prices_says_where_each_is_from(
    admin_client: Client, save_endpoint: Callable[..., OperatorEndpoint]
) -> None:
    save_endpoint(model_names=("gpt-4o", "priced", "unheard-of"))
    Price.objects.create(endpoint="Lab", model="priced", prompt=0, completion=2)
    page = admin_client.get("/admin/prices/").content.decode()
    assert "the built-in price list" in page
    assert "the price table" in page
    assert "2 models have no known price." in page  # `tiny` of the file, too
    assert page.index("unheard-of") < page.index("gpt-4o")


def test_another_provider_is_spoken_to_through_litellm(
    save_endpoint: Callable[..., OperatorEndpoint], model_server: ModelServer, admin_user: User
) -> None:
    with pytest.raises(ValidationError) as refused:
        save_endpoint(kind="other", base_url=model_server.url)
    assert "provider" in refused.value.message_dict
    litellm.load()  # on a busy machine its import alone takes as long as a trial may
    row = save_endpoint(kind="other", provider="deepseek", base_url=model_server.url, api_key="sk-test")
    result = connection_test.run_connection_test(stored_endpoints.to_endpoint(row), "tiny", by=admin_user)
    assert result.ok, result
    [asked] = model_server.requests()
    assert (asked["path"], asked["body"]["model"]) == ("/v1/chat/completions", "tiny")
