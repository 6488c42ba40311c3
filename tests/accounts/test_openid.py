"""Signing in with OpenID Connect, at a real provider."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from pytest_django import Settings

from accounts.models import Group, Membership, Role, User
from accounts.services import memberships, recovery
from siteconfig.environment.identity import Claim, IdentityProvider, OpenId
from tests.accounts.identity_provider import OpenIdServer, path_of, query_of, running, sign_in_by_openid
from tests.cast import user_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own libraries
NINA = {"email": "nina@example.org", "email_verified": True, "name": "Nina New", "preferred_username": "nina"}


@pytest.fixture(scope="module")
def shared_openid_server() -> Iterator[OpenIdServer]:
    with running() as server:
        yield server


@pytest.fixture
def openid_server(shared_openid_server: OpenIdServer, settings: Settings, admin_user: User) -> OpenIdServer:
    """A provider that knows Nina, configured here; somebody else is the administrator already."""
    shared_openid_server.tokens = None
    shared_openid_server.documents.clear()
    shared_openid_server.asked.clear()
    shared_openid_server.person("nina", **NINA)
    settings.ALLOW_SOCIAL_LOGIN = settings.ALLOW_SOCIAL_REGISTRATION = True
    settings.OPENID = OpenId(issuer=shared_openid_server.url, after_logout="http://localhost:3080/login?redirect=false")
    settings.IDENTITY_PROVIDERS = {
        "openid": IdentityProvider(
            key="openid", kind="openid_connect", label="Continue with OpenID", client_id="parley", secret="s3cret",
            pkce=True, scope=("openid", "profile", "email"), callback="/oauth/openid/callback",
            settings={"server_url": shared_openid_server.url},
        )
    }  # fmt: skip
    return shared_openid_server


def refused(client: Client, answer: Any, status: int) -> None:
    assert answer.status_code == status, (answer.status_code, answer.get("Location"))
    assert b"You're not signed in" in answer.content
    assert user_of(client) is None
    assert not User.objects.filter(email=NINA["email"]).exists()
    assert not SocialAccount.objects.exists()


def test_the_way_there_carries_everything_and_nothing_of_the_request(
    client: Client, openid_server: OpenIdServer
) -> None:
    answer = client.get("/oauth/openid?scope=admin&auth_params=prompt%3Dnone&process=connect&client_id=other&next=/x")
    query = query_of(answer["Location"])
    assert answer["Location"].startswith(f"{openid_server.url}/oauth2/authorize?")
    assert set(query.pop("scope").split()) == {"openid", "profile", "email"}
    assert len(query.pop("state")) >= 16
    assert len(query.pop("nonce")) >= 16
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "client_id": "parley", "redirect_uri": "http://localhost:3080/oauth/openid/callback", "response_type": "code",
        "code_challenge_method": "S256",
    }  # fmt: skip


def test_a_new_person_comes_in_with_an_account(client: Client, openid_server: OpenIdServer) -> None:
    answer = sign_in_by_openid(client, openid_server)
    assert (answer.status_code, answer["Location"]) == (302, "/c/new")
    user = user_of(client)
    assert user is not None
    assert (user.email, user.name, user.username) == ("nina@example.org", "Nina New", "nina")
    assert (user.role_id, user.provider, user.has_usable_password()) == (Role.USER, "openid", False)
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid) == (user, "openid", f"{openid_server.url} nina")
    assert account.extra_data == {}, "nothing is kept that is not needed"


def test_the_code_is_redeemed_with_the_verifier_of_the_challenge(client: Client, openid_server: OpenIdServer) -> None:
    there = client.get("/oauth/openid")["Location"]
    client.get(path_of(openid_server.agree(there, "nina")))
    verifier = openid_server.asked["/oauth2/token"]["code_verifier"]
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert query_of(there)["code_challenge"] == challenge


def test_the_second_time_it_is_the_same_account(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    sign_in_by_openid(client, openid_server)
    first = user_of(client)
    client.logout()
    settings.ALLOW_SOCIAL_REGISTRATION = False
    openid_server.person("nina", **NINA | {"email": "other@example.org", "name": "Another"})
    sign_in_by_openid(client, openid_server)
    assert user_of(client) == first
    assert User.objects.count() == 2


def test_it_leads_back_to_a_page_of_the_site_only(client: Client, openid_server: OpenIdServer) -> None:
    assert sign_in_by_openid(client, openid_server, path="/oauth/openid?next=/projects")["Location"] == "/projects"
    client.logout()
    assert sign_in_by_openid(client, openid_server, path="/oauth/openid?next=//evil.example")["Location"] == "/c/new"


@pytest.mark.security
def test_case_48_an_account_with_that_address_is_not_opened(
    client: Client, openid_server: OpenIdServer, owner: User
) -> None:
    openid_server.person("nina", **NINA | {"email": owner.email.upper()})
    answer = sign_in_by_openid(client, openid_server)
    assert answer.status_code == 403
    assert b"Sign in the way you did before" in answer.content
    assert user_of(client) is None
    assert not SocialAccount.objects.exists()
    owner.refresh_from_db()
    assert owner.provider == "local"


@pytest.mark.security
@pytest.mark.parametrize("verified", [False, "false", 0])
def test_case_48_an_unconfirmed_address_makes_no_account(
    client: Client, openid_server: OpenIdServer, verified: Any
) -> None:
    openid_server.person("nina", **NINA | {"email_verified": verified})
    refused(client, sign_in_by_openid(client, openid_server), 403)


@pytest.mark.security
@pytest.mark.parametrize("email", ["", "nina", "a@b", "x" * 250 + "@example.org", ["nina@example.org"], None])
def test_what_is_no_address_makes_no_account(client: Client, openid_server: OpenIdServer, email: Any) -> None:
    openid_server.person("nina", **NINA | {"email": email, "preferred_username": "nina"})
    refused(client, sign_in_by_openid(client, openid_server), 403)


def test_new_people_are_turned_away_where_registration_is_closed(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    settings.ALLOW_SOCIAL_REGISTRATION = False
    refused(client, sign_in_by_openid(client, openid_server), 403)


@pytest.mark.security
def test_where_it_is_switched_off_or_not_configured_there_is_no_such_page(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    assert client.get("/oauth/google").status_code == 404
    assert client.get("/oauth/google/callback").status_code == 404
    settings.ALLOW_SOCIAL_LOGIN = False
    assert client.get("/oauth/openid").status_code == 404
    assert client.get("/oauth/openid/callback?code=x&state=y").status_code == 404


def test_a_person_switched_off_stays_out(client: Client, openid_server: OpenIdServer) -> None:
    sign_in_by_openid(client, openid_server)
    client.logout()
    User.objects.filter(email=NINA["email"]).update(is_active=False)
    assert sign_in_by_openid(client, openid_server)["Location"] == "/account/inactive"
    assert user_of(client) is None


def forge(
    server: OpenIdServer, *, key: Any = None, algorithm: str = "RS256", kid: str | None = None, **changes: Any
) -> None:
    """Let the token endpoint hand out another ID token than it made."""

    def change(body: dict[str, Any]) -> None:
        claims = jwt.decode(body["id_token"], options={"verify_signature": False}) | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = jwt.get_unverified_header(body["id_token"])
        body["id_token"] = jwt.encode(
            claims, key or KEY, algorithm=algorithm, headers={"kid": kid or headers.get("kid") or "k"}
        )

    server.tokens = change


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def publish(server: OpenIdServer, **extra: Any) -> None:
    """Let the provider's keys be ours, so that a forged token is well signed."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "ours", **extra}
    server.documents["/jwks"] = lambda body: body.update(keys=[public])


