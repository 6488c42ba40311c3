"""Signing in at Google, Discord, Facebook and Apple: the whole way, on each one's own wire."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.facebook import flows
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.identity.oauth import AppleAdapter, DiscordAdapter, GoogleAdapter
from accounts.models import User
from siteconfig.environment import identity
from tests.accounts.social_server import APPLE_KEY, SocialServer, bring_back, running, sign_in_by_social, state_of
from tests.cast import user_of

NAMES = ("google", "discord", "facebook", "apple")
SIGNED = ("google", "apple")  # who say it in an ID token
EMAIL = "nina@example.org"
NINA: dict[str, dict[str, Any]] = {
    "google": {"sub": "108", "email": EMAIL, "email_verified": True, "name": "Nina New", "given_name": "Nina",
               "family_name": "New"},
    "discord": {"id": "80351110224678912", "username": "nina", "global_name": "Nina New", "discriminator": "0",
                "email": EMAIL, "verified": True},
    "facebook": {"id": "1020", "name": "Nina New", "email": EMAIL, "gender": "female"},
    "apple": {"sub": "001.abc.2", "email": EMAIL, "email_verified": "true", "is_private_email": "false"},
}  # fmt: skip
SUBJECTS = {"google": "108", "discord": "80351110224678912", "facebook": "1020", "apple": "001.abc.2"}
APPLE_NAME = '{"name": {"firstName": "Nina", "lastName": "New"}, "email": "nina@example.org"}'
NONSENSE: list[Any] = [
    [], {}, "x", None, 7, {"access_token": 1, "id_token": 2}, {"id": None, "email": EMAIL, "verified": True},
]  # fmt: skip
everywhere = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def shared_social_server() -> Iterator[SocialServer]:
    with running() as server:
        yield server


@pytest.fixture
def social_server(
    shared_social_server: SocialServer,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    tmp_path: Path,
    admin_user: User,
) -> SocialServer:
    """All four are configured, and lie on loopback; somebody else is the administrator already."""
    shared_social_server.__init__(url=shared_social_server.url)  # type: ignore[misc]
    for provider in ("google", "discord", "facebook"):
        monkeypatch.setenv(f"{provider.upper()}_CLIENT_ID", f"{provider}-id")
        monkeypatch.setenv(f"{provider.upper()}_CLIENT_SECRET", f"{provider}-secret")
    (tmp_path / "apple.p8").write_bytes(
        APPLE_KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    for variable, value in (("CLIENT_ID", "apple-id"), ("TEAM_ID", "TEAM"), ("KEY_ID", "KEY"),
                            ("PRIVATE_KEY_PATH", str(tmp_path / "apple.p8"))):  # fmt: skip
        monkeypatch.setenv(f"APPLE_{variable}", value)
    settings.ALLOW_SOCIAL_LOGIN = settings.ALLOW_SOCIAL_REGISTRATION = True
    settings.IDENTITY_PROVIDERS = identity.providers()
    adapters = {
        "google": GoogleAdapter, "discord": DiscordAdapter, "facebook": FacebookOAuth2Adapter,
        "apple": AppleAdapter,
    }  # fmt: skip
    for provider, adapter in adapters.items():
        monkeypatch.setattr(adapter, "authorize_url", f"{shared_social_server.url}/{provider}/authorize")
        monkeypatch.setattr(adapter, "access_token_url", f"{shared_social_server.url}/{provider}/token")
    for provider in SIGNED:
        monkeypatch.setattr(adapters[provider], "keys_url", f"{shared_social_server.url}/{provider}/keys")
    monkeypatch.setattr(DiscordAdapter, "profile_url", f"{shared_social_server.url}/discord/me")
    monkeypatch.setattr(flows, "GRAPH_API_URL", f"{shared_social_server.url}/facebook")
    return shared_social_server


def nina_at(server: SocialServer, name: str, **changes: Any) -> None:
    server.person = {key: value for key, value in (NINA[name] | changes).items() if value is not None}
    server.posted = {"user": APPLE_NAME} if name == "apple" else {}


def refused(client: Client, answer: Any, status: int) -> None:
    assert answer.status_code == status, (answer.status_code, answer.get("Location"))
    assert b"You're not signed in" in answer.content
    assert user_of(client) is None
    assert not User.objects.filter(email=EMAIL).exists()
    assert not SocialAccount.objects.exists()


@everywhere
def test_a_new_person_comes_in_with_an_account(client: Client, social_server: SocialServer, name: str) -> None:
    nina_at(social_server, name)
    answer = sign_in_by_social(client, social_server, name)
    assert (answer.status_code, answer.get("Location")) == (302, "/c/new"), answer.content[:2000]
    user = user_of(client)
    assert user is not None
    assert (user.email, user.provider, user.role_id, user.has_usable_password()) == (EMAIL, name, "USER", False)
    assert user.name == ("nina" if name == "discord" else "Nina New")
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid, account.extra_data) == (user, name, SUBJECTS[name], {})


@everywhere
def test_the_second_time_it_is_the_same_account(
    client: Client, social_server: SocialServer, settings: Settings, name: str
) -> None:
    nina_at(social_server, name)
    sign_in_by_social(client, social_server, name)
    first = user_of(client)
    client.logout()
    settings.ALLOW_SOCIAL_REGISTRATION = False
    nina_at(social_server, name, email="other@example.org")
    social_server.posted = {}  # Apple passes on the name only once
    sign_in_by_social(client, social_server, name)
    assert first is not None
    assert user_of(client) == first
    first.refresh_from_db()
    assert (first.email, User.objects.count()) == (EMAIL, 2)


@everywhere
@pytest.mark.parametrize("configured", [True, False])
def test_an_address_that_the_provider_confirmed_needs_no_mail(
    client: Client, social_server: SocialServer, settings: Settings, mailoutbox: list[Any], name: str, configured: bool
) -> None:
    """Facebook says nothing about it, so its people confirm theirs here."""
    settings.MAIL_CONFIGURED = configured
    nina_at(social_server, name)
    answer = sign_in_by_social(client, social_server, name)
    user = User.objects.get(email=EMAIL)
    assert user.email_verified is (name != "facebook" or not configured)
    assert answer["Location"] == ("/c/new" if user.email_verified else "/verify/sent")


UNCONFIRMED = [
    ("google", {"email_verified": False}), ("google", {"email_verified": None}), ("google", {"email_verified": "x"}),
    ("discord", {"verified": False}), ("discord", {"verified": None}), ("google", {"email_verified": "false"}),
    ("apple", {"email_verified": "false"}),
    ("apple", {"email_verified": False}), ("apple", {"email_verified": None}),
]  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize(("name", "changes"), UNCONFIRMED)
def test_case_48_an_unconfirmed_address_makes_no_account(
    client: Client, social_server: SocialServer, name: str, changes: dict[str, Any]
) -> None:
    nina_at(social_server, name, **changes)
    refused(client, sign_in_by_social(client, social_server, name), 403)


@everywhere
@pytest.mark.parametrize("email", [None, "", "nina", ["nina@example.org"], {"a": "b"}, 7])
def test_what_is_no_address_makes_no_account(
    client: Client, social_server: SocialServer, name: str, email: Any
) -> None:
    nina_at(social_server, name, email=email)
    answer = sign_in_by_social(client, social_server, name)
    refused(client, answer, 403 if email in (None, "", "nina") else answer.status_code)
    assert answer.status_code in {401, 403}


@pytest.mark.security
@everywhere
def test_case_48_the_address_of_another_account_does_not_open_it(
    client: Client, social_server: SocialServer, owner: User, name: str
) -> None:
    nina_at(social_server, name, email=owner.email.upper())
    refused(client, sign_in_by_social(client, social_server, name), 403)
    owner.refresh_from_db()
    assert owner.provider == "local"


@pytest.mark.security
@everywhere
def test_case_48_the_same_subject_elsewhere_is_somebody_else(
    client: Client, social_server: SocialServer, name: str
) -> None:
    other = next(candidate for candidate in NAMES if candidate != name)
    nina_at(social_server, name)
    sign_in_by_social(client, social_server, name)
    client.logout()
    nina_at(social_server, other, email="eve@example.org", **{"sub" if other in SIGNED else "id": SUBJECTS[name]})
    sign_in_by_social(client, social_server, other)
    user = user_of(client)
    assert user is not None
    assert user.email == "eve@example.org"


@everywhere
def test_new_people_are_turned_away_where_registration_is_closed(
    client: Client, social_server: SocialServer, settings: Settings, name: str
) -> None:
    settings.ALLOW_SOCIAL_REGISTRATION = False
    nina_at(social_server, name)
    refused(client, sign_in_by_social(client, social_server, name), 403)


@everywhere
def test_people_of_other_domains_are_turned_away(
    client: Client, social_server: SocialServer, settings: Settings, name: str
) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.com"]
    nina_at(social_server, name)
    refused(client, sign_in_by_social(client, social_server, name), 403)
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.org"]
    assert sign_in_by_social(client, social_server, name)["Location"] == "/c/new"
    client.logout()
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.com"]
    assert sign_in_by_social(client, social_server, name).status_code == 403, (
        "nor do they come back once the list has changed"
    )
    assert user_of(client) is None


@everywhere
def test_a_person_switched_off_stays_out(client: Client, social_server: SocialServer, name: str) -> None:
    nina_at(social_server, name)
    sign_in_by_social(client, social_server, name)
    client.logout()
    User.objects.filter(email=EMAIL).update(is_active=False)
    assert sign_in_by_social(client, social_server, name)["Location"] == "/account/inactive"
    assert user_of(client) is None


def denied(client: Client, name: str, state: str) -> Any:
    if name == "apple":
        return bring_back(
            client, ("http://x/oauth/apple/callback", {"state": state, "error": "user_cancelled_authorize"})
        )
    return client.get(f"/oauth/{name}/callback?state={state}&error=access_denied")


@everywhere
def test_who_says_no_there_is_told_so_on_the_sign_in_page(
    client: Client, social_server: SocialServer, name: str
) -> None:
    answer = denied(client, name, state_of(client, name))
    assert (answer.status_code, answer["Location"]) == (302, "/login?redirect=false&error=cancelled")
    assert not [path for path in social_server.asked if path.endswith("/token")]
    assert denied(client, name, "wrong").status_code == 403


@pytest.mark.security
@everywhere
def test_case_50_another_browser_cannot_finish_a_sign_in(social_server: SocialServer, name: str) -> None:
    begun, other = Client(), Client()
    nina_at(social_server, name)
    back = social_server.agree(begun.get(f"/oauth/{name}")["Location"])
    refused(other, bring_back(other, back), 403)
    assert f"{name}/token" not in social_server.asked, "the code is not even redeemed"


@pytest.mark.security
@everywhere
def test_case_50_a_state_works_once(client: Client, social_server: SocialServer, name: str) -> None:
    nina_at(social_server, name)
    back = social_server.agree(client.get(f"/oauth/{name}")["Location"])
    assert bring_back(client, back)["Location"] == "/c/new"
    client.logout()
    assert bring_back(client, back).status_code == 403
    assert user_of(client) is None


@pytest.mark.security
@everywhere
def test_case_50_a_state_is_good_for_its_own_provider(client: Client, social_server: SocialServer, name: str) -> None:
    other = next(candidate for candidate in NAMES if candidate != name)
    nina_at(social_server, name)
    address, form = social_server.agree(client.get(f"/oauth/{name}")["Location"])
    state = state_of(client, other)
    answer = (
        bring_back(client, (address, form | {"state": state}))
        if form
        else client.get(f"/oauth/{name}/callback?state={state}&code=x")
    )
    refused(client, answer, 403)


@pytest.mark.security
@everywhere
def test_case_50_a_code_of_somebody_elses_sign_in_is_refused(social_server: SocialServer, name: str) -> None:
    """Whoever could slip their code into the victim's browser would have the victim work in their account.

    Discord and Facebook know neither a nonce nor a challenge here: the state alone keeps their codes apart.
    """
    attacker, victim = Client(), Client()
    nina_at(social_server, name)
    address, form = social_server.agree(attacker.get(f"/oauth/{name}")["Location"])
    code = form.get("code") or address.partition("code=")[2].partition("&")[0]
    if name in SIGNED:
        state = state_of(victim, name)
        back = f"http://x/oauth/{name}/callback"
        made = {"state": state, "code": code}
        answer = (
            bring_back(victim, (back, made))
            if name == "apple"
            else victim.get(f"/oauth/google/callback?state={state}&code={code}")
        )
        refused(victim, answer, 401)
    refused(victim, victim.get(f"/oauth/{name}/callback?state=made-up&code={code}"), 403)


@pytest.mark.security
@everywhere
def test_case_50_a_code_that_the_provider_does_not_know_is_refused(
    client: Client, social_server: SocialServer, name: str
) -> None:
    nina_at(social_server, name)
    refused(client, client.get(f"/oauth/{name}/callback?state={state_of(client, name)}&code=made-up"), 401)


@pytest.mark.security
@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"}, {"aud": None}, {"iss": "https://evil.example"}, {"nonce": "wrong"}, {"nonce": None},
        {"exp": 1}, {"exp": None}, {"sub": None}, {"sub": ""}, {"azp": "another-client"},
        {"aud": ["google-id", "apple-id", "another-client"]}, {"sub": "x" * 300},
    ],
    ids=lambda claims: str(claims)[:40],
)  # fmt: skip
def test_case_49_a_token_that_is_not_for_this_sign_in_is_refused(
    client: Client, social_server: SocialServer, name: str, claims: dict[str, Any]
) -> None:
    nina_at(social_server, name)
    social_server.claims = claims
    refused(client, sign_in_by_social(client, social_server, name), 401)


@pytest.mark.security
@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("none", ""), ("HS256", "google-secret" * 3), ("HS256", "apple-id" * 5),
        ("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ],
)  # fmt: skip
def test_case_49_a_signature_that_is_not_the_providers_is_refused(
    client: Client, social_server: SocialServer, name: str, algorithm: str, key: Any
) -> None:
    nina_at(social_server, name)
    social_server.algorithm, social_server.key = algorithm, key
    refused(client, sign_in_by_social(client, social_server, name), 401)


@pytest.mark.security
@pytest.mark.parametrize("name", SIGNED)
def test_case_49_an_answer_without_an_id_token_is_refused(
    client: Client, social_server: SocialServer, name: str
) -> None:
    """Not even with the one that Apple lets the browser post."""
    nina_at(social_server, name)
    social_server.lies[f"{name}/token"] = lambda answer: {"access_token": answer["access_token"]}
    refused(client, sign_in_by_social(client, social_server, name), 401)


@pytest.mark.security
@pytest.mark.parametrize(
    "posted",
    [
        '{"email": "nina@example.org", "email_verified": true}', '{"email": "nina@example.org", "sub": "1"}',
        '{"access_token": "x", "id_token": "y", "email": "nina@example.org"}',
    ],
)  # fmt: skip
def test_case_48_the_browser_does_not_say_whose_address_it_is(
    client: Client, social_server: SocialServer, posted: str
) -> None:
    """Of Apple's answer the browser brings a part, which nobody signed."""
    nina_at(social_server, "apple", email=None, email_verified=None)
    social_server.posted = {"user": posted}
    refused(client, sign_in_by_social(client, social_server, "apple"), 403)


