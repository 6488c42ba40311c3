"""What the environment says about signing in through others, and what of it is refused."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment import identity
from siteconfig.environment.identity import Claim
from siteconfig.environment.reader import env

DOMAIN = "https://chat.example.org"


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("OPENID_ISSUER", "https://login.example.org/realms/main/")
    monkeypatch.setenv("OPENID_CLIENT_ID", "parley")
    return monkeypatch


def test_nothing_is_configured_by_itself() -> None:
    assert identity.openid(DOMAIN) is None
    assert identity.saml() is None
    assert identity.directory() is None
    assert identity.providers() == {}


def test_an_issuer_and_a_client_are_enough_with_pkce(issuer: pytest.MonkeyPatch) -> None:
    provider = identity.providers()["openid"]
    assert (provider.client_id, provider.secret, provider.pkce) == ("parley", "", True)
    assert provider.scope == ("openid", "profile", "email")
    assert provider.settings == {"server_url": "https://login.example.org/realms/main"}
    rules = identity.openid(DOMAIN)
    assert rules is not None
    assert (rules.issuer, rules.nonce, rules.leeway) == ("https://login.example.org/realms/main", True, 300)
    assert rules.after_logout == "https://chat.example.org/login?redirect=false"
    assert (rules.required_roles, rules.admin_role, rules.sync_roles, rules.end_session) == ((), "", False, False)


def test_without_pkce_a_secret_is_needed(issuer: pytest.MonkeyPatch) -> None:
    issuer.setenv("OPENID_USE_PKCE", "false")
    assert identity.providers() == {}
    issuer.setenv("OPENID_CLIENT_SECRET", "s3cret")
    assert identity.providers()["openid"].secret == "s3cret"
    assert "s3cret" not in repr(identity.providers()), "nothing that is printed by mistake holds it"


def test_every_rule_is_read(issuer: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENID_SCOPE": '"openid email offline_access"', "OPENID_AUDIENCE": "api://a, api://b",
        "OPENID_CLOCK_TOLERANCE": "10", "OPENID_GENERATE_NONCE": "false", "OPENID_JWKS_URL_CACHE_TIME": "5000",
        "OPENID_REQUIRED_ROLE": "staff, boss", "OPENID_REQUIRED_ROLE_PARAMETER_PATH": "realm.roles",
        "OPENID_REQUIRED_ROLE_TOKEN_KIND": "access", "OPENID_ADMIN_ROLE": "boss",
        "OPENID_ADMIN_ROLE_PARAMETER_PATH": "roles", "OPENID_ADMIN_ROLE_TOKEN_KIND": "userinfo",
        "OPENID_ROLE_SYNC_ENABLED": "true", "OPENID_ROLE_SYNC_SOURCE": "id", "OPENID_ROLE_SYNC_CLAIM": "r",
        "OPENID_ROLE_SYNC_ROLE_PRIORITY": "a,b", "OPENID_ROLE_SYNC_FALLBACK_ROLE": "c", "OPENID_GROUPS_CLAIM": "groups",
        "OPENID_USE_END_SESSION_ENDPOINT": "true", "OPENID_BUTTON_LABEL": "Company login",
        "OPENID_CALLBACK_URL": "/back",
    }.items():  # fmt: skip
        issuer.setenv(name, value)
    rules, provider = identity.openid(DOMAIN), identity.providers()["openid"]
    assert rules is not None
    assert (provider.label, provider.callback) == ("Company login", "/back")
    assert provider.scope == ("openid", "email", "offline_access")
    assert (rules.audience, rules.leeway, rules.nonce, rules.keys_seconds) == (("api://a", "api://b"), 10, False, 5)
    assert (rules.required_roles, rules.required_claim) == (("staff", "boss"), Claim("access", "realm.roles"))
    assert (rules.admin_role, rules.admin_claim) == ("boss", Claim("userinfo", "roles"))
    assert (rules.sync_roles, rules.role_claim) == (True, Claim("id", "r"))
    assert (rules.role_priority, rules.fallback_role) == (("a", "b"), "c")
    assert (rules.groups_claim, rules.end_session) == (Claim("id", "groups"), True)


def read_everything() -> None:
    identity.openid(DOMAIN)
    identity.providers()
    env.check()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OPENID_REQUIRED_ROLE": "staff"}, "OPENID_REQUIRED_ROLE_PARAMETER_PATH"),
        ({"OPENID_ADMIN_ROLE": "boss"}, "OPENID_ADMIN_ROLE_PARAMETER_PATH"),
        ({"OPENID_ROLE_SYNC_SOURCE": "cookie"}, "OPENID_ROLE_SYNC_SOURCE must be one of access, id, userinfo"),
        ({"OPENID_CALLBACK_URL": "https://elsewhere.example/"}, "OPENID_CALLBACK_URL"),
        ({"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b", "GOOGLE_CALLBACK_URL": "back"}, "GOOGLE_CALLBACK_URL"),
    ],
)
def test_nonsense_stops_the_start(issuer: pytest.MonkeyPatch, variables: dict[str, str], message: str) -> None:
    for name, value in variables.items():
        issuer.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=message):
        read_everything()
