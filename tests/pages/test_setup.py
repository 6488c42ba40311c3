"""The set-up: from a pasted key to a chat that works, for administrators alone."""

import re
from dataclasses import replace
from html import unescape
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import CapabilityGrant, User
from billing.models import LedgerEntry
from endpoints.catalog import registry, stored_endpoints
from endpoints.models import OperatorEndpoint
from endpoints.providers.registry import presets
from tests.cast import signed_in
from tests.model_server.fixtures import ModelServer
from tests.pages.conftest import FRAGMENT

pytestmark = [pytest.mark.django_db, pytest.mark.wire]
SECRET = "sk-of-the-operator-6789"


def begin(client: Client, model_server: ModelServer, **fields: str) -> OperatorEndpoint:
    form = {"name": "Lab", "base_url": model_server.url, "api_key": SECRET, **fields}
    answer = client.post("/setup/new/other", form)
    row = OperatorEndpoint.objects.get()
    assert answer["Location"] == f"/setup/{row.id}"
    return row


def test_from_a_key_to_a_chat(admin_client: Client, model_server: ModelServer, owner: User) -> None:
    assert "OpenRouter" in admin_client.get("/setup").content.decode()
    assert 'name="api_key"' in admin_client.get("/setup/new/other").content.decode()
    row = begin(admin_client, model_server)
    assert not row.is_enabled
    assert registry.current().get("Lab") is None
    page = admin_client.get(f"/setup/{row.id}").content.decode()
    assert "Key ending in 6789" in page
    assert SECRET not in page
    listed = re.findall(r'type="checkbox" name="models" value="([^"]+)"', page)
    assert listed
    done = admin_client.post(f"/setup/{row.id}", {"first": listed[-1], "models": listed})
    assert done["Location"] == f"/c/new?endpoint=Lab&model={listed[-1]}"
    endpoint = registry.current().get("Lab")
    assert endpoint is not None
    assert (endpoint.connection.api_key, endpoint.models.names[0], set(endpoint.models.names)) == (
        SECRET,
        listed[-1],
        set(listed),
    )
    assert 'name="endpoint" value="Lab"' in admin_client.get(done["Location"]).content.decode()


def test_testing_calls_the_model_that_chats_begin_with(admin_client: Client, model_server: ModelServer) -> None:
    row = begin(admin_client, model_server)
    page = admin_client.post(f"/setup/{row.id}/test", {"more": "tiny"}, headers=FRAGMENT).content.decode()
    assert "It works" in page
    assert "<html" not in page
    sent = model_server.requests()[-1]
    assert (sent["body"]["model"], sent["headers"]["Authorization"]) == ("tiny", f"Bearer {SECRET}")
    assert "It works" in admin_client.post(f"/setup/{row.id}/test", {"more": "tiny"}).content.decode()
    assert not OperatorEndpoint.objects.get().is_enabled
    assert LedgerEntry.objects.filter(user__name="Ada Admin", reason="test", model="tiny").count() == 2


def test_a_test_without_a_price_leads_to_where_it_is_set(
    admin_client: Client, model_server: ModelServer, settings: Settings
) -> None:
    settings.BALANCE_ENABLED = True
    row = begin(admin_client, model_server)
    asked = model_server.count
    for headers in (FRAGMENT, {}):
        refused = admin_client.post(f"/setup/{row.id}/test", {"more": "unheard-of"}, headers=headers)
        assert refused.status_code == 402
        assert "“unheard-of” has no price yet" in refused.content.decode()
        assert reverse("admin:billing_price_add") in refused.content.decode()
    assert model_server.count == asked


def test_a_list_that_cannot_be_read_is_typed(admin_client: Client, model_server: ModelServer) -> None:
    row = begin(admin_client, model_server, base_url="http://127.0.0.1:9/v1")
    assert "We couldn't load" in admin_client.get(f"/setup/{row.id}").content.decode()
    refused = admin_client.post(f"/setup/{row.id}", {"more": " , "})
    assert refused.status_code == 422
    assert "Choose at least one model" in refused.content.decode()
    assert admin_client.post(f"/setup/{row.id}", {"more": "tiny, big, tiny"})["Location"].endswith("model=tiny")
    assert registry.current().models("Lab") == ("tiny", "big")


def test_what_is_missing_is_said_beside_the_field(admin_client: Client) -> None:
    answer = admin_client.post("/setup/new/other", {"name": "", "base_url": "nowhere"})
    assert answer.status_code == 422
    answer = admin_client.post("/setup/new/other", {"name": "Lab", "base_url": "nowhere"})
    assert "must begin with https://" in answer.content.decode()
    answer = admin_client.post("/setup/new/openai", {"name": "OpenAI"})
    assert answer.status_code == 422
    assert not OperatorEndpoint.objects.exists()


def test_nobody_else_finds_it(owner: User, admin_client: Client, model_server: ModelServer) -> None:
    row = begin(admin_client, model_server)
    stranger = signed_in(owner)
    for path in ("/setup", "/setup/new/openai", f"/setup/{row.id}", f"/setup/{uuid4()}"):
        assert stranger.get(path).status_code == 404
    for path in ("/setup/new/other", f"/setup/{row.id}", f"/setup/{row.id}/test"):
        assert stranger.post(path, {"more": "tiny"}).status_code == 404
    assert OperatorEndpoint.objects.get().model_names == row.model_names
    CapabilityGrant.objects.create(principal="user", user=owner, capability="manage:configs")
    assert stranger.get("/setup").status_code == 200


@pytest.mark.security
@pytest.mark.parametrize("address", ["http://localhost:11434/v1", "http://10.0.0.5/v1", "https://evil.example/v1"])
def test_the_power_alone_adds_no_address(
    owner: User, address: str, admin_client: Client, model_server: ModelServer
) -> None:
    """What stands in an endpoint counts as the operator's own."""
    row = begin(admin_client, model_server)
    helper = signed_in(owner)
    CapabilityGrant.objects.create(principal="user", user=owner, capability="manage:configs")
    form = {"name": "Mine", "base_url": address, "api_key": "sk-x"}
    refused = helper.post("/setup/new/other", form)
    assert refused.status_code == 422
    assert "Only an administrator" in refused.content.decode()
    assert list(OperatorEndpoint.objects.all()) == [row]
    assert helper.post(f"/setup/{row.id}", {"more": "tiny"}).status_code == 302, "an address that is there stays"
    with pytest.raises(ValidationError):
        stored_endpoints.save(actor=owner, entry=replace(stored_endpoints.entry_of(row), base_url=address), row=row)
    known = helper.post("/setup/new/mistral", form | {"base_url": "https://api.mistral.ai/v1"})
    assert known.status_code == 302


def test_unknown_providers_and_rows_are_not_found(admin_client: Client) -> None:
    assert admin_client.get("/setup/new/nobody").status_code == 404
    assert admin_client.get(f"/setup/{uuid4()}").status_code == 404


def test_every_provider_is_offered_with_a_word_about_it(admin_client: Client) -> None:
    page = unescape(admin_client.get("/setup").content.decode())
    assert [preset.slug for preset in presets() if f"{preset.text}<" not in page or str(preset.label) not in page] == []
