"""How the site is set up and what it offers: config, endpoints, models, token-config, user, OpenAPI."""

import json
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from endpoints.catalog import registry
from siteconfig.environment.identity import IdentityProvider
from tests.api.conftest import Api
from tests.conversations import PLANTED_KEY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
BEFORE_LOGIN = {
    "appTitle", "serverDomain", "emailLoginEnabled", "registrationEnabled", "socialLoginEnabled", "emailEnabled",
    "passwordResetEnabled", "minPasswordLength", "socialLogins", "discordLoginEnabled", "facebookLoginEnabled",
    "githubLoginEnabled", "googleLoginEnabled", "appleLoginEnabled", "openidLoginEnabled", "samlLoginEnabled",
    "openidLabel", "openidImageUrl", "openidAutoRedirect", "samlLabel", "samlImageUrl", "interface",
}  # fmt: skip


def test_anybody_learns_what_the_login_page_needs_and_no_more() -> None:
    """Security case 62."""
    body = Api().get("/api/config").json()
    assert set(body) == BEFORE_LOGIN
    assert body["interface"] == {"buildInfo": False}


def test_people_who_are_signed_in_learn_the_rest(owner: User, settings: Settings) -> None:
    body = Api(owner).get("/api/config").json()
    assert set(body) > BEFORE_LOGIN
    assert body["balance"] == {"enabled": False}
    assert body["titleGenerationTiming"] == "immediate"
    assert body["interface"]["modelSelect"] is True
    assert body["interface"]["agents"] is False
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS = True, 5
    assert Api(owner).get("/api/config").json()["balance"] == {
        "enabled": True, "startBalance": 5, "autoRefillEnabled": False
    }  # fmt: skip


def test_a_closed_registration_shows(settings: Settings) -> None:
    settings.ALLOW_REGISTRATION = False
    assert Api().get("/api/config").json()["registrationEnabled"] is False


def test_endpoints_and_models_are_listed_without_their_keys(owner: User) -> None:
    endpoints = Api(owner).get("/api/endpoints")
    assert endpoints.json() == {
        "Somewhere": {
            "order": endpoints.json()["Somewhere"]["order"],
            "type": "custom",
            "userProvide": False,
            "userProvideURL": False,
            "modelDisplayLabel": "Some Model",
            "iconURL": "",
            "customParams": {"defaultParamsEndpoint": "custom"},
        }
    }
    assert Api(owner).get("/api/models").json() == {"Somewhere": ["tiny", "small", "gpt-4o"]}
    assert PLANTED_KEY.encode() not in endpoints.content


def test_token_config_names_every_model(owner: User) -> None:
    body = Api(owner).get("/api/endpoints/token-config").json()
    assert list(body["Somewhere"]) == ["tiny", "small", "gpt-4o"]
    assert body["Somewhere"]["tiny"]["context"] > 0


def test_the_context_is_the_one_that_the_file_gives(owner: User, settings: Settings) -> None:
    text = settings.LIBRECHAT_CONFIG.read_text()
    settings.LIBRECHAT_CONFIG.write_text(
        text.rstrip() + "\n      tokenConfig: {tiny: {prompt: 1, completion: 2, context: 12345}}\n"
    )
    registry.reset()
    assert Api(owner).get("/api/endpoints/token-config").json()["Somewhere"]["tiny"]["context"] == 12_345


@pytest.mark.parametrize("path", ["endpoints", "models", "endpoints/token-config", "user", "openapi.json"])
def test_only_people_who_are_signed_in_see_it(path: str) -> None:
    answer = Api().get(f"/api/{path}")
    assert (answer.status_code, list(answer.json())) == (401, ["message"])


def test_a_person_sees_themself(owner: User) -> None:
    body = Api(owner).get("/api/user").json()
    times = (body.pop("createdAt"), body.pop("updatedAt"))
    assert all(time.endswith("Z") for time in times)
    assert body == {
        "_id": str(owner.id),
        "id": str(owner.id),
        "name": "Olivia Owner",
        "username": "",
        "email": "olivia.owner@example.org",
        "emailVerified": True,
        "avatar": None,
        "provider": "local",
        "role": "USER",
        "plugins": [],
        "twoFactorEnabled": False,
        "termsAccepted": False,
        "personalization": {"memories": False},
        "favorites": [],
    }


def test_the_openapi_document_describes_every_route(owner: User) -> None:
    answer = Api(owner).get("/api/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = json.loads(answer.content)
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert {
        ("/api/user", "get"),
        ("/api/config", "get"),
        ("/api/convos", "get"),
        ("/api/convos", "delete"),
        ("/api/convos/{conversation_id}", "get"),
        ("/api/messages/{conversation_id}", "get"),
        ("/api/agents/chat/stream/{stream_id}", "get"),
        ("/api/agents/chat/{endpoint}", "post"),
    } <= described
    start = document["paths"]["/api/agents/chat"]["post"]
    assert start["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/StartIn"}
    assert _unresolved(document) == set()


def test_the_openapi_document_is_made_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", fail_on_warn=True)  # raises when there is one
    document = yaml.safe_load(capsys.readouterr().out)
    named = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(named) == len(set(named))
    assert {"chat_start", "chat_start_at", "chat_steer", "chat_steer_deliver"} <= set(named)


def _unresolved(document: dict[str, Any]) -> set[str]:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    references: set[str] = set()
    rest: list[Any] = [document]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            references |= {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            rest += node.values()
        elif isinstance(node, list):
            rest += node
    return references - known


def test_a_client_learns_through_whom_people_may_sign_in(settings: Settings) -> None:
    settings.IDENTITY_PROVIDERS = {
        name: IdentityProvider(key=name, kind=name, label=name, client_id="PLANTED-ID", secret="PLANTED", callback="/")
        for name in ("github", "google")
    }
    before = Api().get("/api/config").json()
    assert (before["socialLoginEnabled"], before["socialLogins"], before["githubLoginEnabled"]) == (False, [], False)
    settings.ALLOW_SOCIAL_LOGIN = True
    answer = Api().get("/api/config")
    body = answer.json()
    assert (body["socialLoginEnabled"], body["socialLogins"]) == (True, ["google", "github"])
    assert {name for name in body if name.endswith("LoginEnabled") and body[name]} == {
        "emailLoginEnabled", "socialLoginEnabled", "githubLoginEnabled", "googleLoginEnabled",
    }  # fmt: skip
    assert b"PLANTED" not in answer.content
