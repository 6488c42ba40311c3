"""A stored key is bound to where it was entered for: whoever changes the address, by any door, enters it again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core import secrets
from endpoints.catalog import keys, registry, stored_endpoints
from endpoints.catalog.key_bindings import are_covered, places_of, to_text
from endpoints.catalog.stored_endpoints import Entry
from endpoints.models import OperatorEndpoint, UserKey
from endpoints.providers.base import Endpoint
from tests.endpoint_maker import changed, make_endpoint

pytestmark = [pytest.mark.security, pytest.mark.django_db, pytest.mark.usefixtures("fresh_registry")]
SECRET = "sk-of-the-operator-6789"
HERE = "https://lab.example.com/v1"
ELSEWHERE = {
    "another host": "https://evil.example/v1",
    "another port": "https://lab.example.com:8443/v1",
    "without TLS": "http://lab.example.com/v1",
    "a host below": "https://a.lab.example.com/v1",
    "a host that begins alike": "https://lab.example.com.evil.example/v1",
    "this machine": "http://127.0.0.1:9/v1",
    "the provider's own": "",
}
SAME = {"another path": "https://lab.example.com/v2", "a port that is the usual": "https://LAB.example.com:443/v1"}


@pytest.fixture
def empty_config(settings: Settings, tmp_path: Path) -> Path:
    settings.LIBRECHAT_CONFIG = path = tmp_path / "librechat.yaml"
    path.write_text("version: 1.3.5\n")
    return path


@pytest.fixture
def row(admin_user: User, empty_config: Path) -> OperatorEndpoint:
    entry = Entry(kind="openAI", name="Lab", base_url=HERE, api_key=SECRET, model_names=("tiny",))
    return stored_endpoints.save(actor=admin_user, entry=entry)


def stored(row: OperatorEndpoint) -> tuple[str, str]:
    saved = OperatorEndpoint.objects.get(pk=row.pk)
    return saved.base_url, secrets.decrypt(saved.api_key)


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_endpoint_elsewhere_needs_its_key_again(row: OperatorEndpoint, admin_user: User, address: str) -> None:
    changed = replace(stored_endpoints.entry_of(row), base_url=address)
    with pytest.raises(ValidationError) as fault:
        stored_endpoints.save(actor=admin_user, entry=changed, row=OperatorEndpoint.objects.get(pk=row.pk))
    assert "api_key" in fault.value.message_dict
    assert stored(row) == (HERE, SECRET)
    stored_endpoints.save(actor=admin_user, entry=replace(changed, api_key="sk-new-0123456789"), row=row)
    assert stored(row) == (address, "sk-new-0123456789")


@pytest.mark.parametrize("address", SAME.values(), ids=SAME)
def test_an_endpoint_at_the_same_place_keeps_its_key(row: OperatorEndpoint, admin_user: User, address: str) -> None:
    stored_endpoints.save(actor=admin_user, entry=replace(stored_endpoints.entry_of(row), base_url=address), row=row)
    assert stored(row) == (address, SECRET)


@pytest.mark.parametrize("kind", ["anthropic", "google", "other"])
def test_a_key_for_one_provider_is_not_sent_to_another(admin_user: User, empty_config: Path, kind: str) -> None:
    """Where no address is named the kind says where it is."""
    entry = Entry(kind="openAI", name="Lab", api_key=SECRET, model_names=("tiny",))
    row = stored_endpoints.save(actor=admin_user, entry=entry)
    with pytest.raises(ValidationError) as fault:
        stored_endpoints.save(
            actor=admin_user, entry=replace(entry, api_key="", kind=kind, provider="cohere_chat"), row=row
        )
    assert "api_key" in fault.value.message_dict


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE)
def test_the_form_of_the_administration_says_so(row: OperatorEndpoint, admin_user: User, address: str) -> None:
    cache.clear()
    browser = Client()
    browser.force_login(admin_user)
    form = {"kind": "openAI", "name": "Lab", "base_url": address, "model_names": "tiny", "order": "0", "api_key": "",
            "is_enabled": "on"}  # fmt: skip
    answer = browser.post(reverse("admin:endpoints_operatorendpoint_change", args=[row.pk]), form)
    assert answer.status_code == 200
    assert "The stored key belongs to the previous address" in answer.content.decode()
    assert stored(row) == (HERE, SECRET)


# --- keys of people ----------------------------------------------------------------------------------


def own_endpoint(base_url: str = HERE) -> Entry:
    return Entry(kind="custom", name="Own", base_url=base_url, key_from_user=True, model_names=("tiny",))


def current(name: str) -> Endpoint:
    endpoint = registry.current().get(name)
    assert endpoint is not None
    return endpoint


def problem(user: User) -> str:
    key_problem = keys.problem_of(current("Own"), user.id)
    return key_problem.code if key_problem else ""


@pytest.mark.parametrize("address", [address for address in ELSEWHERE.values() if address])
def test_nobodys_own_key_follows_an_endpoint_elsewhere(
    admin_user: User, owner: User, empty_config: Path, address: str
) -> None:
    row = stored_endpoints.save(actor=admin_user, entry=own_endpoint())
    keys.store(user=owner, endpoint="Own", value="sk-mine", expires_at=None)
    assert keys.resolve(current("Own"), owner.id).connection.api_key == "sk-mine"
    stored_endpoints.save(actor=admin_user, entry=own_endpoint(address), row=row)
    assert problem(owner) == "no_user_key"
    keys.store(user=owner, endpoint="Own", value="sk-mine", expires_at=None)
    assert keys.resolve(current("Own"), owner.id).connection.base_url == address


def test_it_does_not_follow_a_new_endpoint_of_the_same_name(admin_user: User, owner: User, empty_config: Path) -> None:
    row = stored_endpoints.save(actor=admin_user, entry=own_endpoint())
    keys.store(user=owner, endpoint="Own", value="sk-mine", expires_at=None)
    stored_endpoints.remove(actor=admin_user, row=row)
    stored_endpoints.save(actor=admin_user, entry=own_endpoint("https://evil.example/v1"))
    assert problem(owner) == "no_user_key"


def test_an_address_of_ones_own_is_not_swapped_for_the_operators(
    admin_user: User, owner: User, empty_config: Path
) -> None:
    row = stored_endpoints.save(actor=admin_user, entry=own_endpoint(""))
    value = '{"apiKey": "sk-mine", "baseURL": "https://mine.example.com/v1"}'
    keys.store(user=owner, endpoint="Own", value=value, expires_at=None)
    assert problem(owner) == ""
    stored_endpoints.save(actor=admin_user, entry=own_endpoint("https://evil.example/v1"), row=row)
    assert problem(owner) == "no_user_key"


def test_a_key_of_an_earlier_release_is_bound_where_it_is_used_first(
    admin_user: User, owner: User, empty_config: Path
) -> None:
    row = stored_endpoints.save(actor=admin_user, entry=own_endpoint())
    keys.store(user=owner, endpoint="Own", value="sk-mine", expires_at=None)
    UserKey.objects.update(places="")
    assert problem(owner) == ""
    stored_endpoints.save(actor=admin_user, entry=own_endpoint("https://evil.example/v1"), row=row)
    assert problem(owner) == "no_user_key"


def test_every_address_of_an_endpoint_counts(owner: User) -> None:
    """Such as Azure's, where each model has a resource of its own."""
    plain: dict[str, Any] = {"label": "Own", "wire": "openai", "key_from_user": True}
    inner = {host: make_endpoint(name="Own", base_url=f"https://{host}.example", **plain) for host in ("a", "b", "c")}
    whole = make_endpoint(
        name="Own", base_url="https://a.example", variants={"x": inner["a"], "y": inner["b"]}, **plain
    )
    text = to_text(places_of(whole))
    assert are_covered(places_of(changed(whole, variants={"x": inner["a"]})), text)
    assert not are_covered(places_of(changed(whole, variants={"x": inner["c"]})), text)
