"""`/api/config`, `/api/roles/:name` and what answers say the same of what there is."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import SiteSettings, User
from accounts.services import permissions, site
from billing.services import policy
from chat.models import Conversation
from siteconfig import features
from siteconfig.environment.identity import Directory, IdentityProvider
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
# What a client does where the key is on: method, path, body. Anything but 404 answers.
TRIED = {
    "bookmarks": ("GET", "/api/tags", None),
    "feedback": ("PUT", f"/api/messages/{uuid4()}/{uuid4()}/feedback", {"feedback": 7}),
    "presets": ("GET", "/api/presets", None),
    "prompts": ("GET", "/api/prompts/groups", None),
    "agents": ("GET", "/api/agents", None),
    "memories": ("GET", "/api/memories", None),
    "mcpServers": ("GET", "/api/mcp/servers", None),
    "skills": ("GET", "/api/skills", None),
    "sharedLinks": ("GET", "/api/share", None),
}
ROLE = {
    "bookmarks": "BOOKMARKS", "prompts": "PROMPTS", "agents": "AGENTS", "memories": "MEMORIES",
    "mcpServers": "MCP_SERVERS", "skills": "SKILLS", "sharedLinks": "SHARED_LINKS", "multiConvo": "MULTI_CONVO",
    "temporaryChat": "TEMPORARY_CHAT", "runCode": "RUN_CODE", "webSearch": "WEB_SEARCH", "fileSearch": "FILE_SEARCH",
    "fileCitations": "FILE_CITATIONS", "marketplace": "MARKETPLACE",
}  # fmt: skip


def is_on(value: Any) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)


@pytest.mark.parametrize("key", TRIED)
def test_what_config_shows_is_what_answers(owner: User, key: str) -> None:
    api = Api(owner)
    method, path, body = TRIED[key]
    answers = api.send(method, path, body).status_code != 404
    assert is_on(api.get("/api/config").json()["interface"][key]) is answers


@pytest.mark.parametrize("key", ROLE)
def test_config_and_roles_agree(owner: User, admin_user: User, key: str) -> None:
    for user, role in ((owner, "USER"), (admin_user, "ADMIN")):
        api = Api(user)
        permitted = api.get(f"/api/roles/{role}").json()["permissions"][ROLE[key]]
        assert is_on(permitted) is is_on(api.get("/api/config").json()["interface"][key])


def test_the_table_names_every_permission_type_once() -> None:
    named = [kind for feature in features.FEATURES.values() for kind in feature.permissions]
    assert sorted(named) == sorted(permissions.PERMISSIONS)
    keys = [key for feature in features.FEATURES.values() for key in feature.interface]
    assert len(keys) == len(set(keys))


def test_one_place_flips_both(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    there = features.Feature(True, ("prompts",), ("PROMPTS",))
    monkeypatch.setattr(features, "FEATURES", {**features.FEATURES, "prompts": there})
    assert Api(owner).get("/api/config").json()["interface"]["prompts"] is True
    assert Api(owner).get("/api/roles/USER").json()["permissions"]["PROMPTS"] == {
        "USE": True, "CREATE": True, "SHARE": False, "SHARE_PUBLIC": False,
    }  # fmt: skip


def test_administrators_still_read_what_is_stored(admin_user: User) -> None:
    assert Api(admin_user).get("/api/admin/roles/USER").json()["role"]["permissions"]["PROMPTS"]["USE"] is True


@pytest.mark.parametrize("on", [True, False])
def test_deleting_one_s_account_is_offered_where_it_works(owner: User, on: bool) -> None:
    SiteSettings.objects.create(allow_account_deletion=on)
    site.stored.clear()
    assert Api(owner).get("/api/config").json()["allowAccountDeletion"] is on


def test_administrators_delete_theirs_anyhow(admin_user: User, settings: Settings) -> None:
    settings.ALLOW_ACCOUNT_DELETION = False
    assert Api(admin_user).get("/api/config").json()["allowAccountDeletion"] is True


def test_prompts_in_addresses_are_sent_where_the_site_does(owner: User, settings: Settings) -> None:
    for on in (True, False):
        settings.URL_AUTO_SUBMIT = on
        assert Api(owner).get("/api/config").json()["interface"]["autoSubmitFromUrl"] is on


def test_whoever_vouches_is_shown_with_label_and_picture(settings: Settings) -> None:
    settings.ALLOW_SOCIAL_LOGIN = True
    provider = IdentityProvider(
        "openid", "openid_connect", "Sign in with Cats", "id", "/oauth/openid/callback", image="/c.svg"
    )
    settings.IDENTITY_PROVIDERS = {"openid": provider}
    body = Api().get("/api/config").json()
    assert (body["openidLabel"], body["openidImageUrl"]) == ("Sign in with Cats", "/c.svg")
    assert (body["openidAutoRedirect"], body["samlLabel"], body["samlImageUrl"]) == (False, "", "")


def test_a_directory_is_told(settings: Settings) -> None:
    assert "ldap" not in Api().get("/api/config").json()
    settings.DIRECTORY = Directory(url="ldap://127.0.0.1:9", base="dc=x", by_username=True)
    assert Api().get("/api/config").json()["ldap"] == {"enabled": True, "username": True}


def test_the_rules_of_refill_are_told(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy.Policy(enforced=True, start_credits=7, refill=policy.Refill(10_000, 30, "days"))
    monkeypatch.setattr("billing.services.policy.current", lambda: rules)
    assert Api(owner).get("/api/config").json()["balance"] == {
        "enabled": True, "startBalance": 7, "autoRefillEnabled": True, "refillIntervalValue": 30,
        "refillIntervalUnit": "days", "refillAmount": 10_000,
    }  # fmt: skip


def test_help_leads_where_the_operator_says(owner: User, settings: Settings) -> None:
    assert Api(owner).get("/api/config").json()["helpAndFaqURL"] == "/"
    settings.HELP_AND_FAQ_URL = "https://help.example.org"
    assert Api(owner).get("/api/config").json()["helpAndFaqURL"] == "https://help.example.org"


def test_favourites_come_with_the_person(owner: User) -> None:
    api = Api(owner)
    marked = [{"model": "tiny", "endpoint": "Somewhere"}]
    assert api.post("/api/user/settings/favorites", {"favorites": marked}).json() == marked
    assert api.get("/api/user").json()["favorites"] == marked
    assert api.get("/api/user").json()["personalization"] == {"memories": features.has("memories")}
    signed_in = Api().post("/api/auth/login", {"email": owner.email, "password": "correct-horse-battery"}).json()
    assert signed_in["user"]["favorites"] == marked


def test_the_pinned_order_takes_any_names(owner: User, make_conversation: Make) -> None:
    api, path = Api(owner), "/api/user/settings/pinned-order"
    one, two, loose = (str(make_conversation(owner, name).id) for name in ("One", "Two", "Loose"))
    for chat_id in (one, two):
        api.post("/api/convos/pin", {"arg": {"conversationId": chat_id, "pinned": True}})
    wanted = ["agent_x", two, "Somewhere::tiny", one]
    assert api.post(path, {"pinnedOrder": wanted}).json() == wanted
    assert api.get(path).json() == wanted
    assert api.post(path, {"pinnedOrder": [loose, *wanted]}).json() == wanted
    api.post("/api/convos/pin", {"arg": {"conversationId": two, "pinned": False}})
    assert api.get(path).json() == ["agent_x", "Somewhere::tiny", one]
    assert api.post(path, {"pinnedOrder": ["x" * 257]}).status_code == 400
