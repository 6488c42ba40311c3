"""SAML: the signed part alone says for whom, for where, for which request and until when it is."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from pytest_django import Settings

from accounts.models import Group, Membership, User
from accounts.services import memberships
from tests.accounts.test_saml import (
    CALLBACK,
    assertion,
    begin,
    post,
    refused,
    response,
    saml_provider,  # noqa: F401 (a fixture)
    sign,
    signed_for,
)
from tests.cast import user_of

pytestmark = pytest.mark.security
Change = Callable[[str], str]
LEFT_OUT: dict[str, Change] = {
    "the request that it answers": lambda text: re.sub(r' InResponseTo="[^"]*"', "", text),
    "where it goes to": lambda text: text.replace(f'Recipient="{CALLBACK}"', ""),
    "how long it holds": lambda text: re.sub(r'(<saml:SubjectConfirmationData )NotOnOrAfter="[^"]*"', r"\1", text),
    "for which site it is": lambda text: re.sub(
        r"<saml:AudienceRestriction>.*?</saml:AudienceRestriction>", "", text, flags=re.DOTALL
    ),
    "the confirmation": lambda text: re.sub(
        r"<saml:SubjectConfirmation .*?</saml:SubjectConfirmation>", "", text, flags=re.DOTALL
    ),
    "the conditions": lambda text: re.sub(r"<saml:Conditions.*?</saml:Conditions>", "", text, flags=re.DOTALL),
    "who confirms how": lambda text: text.replace("cm:bearer", "cm:sender-vouches"),
}


@pytest.mark.parametrize("left_out", LEFT_OUT)
def test_what_the_signed_part_leaves_out_is_not_read_around_it(client: Client, left_out: str) -> None:
    answers = begin(client)
    refused(client, post(client, response(answers, sign(LEFT_OUT[left_out](assertion(answers))))))


@pytest.mark.parametrize("meant", ["", "_another"])
def test_an_assertion_of_another_sign_in_is_not_put_into_this_one(client: Client, meant: str) -> None:
    """Whoever has an assertion of somebody's writes a response around it, which names their own request."""
    refused(client, post(client, response(begin(client), sign(assertion(meant)))))


def test_where_the_response_is_signed_it_may_name_the_request(client: Client, settings: Settings) -> None:
    settings.SAML = replace(settings.SAML, whole_response=True)
    answers = begin(client)
    refused(client, post(client, sign(response(answers, assertion("_another")))))
    post(client, sign(response(answers, assertion(""))))
    assert client.get("/oauth/saml/callback")["Location"] == "/c/new"


WRAPPED: dict[str, Callable[[str, str, str], str]] = {
    "in extensions": lambda answers, signed, forged: response(answers, forged).replace(
        "<samlp:Status>", f"<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>"
    ),
    "in the signature": lambda answers, signed, forged: response(answers, _in_signature(signed, forged)),
    "in a response within": lambda answers, signed, forged: response(answers, forged + response(answers, signed)),
    "behind an empty one": lambda answers, signed, forged: response(
        answers, f'<saml:Assertion xmlns:saml="{Names.NS_SAML}" ID="_assertion"/>{signed}'
    ),
    "beside an issuer": lambda answers, signed, forged: response(
        answers, f"<x><saml:Assertion><saml:Issuer>https://evil.example</saml:Issuer></saml:Assertion></x>{signed}"
    ),
}


def _in_signature(signed: str, forged: str) -> str:
    signature = re.search(r"<ds:Signature.*?</ds:Signature>", signed, re.DOTALL)
    assert signature is not None
    inside = f"<ds:Object>{signed.replace(signature[0], '')}</ds:Object></ds:Signature>"
    return forged.replace("</saml:Issuer>", "</saml:Issuer>" + signature[0].replace("</ds:Signature>", inside), 1)


@pytest.mark.parametrize("way", WRAPPED)
@pytest.mark.parametrize("name", ["_assertion", "_forged"])
def test_what_is_wrapped_around_the_signed_part_is_not_read(client: Client, way: str, name: str) -> None:
    answers = begin(client)
    forged = assertion(answers, subject="boss-1", email="boss@example.org", id=name)
    refused(client, post(client, WRAPPED[way](answers, sign(assertion(answers)), forged)))


@pytest.mark.parametrize("inside", ["<!-- -->", "<?x y?>", "<![CDATA[]]>"])
@pytest.mark.parametrize("word", ["nina-1", "nina@example.org", "https://idp.example.org", "parley"])
def test_what_no_signature_covers_cuts_no_word(client: Client, inside: str, word: str) -> None:
    answers = begin(client)
    signed = sign(assertion(answers))
    post(client, response(answers, signed.replace(f">{word}<", f">{word[:3]}{inside}{word[3:]}<")))
    client.get("/oauth/saml/callback")
    user = user_of(client)
    if user is not None:
        assert user.email == "nina@example.org"
        assert user.socialaccount_set.get().uid == "https://idp.example.org nina-1"  # type: ignore[attr-defined]


def test_a_subject_that_looks_like_an_address_is_not_whoever_has_it(client: Client) -> None:
    """A name that changes each time stands for the address; one that stays does not become that person's."""
    post(client, signed_for(begin(client), format=Names.NAMEID_TRANSIENT))
    client.get("/oauth/saml/callback")
    assert user_of(client) is not None
    client.logout()
    post(client, signed_for(begin(client), subject="mail:nina@example.org", email="eve@example.org"))
    client.get("/oauth/saml/callback")
    assert user_of(client) is None


def test_two_long_names_of_groups_that_begin_alike_are_two_groups(owner: User) -> None:
    first, second = (f"cn={'x' * 300},ou={unit}" for unit in ("staff", "guests"))
    memberships.sync_groups(user=owner, source="saml", names=[first])
    memberships.sync_groups(user=owner, source="saml", names=[second])
    assert Group.objects.filter(source="saml").count() == 2
    assert Membership.objects.filter(user=owner).count() == 1


def test_a_list_of_thousands_of_groups_changes_nothing(owner: User) -> None:
    memberships.sync_groups(user=owner, source="saml", names=["red"])
    memberships.sync_groups(user=owner, source="saml", names=[f"g{number}" for number in range(50_000)])
    assert [membership.group.name for membership in Membership.objects.filter(user=owner)] == ["red"]
