"""`/api/keys`: a person's own keys to endpoints, as section 18.2 of the wire format has them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from endpoints.catalog import stored_endpoints
from endpoints.models import UserKey
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
KEY = {"name": "My own-one", "value": "sk-of-olivia", "expiresAt": None}


@pytest.fixture(autouse=True)
def key_endpoints(admin_user: User) -> None:
    for name, base_url in (("My own-one", "https://own.example.com/v1"), ("Anywhere", "")):
        entry = stored_endpoints.Entry(
            kind="custom", name=name, base_url=base_url, key_from_user=True, model_names=("tiny",)
        )
        stored_endpoints.save(actor=admin_user, entry=entry)


def put(user: User, **changes: object) -> int:
    return Api(user).send("PUT", "/api/keys", KEY | changes).status_code


def expiry(user: User) -> object:
    body = Api(user).get("/api/keys?name=My%20own-one").json()
    assert set(body) == {"expiresAt"}
    return body["expiresAt"]


def test_a_key_is_stored_told_of_and_revoked(owner: User, stranger: User) -> None:
    assert expiry(owner) is None
    answer = Api(owner).send("PUT", "/api/keys", KEY)
    assert (answer.status_code, answer.content) == (201, b"")
    assert expiry(owner) == "never"
    assert expiry(stranger) is None
    later = timezone.now() + timedelta(days=1)
    assert put(owner, expiresAt=later.isoformat()) == 201
    assert str(expiry(owner)).endswith("Z")
    assert Api(stranger).send("DELETE", "/api/keys/My%20own-one").status_code == 204
    assert UserKey.objects.count() == 1
    assert Api(owner).send("DELETE", "/api/keys/My%20own-one").status_code == 204
    assert expiry(owner) is None


def test_all_are_revoked_only_when_said(owner: User) -> None:
    assert put(owner) == put(owner, name="Anywhere") == 201
    assert Api(owner).send("DELETE", "/api/keys").status_code == 400
    assert UserKey.objects.count() == 2
    assert Api(owner).send("DELETE", "/api/keys?all=true").status_code == 204
    assert not UserKey.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Somewhere"}, {"name": "Nowhere"}, {"value": ""}, {"value": "a\nb"}, {"value": "x" * 20_000},
        {"value": 5}, {"expiresAt": "soon"}, {"expiresAt": "2030-01-01"}, {"expiresAt": "2001-01-01T00:00:00Z"},
        {"name": "Anywhere", "value": '{"apiKey": "k", "baseURL": "http://10.0.0.5/v1"}'},
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_words(owner: User, changes: dict[str, object]) -> None:
    answer = Api(owner).send("PUT", "/api/keys", KEY | changes)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert "sk-of-olivia" not in answer.content.decode()
    assert not UserKey.objects.exists()


def test_endpoints_tell_what_to_bring(owner: User) -> None:
    endpoints = Api(owner).get("/api/endpoints").json()
    assert endpoints["My own-one"]["userProvide"] is True
    assert not endpoints["My own-one"].get("userProvideURL")
    assert endpoints["Anywhere"]["userProvideURL"] is True
    assert endpoints["Somewhere"]["userProvide"] is False


def test_a_turn_without_a_key_is_refused_with_what_to_do(owner: User) -> None:
    body = {"text": "Hello", "model": "tiny", "endpoint": "My own-one"}
    answer = Api(owner).post("/api/agents/chat", body)
    assert "Add it, then send again" in answer.content.decode()
    assert "no_user_key" in answer.content.decode()