@pytest.mark.security
@pytest.mark.parametrize(
    "posted", ["", "x", "[]", "null", "7", '{"name": "x"}', '{"name": {"firstName": 7}}', "[" * 5000, "{" * 100_000]
)
def test_a_name_that_is_none_stands_in_nobodys_way(client: Client, social_server: SocialServer, posted: str) -> None:
    nina_at(social_server, "apple")
    social_server.posted = {"user": posted}
    assert sign_in_by_social(client, social_server, "apple")["Location"] == "/c/new"
    assert User.objects.get(email=EMAIL).name in {"nina", "7"}


@pytest.mark.security
@everywhere
@pytest.mark.parametrize(
    "body", [[], {}, "x", None, 7, {"access_token": 1, "id_token": 2}, {"id": None, "email": EMAIL, "verified": True}]
)
def test_an_answer_that_is_none_is_refused(client: Client, social_server: SocialServer, name: str, body: Any) -> None:
    paths = ("token", "keys") if name in SIGNED else ("token", "me")
    for path in paths:
        cache.clear()
        nina_at(social_server, name)
        social_server.lies = {f"{name}/{path}": lambda _answer: body}
        refused(client, sign_in_by_social(client, social_server, name), 401)


def test_facebook_is_asked_for_no_more_than_is_needed(client: Client, social_server: SocialServer) -> None:
    nina_at(social_server, "facebook")
    answers: list[dict[str, Any]] = []

    def keep(answer: dict[str, Any]) -> dict[str, Any]:
        answers.append(answer)
        return answer

    social_server.lies["facebook/me"] = keep
    sign_in_by_social(client, social_server, "facebook")
    assert answers == [{"id": "1020", "name": "Nina New", "email": EMAIL}]


@pytest.mark.parametrize("name", SIGNED)
def test_a_token_signed_with_a_new_key_is_read(client: Client, social_server: SocialServer, name: str) -> None:
    """The keys are kept for a while; one that is not among them is asked for anew."""
    nina_at(social_server, name)
    social_server.lies[f"{name}/keys"] = lambda answer: {"keys": [answer["keys"][0] | {"kid": "old"}]}
    refused(client, sign_in_by_social(client, social_server, name), 401)
    social_server.lies.clear()
    assert sign_in_by_social(client, social_server, name)["Location"] == "/c/new"
