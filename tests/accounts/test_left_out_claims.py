"""Groups and roles that a provider leaves out of its answer: left out is not empty."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.identity import openid
from accounts.identity.claims import why_kept_out
from accounts.models import Group, Membership, Role, User
from accounts.services import social
from siteconfig.environment.identity import Claim, OpenId

pytestmark = pytest.mark.django_db
STAFF, BOSS, OTHER = "30000000-b1", "30000000-b2", "30000000-b3"
ISSUER = "https://id.example.org/tenant/v2.0"
ELSEWHERE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.example.org/users/1/getMemberObjects"}},
}
PERSON = {"iss": ISSUER, "sub": "subject-1", "name": "Nina Example", "preferred_username": "nina@example.org"}
A = OpenId(
    issuer=ISSUER, required_roles=(STAFF,), required_claim=Claim("id", "groups"), groups_claim=Claim("id", "groups")
)
B = OpenId(
    issuer=ISSUER, groups_claim=Claim("id", "groups"), sync_roles=True, role_claim=Claim("id", "groups"),
    role_priority=(BOSS, STAFF), admin_role="the-boss", admin_claim=Claim("id", "groups"),
)  # fmt: skip
TOO_MANY = [
    ELSEWHERE,
    {"hasgroups": True},
    {"hasgroups": "true"},
    {"groups:src1": "https://graph.example.org/users/1/getMemberObjects"},
    {"groups": [], **ELSEWHERE},
    {"groups": [OTHER], **ELSEWHERE},
    {"groups": None, **ELSEWHERE},
    {"groups": [{}], **ELSEWHERE},
]
NOT_ASKED_FOR: list[dict[str, Any]] = [
    {},
    {"groups": None},
    {"groups": 7},
    {"groups": True},
    {"_claim_names": {"address": "src1"}},
    {"_claim_names": "nonsense"},
    {"hasgroups": False},
]
UNCLEAR: list[dict[str, Any]] = [
    {"groups": [{"members": 3}]},
    {"groups": [[OTHER]]},
    {"groups": [OTHER, {}]},
    {"groups": [True]},
]
NONE = [{"groups": []}, {"groups": ""}, {"groups": {}}, {"groups": [OTHER]}, {"groups": [7, None, ""]},
        {"groups": "[]"}, {"groups": [{"name": OTHER, "id": STAFF}]}]  # fmt: skip
TOLD = [
    {"groups": [STAFF, BOSS]},
    {"groups": STAFF},
    {"groups": {STAFF: {}}},
    {"groups": [STAFF], **ELSEWHERE},
    {"groups": [{"name": STAFF}]},
    {"groups": [{"displayName": STAFF, "id": "7"}]},
    {"groups": [{"value": STAFF, "type": "direct"}]},
    {"groups": [{"id": STAFF, "displayName": None}]},
    {"groups": f'["{STAFF}", "{BOSS}"]'},
    {"groups": [f" {STAFF} "]},
    {"groups": [{"members": 3}, STAFF]},
]


def said(claims: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"id": PERSON | {"roles": ["chat.user"]} | claims}


@pytest.mark.parametrize("claims", TOLD, ids=str)
def test_membership_that_is_told_admits(claims: dict[str, Any]) -> None:
    assert why_kept_out(said(claims), A) == ""


@pytest.mark.parametrize("claims", TOO_MANY, ids=str)
def test_too_many_groups_for_a_token_are_named_as_the_reason(
    claims: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    sentence = why_kept_out(said(claims), A)
    assert "left out your groups" in sentence
    assert "Ask an administrator to send only the groups assigned to this application" in sentence
    assert "claim groups" in caplog.text
    assert "too many" in caplog.text


@pytest.mark.parametrize("claims", NOT_ASKED_FOR, ids=str)
def test_a_claim_that_is_not_there_is_named_in_the_log(
    claims: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert "tell us your groups or roles" in why_kept_out(said(claims), A)
    assert "the id token has no claim groups" in caplog.text


@pytest.mark.parametrize("claims", UNCLEAR, ids=str)
def test_entries_that_are_no_names_are_told(claims: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    assert "tell us your groups or roles" in why_kept_out(said(claims), A)
    assert "the id token has in its claim groups what is no name, times: 1" in caplog.text


def test_a_group_may_be_a_number() -> None:
    assert why_kept_out(said({"groups": [17]}), replace(A, required_roles=("17",))) == ""


@pytest.mark.parametrize("claims", NONE, ids=str)
def test_an_empty_claim_is_no_membership(claims: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    assert why_kept_out(said(claims), A) == "Your account doesn't have a role that can sign in here."
    assert not caplog.text


@pytest.mark.parametrize(
    ("path", "claims", "kept_out"),
    [
        ("realm_access.roles", {"realm_access": {"roles": [STAFF]}}, False),
        ("realm_access.roles", {"realm_access": {}}, True),
        ("realm_access.roles", {"_claim_names": {"realm_access": "src1"}}, True),
        ("https://example.org/roles", {"https://example.org/roles": [STAFF]}, False),
        ("resource_access.my-chat.roles", {"resource_access": {"my-chat": {"roles": [STAFF]}}}, False),
        (
            "resource_access.chat.example.org.roles",
            {"resource_access": {"chat.example.org": {"roles": [STAFF]}}},
            False,
        ),
        ("https://example.org/app.roles", {"https://example.org/app": {"roles": [STAFF]}}, False),
        ("urn:zitadel:iam:org:project:roles", {"urn:zitadel:iam:org:project:roles": {STAFF: {"1": "x"}}}, False),
        ("cognito:groups", {"cognito:groups": [OTHER]}, True),
        ("https://example.org/roles", {"_claim_names": {"https://example.org/roles": "src1"}}, True),
    ],
)
def test_any_claim_may_be_kept_elsewhere(path: str, claims: dict[str, Any], kept_out: bool) -> None:
    sentence = why_kept_out(said(claims), replace(A, required_claim=Claim("id", path)))
    assert bool(sentence) == kept_out
    assert ("too many" in sentence) == ("_claim_names" in claims)


def test_a_token_that_is_not_there_has_no_claims() -> None:
    for kind in ("access", "userinfo"):
        assert "tell us your groups" in why_kept_out(said({}), replace(A, required_claim=Claim(kind, "groups")))


# --- what follows the provider ---------------------------------------------------------------------------


@pytest.fixture
def arrive(settings: Any, admin_user: User) -> Callable[..., User]:
    settings.ALLOW_SOCIAL_REGISTRATION = True
    for name in (STAFF, BOSS):
        Role.objects.create(name=name)

    def arrived(claims: dict[str, Any], rules: OpenId = B) -> User:
        return social.sign_in_external(identity=openid.identity_from(said(claims), rules))

    return arrived


def groups_of(user: User) -> list[str]:
    return sorted(Membership.objects.filter(user=user).values_list("group__name", flat=True))


def standing(user: User) -> tuple[str, list[str]]:
    return str(User.objects.get(id=user.id).role_id), groups_of(user)


@pytest.mark.parametrize("claims", TOO_MANY + NOT_ASKED_FOR + UNCLEAR, ids=str)
def test_what_is_left_out_stays_as_it_was(arrive: Callable[..., User], claims: dict[str, Any]) -> None:
    user = arrive({"groups": [STAFF, BOSS]})
    assert standing(user) == (BOSS, [STAFF, BOSS])
    assert standing(arrive(claims)) == (BOSS, [STAFF, BOSS])


def test_what_is_empty_is_taken_away(arrive: Callable[..., User]) -> None:
    user = arrive({"groups": [STAFF, BOSS]})
    assert standing(arrive({"groups": []})) == (BOSS, [])
    assert standing(arrive({"groups": [STAFF]})) == (STAFF, [STAFF])
    assert Group.objects.filter(name=BOSS).exists()
    assert user.id


@pytest.mark.parametrize("claims", TOO_MANY + NOT_ASKED_FOR + UNCLEAR, ids=str)
def test_an_administrator_stays_one_where_nothing_is_said(arrive: Callable[..., User], claims: dict[str, Any]) -> None:
    assert arrive({"groups": ["the-boss"]}).role_id == Role.ADMIN
    assert arrive(claims).role_id == Role.ADMIN
    assert arrive({"groups": [STAFF]}).role_id == STAFF


@pytest.mark.security
@pytest.mark.parametrize("claims", TOO_MANY + NOT_ASKED_FOR + UNCLEAR, ids=str)
def test_a_new_person_of_whom_nothing_is_said_gets_the_fallback(
    arrive: Callable[..., User], claims: dict[str, Any]
) -> None:
    assert standing(arrive(claims, replace(B, fallback_role=STAFF))) == (STAFF, [])


@pytest.mark.security
@pytest.mark.parametrize("claims", TOO_MANY + NOT_ASKED_FOR + UNCLEAR + NONE, ids=str)
def test_the_first_person_is_no_administrator_without_a_word(
    arrive: Callable[..., User], admin_user: User, claims: dict[str, Any]
) -> None:
    User.objects.all().delete()
    assert arrive(claims).role_id != Role.ADMIN