def test_a_token_that_is_signed_anew_with_a_published_key_is_believed(
    client: Client, openid_server: OpenIdServer
) -> None:
    publish(openid_server)
    forge(openid_server, kid="ours")
    assert sign_in_by_openid(client, openid_server)["Location"] == "/c/new"


@pytest.mark.security
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"}, {"aud": ["another-client"]}, {"aud": None}, {"iss": "https://evil.example"},
        {"iss": None}, {"nonce": "wrong"}, {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": None}, {"sub": None},
        {"azp": "another-client"}, {"aud": ["parley", "another-client"]}, {"sub": "somebody-else"},
        {"nbf": time.time() + 9999},
    ],
    ids=str,
)  # fmt: skip
def test_case_49_a_token_that_is_not_for_this_sign_in_is_refused(
    client: Client, openid_server: OpenIdServer, changes: dict[str, Any]
) -> None:
    publish(openid_server)
    forge(openid_server, kid="ours", **changes)
    refused(client, sign_in_by_openid(client, openid_server), 401)


@pytest.mark.security
@pytest.mark.parametrize(
    ("algorithm", "key", "published"),
    [
        ("none", "", {}), ("HS256", "parley" * 8, {}), ("HS256", "s3cret" * 8, {}), ("RS512", None, {"alg": "RS256"}),
        ("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048), {}), ("RS256", None, {"use": "enc"}),
        ("RS256", None, {"kid": "another"}), ("HS256", "p" * 40, {"kty": "oct", "k": "cHBwcA"}),
    ],
)  # fmt: skip
def test_case_49_a_signature_that_is_not_the_providers_is_refused(
    client: Client, openid_server: OpenIdServer, algorithm: str, key: Any, published: dict[str, str]
) -> None:
    publish(openid_server, **published)
    forge(openid_server, kid="ours", algorithm=algorithm, key=key)
    refused(client, sign_in_by_openid(client, openid_server), 401)


@pytest.mark.security
def test_case_49_an_answer_without_an_id_token_is_refused(client: Client, openid_server: OpenIdServer) -> None:
    openid_server.tokens = lambda body: body.pop("id_token") and None
    refused(client, sign_in_by_openid(client, openid_server), 401)


@pytest.mark.security
def test_case_49_userinfo_of_somebody_else_is_refused(client: Client, openid_server: OpenIdServer) -> None:
    openid_server.documents["/userinfo"] = lambda body: body.update(sub="somebody-else")
    refused(client, sign_in_by_openid(client, openid_server), 401)


@pytest.mark.security
@pytest.mark.parametrize(
    "changes", [{"issuer": "https://evil.example"}, {"token_endpoint": "file:///etc/passwd"}, {"issuer": None}]
)
def test_a_provider_that_describes_another_is_not_gone_to(
    client: Client, openid_server: OpenIdServer, changes: dict[str, Any]
) -> None:
    openid_server.documents["/.well-known/openid-configuration"] = lambda body: body.update(changes)
    answer = client.get("/oauth/openid")
    assert answer.status_code == 401
    assert "/oauth2/token" not in openid_server.asked


@pytest.mark.security
def test_case_50_another_browser_cannot_finish_a_sign_in(openid_server: OpenIdServer) -> None:
    begun, other = Client(), Client()
    back = path_of(openid_server.agree(begun.get("/oauth/openid")["Location"], "nina"))
    refused(other, other.get(back), 403)
    assert "/oauth2/token" not in openid_server.asked, "the code is not even redeemed"


@pytest.mark.security
def test_case_50_a_state_works_once(client: Client, openid_server: OpenIdServer) -> None:
    back = path_of(openid_server.agree(client.get("/oauth/openid")["Location"], "nina"))
    client.get(back)
    client.logout()
    assert client.get(back).status_code == 403
    assert user_of(client) is None


@pytest.mark.security
@pytest.mark.parametrize("query", ["", "?code=x", "?state=wrong&code=x", "?error=access_denied", "?state=%01&code=%01"])
def test_case_50_coming_back_without_having_left_is_refused(
    client: Client, openid_server: OpenIdServer, query: str
) -> None:
    refused(client, client.get(f"/oauth/openid/callback{query}"), 403)


@pytest.mark.security
def test_case_50_a_code_that_the_provider_does_not_know_is_refused(client: Client, openid_server: OpenIdServer) -> None:
    state = query_of(client.get("/oauth/openid")["Location"])["state"]
    refused(client, client.get(f"/oauth/openid/callback?state={state}&code=made-up"), 401)


def test_who_says_no_there_is_told_so_on_the_sign_in_page(client: Client, openid_server: OpenIdServer) -> None:
    state = query_of(client.get("/oauth/openid")["Location"])["state"]
    answer = client.get(f"/oauth/openid/callback?state={state}&error=access_denied", follow=True)
    assert answer.redirect_chain == [("/login?redirect=false&error=cancelled", 302)]
    assert b"The sign-in was cancelled." in answer.content


def test_the_addresses_of_the_request_are_not_believed(client: Client, openid_server: OpenIdServer) -> None:
    answer = client.get("/oauth/openid", headers={"X-Forwarded-Host": "evil.example", "Host": "127.0.0.1"})
    assert query_of(answer["Location"])["redirect_uri"] == "http://localhost:3080/oauth/openid/callback"


def rules(settings: Settings, **changes: Any) -> None:
    settings.OPENID = replace(settings.OPENID, **changes)


ROLES = Claim("userinfo", "realm.roles")


@pytest.mark.parametrize(("theirs", "comes_in"), [(["staff"], True), ("staff", True), (["x"], False), (None, False)])
def test_a_required_role(
    client: Client, openid_server: OpenIdServer, settings: Settings, theirs: Any, comes_in: bool
) -> None:
    rules(settings, required_roles=("boss", "staff"), required_claim=ROLES)
    openid_server.person("nina", **NINA, realm={"roles": theirs})
    answer = sign_in_by_openid(client, openid_server)
    if comes_in:
        assert answer["Location"] == "/c/new"
    else:
        refused(client, answer, 403)


def test_a_required_role_in_the_access_token_is_read_from_a_signed_token_only(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    rules(settings, required_roles=("staff",), required_claim=Claim("access", "roles"))
    refused(client, sign_in_by_openid(client, openid_server), 403)


def test_the_administrators_role_comes_and_goes(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    rules(settings, admin_role="boss", admin_claim=ROLES)
    for theirs, role in [(["boss"], Role.ADMIN), ([], Role.USER), (["boss"], Role.ADMIN)]:
        openid_server.person("nina", **NINA, realm={"roles": theirs})
        sign_in_by_openid(client, openid_server)
        assert User.objects.get(email=NINA["email"]).role_id == role
        client.logout()


def test_the_last_administrator_stays_one(
    client: Client, openid_server: OpenIdServer, settings: Settings, admin_user: User
) -> None:
    rules(settings, admin_role="boss", admin_claim=ROLES)
    openid_server.person("nina", **NINA, realm={"roles": ["boss"]})
    sign_in_by_openid(client, openid_server)
    User.objects.filter(id=admin_user.id).update(is_active=False)
    openid_server.person("nina", **NINA, realm={"roles": []})
    sign_in_by_openid(client, openid_server)
    assert User.objects.get(email=NINA["email"]).role_id == Role.ADMIN


@pytest.mark.parametrize(
    ("theirs", "priority", "fallback", "role"),
    [
        (["teacher", "pupil"], (), "", "teacher"), (["teacher", "pupil"], ("pupil", "teacher"), "", "pupil"),
        (["gardener"], (), "pupil", "pupil"), ([], ("teacher",), "pupil", "pupil"), (["gardener"], (), "", "USER"),
        (["ADMIN"], (), "", "USER"), (["x"], ("ADMIN",), "ADMIN", "USER"),
    ],
)  # fmt: skip
def test_roles_are_mapped_and_never_to_administrator(
    client: Client,
    openid_server: OpenIdServer,
    settings: Settings,
    theirs: Any,
    priority: Any,
    fallback: str,
    role: str,
) -> None:
    Role.objects.create(name="teacher")
    Role.objects.create(name="pupil")
    rules(settings, sync_roles=True, role_claim=ROLES, role_priority=priority, fallback_role=fallback)
    openid_server.person("nina", **NINA, realm={"roles": theirs})
    sign_in_by_openid(client, openid_server)
    assert User.objects.get(email=NINA["email"]).role_id == role


def test_groups_follow_the_provider_and_leave_the_others_alone(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    rules(settings, groups_claim=Claim("userinfo", "groups"))
    openid_server.person("nina", **NINA, groups=["red", "blue"])
    sign_in_by_openid(client, openid_server)
    user = User.objects.get(email=NINA["email"])
    local = Group.objects.create(name="red")
    Membership.objects.create(group=local, user=user, is_manager=True)
    memberships.sync_groups(user=user, source="ldap", names=["red"])
    openid_server.person("nina", **NINA, groups=["blue", "green"])
    sign_in_by_openid(client, openid_server)
    groups = Membership.objects.filter(user=user).values_list("group__source", "group__name").order_by("group__name")
    assert sorted(groups) == [("ldap", "red"), ("local", "red"), ("openid", "blue"), ("openid", "green")]


def test_the_claims_for_names_can_be_chosen(client: Client, openid_server: OpenIdServer, settings: Settings) -> None:
    rules(settings, email_claim="mail", name_claim="https://example.org/name", username_claim="uid")
    given = {"mail": "nina@work.example", "https://example.org/name": "Dr Nina\u202e\n", "uid": "n1"}
    openid_server.person("nina", **NINA | given)
    sign_in_by_openid(client, openid_server)
    user = User.objects.get(email="nina@work.example")
    assert (user.name, user.username) == ("Dr Nina", "n1")


def test_the_sign_in_page_offers_it_and_leads_there_by_itself_if_wished(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    page = client.get("/login?next=/projects").content.decode()
    assert 'href="/oauth/openid?next=/projects"' in page
    assert "Continue with OpenID" in page
    rules(settings, auto_redirect=True)
    assert client.get("/login?next=/projects")["Location"] == "/oauth/openid?next=%2Fprojects"
    assert client.get("/login?redirect=false").status_code == 200
    answer = client.get("/oauth/error", follow=True)
    assert answer.redirect_chain == [("/login?redirect=false&error=auth_failed", 302)]
    assert b"confirm your sign-in" in answer.content


def test_signing_out_ends_the_session_there_too(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    rules(settings, end_session=True)
    sign_in_by_openid(client, openid_server)
    page = client.post("/logout").content.decode()
    assert user_of(client) is None
    assert f"url={openid_server.url}/oauth2/end_session?client_id=parley" in page
    assert "id_token_hint=" in page
    rules(settings, longest_logout=100)
    sign_in_by_openid(client, openid_server)
    assert "id_token_hint=" not in client.post("/logout").content.decode()
    rules(settings, end_session=False)
    sign_in_by_openid(client, openid_server)
    assert client.post("/logout")["Location"] == "/login"
    rules(settings, auto_redirect=True)
    sign_in_by_openid(client, openid_server)
    assert client.post("/logout")["Location"] == "/login?redirect=false", "or one would be back in at once"


def test_signing_out_over_the_api_says_where_to_go_on(
    client: Client, openid_server: OpenIdServer, settings: Settings
) -> None:
    rules(settings, end_session=True)
    sign_in_by_openid(client, openid_server)
    body = client.post("/api/auth/logout").json()
    assert set(body) == {"message", "redirect"}
    assert body["redirect"].startswith(f"{openid_server.url}/oauth2/end_session?client_id=parley")
    assert user_of(client) is None
    rules(settings, end_session=False)
    sign_in_by_openid(client, openid_server)
    assert set(client.post("/api/auth/logout").json()) == {"message"}


@pytest.mark.security
def test_no_password_is_set_beside_the_providers_word(
    client: Client, openid_server: OpenIdServer, mailoutbox: list[Any], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_by_openid(client, openid_server)
    assert client.get("/account/password/set").status_code == 404
    chosen = {"password1": "correct-horse-battery", "password2": "correct-horse-battery"}
    assert client.post("/account/password/set", chosen).status_code == 404
    assert not User.objects.get(email=NINA["email"]).has_usable_password()
    client.logout()
    answer = client.post("/account/password/reset", {"email": NINA["email"]})
    assert answer.status_code in {302, 403}, "403 where no mail is configured"
    monkeypatch.setattr(recovery, "can_reset", lambda: True)
    for email in (str(NINA["email"]), owner.email):
        recovery.send_reset(email=email)
    assert [mail.to for mail in mailoutbox] == [[owner.email]]


@pytest.mark.security
def test_the_ways_are_limited(client: Client, openid_server: OpenIdServer) -> None:
    answers = [client.get("/oauth/openid/callback?state=x&code=y").status_code for _ in range(61)]
    assert set(answers[:60]) == {403}
    assert answers[60] == 429
    assert client.get("/oauth/openid")["Retry-After"].isdigit()
