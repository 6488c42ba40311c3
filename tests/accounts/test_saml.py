"""Signing in with SAML: responses signed as an identity provider signs them."""

import base64
import datetime
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils
from pytest_django import Settings

from accounts.models import Membership, User
from siteconfig.environment import identity
from siteconfig.environment.identity import IdentityProvider, Saml
from tests.accounts.identity_provider import query_of
from tests.cast import user_of

CALLBACK = "http://localhost:3080/oauth/saml/callback"
IDP = "https://idp.example.org"


def _pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


KEY, CERTIFICATE = _pair()
OTHER = _pair()


@pytest.fixture(autouse=True)
def saml_provider(settings: Settings, admin_user: User) -> None:
    settings.ALLOW_SOCIAL_LOGIN = settings.ALLOW_SOCIAL_REGISTRATION = True
    body = "".join(CERTIFICATE.splitlines()[1:-1])
    settings.SAML = Saml(entry_point=f"{IDP}/sso", issuer="parley", certificate=body, groups_claim="groups")
    settings.IDENTITY_PROVIDERS = {
        "saml": IdentityProvider(
            key="saml", kind="saml", label="Continue with SAML", client_id="parley", callback="/oauth/saml/callback"
        )
    }


def begin(client: Client, path: str = "/oauth/saml") -> str:
    """Go to the identity provider; return the id of the request."""
    there = client.get(path)
    assert there["Location"].startswith(f"{IDP}/sso?SAMLRequest=")
    asked = zlib.decompress(base64.b64decode(query_of(there["Location"])["SAMLRequest"]), -15).decode()
    assert f'AssertionConsumerServiceURL="{CALLBACK}"' in asked
    assert "<saml:Issuer>parley</saml:Issuer>" in asked
    match = re.search(r' ID="([^"]+)"', asked)
    assert match is not None
    return match[1]


def stamp(minutes: int) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(answers: str, **changes: Any) -> str:
    values = {
        "audience": "parley", "recipient": CALLBACK, "until": stamp(5), "since": stamp(-5), "subject": "nina-1",
        "format": Names.NAMEID_PERSISTENT, "email": "nina@example.org", "id": "_assertion", "issuer": IDP,
    } | changes  # fmt: skip
    answering = f'InResponseTo="{answers}"' if answers else ""
    return f"""<saml:Assertion xmlns:saml="{Names.NS_SAML}" xmlns:xs="http://www.w3.org/2001/XMLSchema"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="{values["id"]}" Version="2.0" IssueInstant="{stamp(0)}">
<saml:Issuer>{values["issuer"]}</saml:Issuer>
<saml:Subject><saml:NameID Format="{values["format"]}">{values["subject"]}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{values["until"]}" Recipient="{values["recipient"]}" {answering}/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{values["since"]}" NotOnOrAfter="{values["until"]}"><saml:AudienceRestriction>
<saml:Audience>{values["audience"]}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{stamp(0)}" SessionNotOnOrAfter="{values["until"]}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement>
<saml:Attribute Name="email"><saml:AttributeValue>{values["email"]}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="given_name"><saml:AttributeValue>Nina</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="family_name"><saml:AttributeValue>New</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="username"><saml:AttributeValue>nina</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="groups"><saml:AttributeValue>red</saml:AttributeValue>
<saml:AttributeValue>blue</saml:AttributeValue>
</saml:Attribute></saml:AttributeStatement></saml:Assertion>"""


def sign(xml: str, pair: tuple[str, str] = (KEY, CERTIFICATE), algorithm: str = Names.RSA_SHA256) -> str:
    digest = Names.SHA1 if algorithm == Names.RSA_SHA1 else Names.SHA256
    signed = Utils.add_sign(xml, *pair, sign_algorithm=algorithm, digest_algorithm=digest)
    return signed.decode() if isinstance(signed, bytes) else str(signed)


def response(answers: str, inside: str, destination: str = CALLBACK, status: str = Names.STATUS_SUCCESS) -> str:
    answering = f'InResponseTo="{answers}"' if answers else ""
    return f"""<samlp:Response xmlns:samlp="{Names.NS_SAMLP}" xmlns:saml="{Names.NS_SAML}" ID="_response"
Version="2.0" IssueInstant="{stamp(0)}" Destination="{destination}" {answering}><saml:Issuer>{IDP}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{inside}</samlp:Response>"""


def post(client: Client, xml: str) -> Any:
    return client.post("/oauth/saml/callback", {"SAMLResponse": base64.b64encode(xml.encode()).decode()})


def signed_for(answers: str, **changes: Any) -> str:
    return response(answers, sign(assertion(answers, **changes)))


def refused(client: Client, answer: Any, status: int = 401) -> None:
    assert answer.status_code == status
    assert b"You're not signed in" in answer.content
    assert client.get("/oauth/saml/callback").status_code == 403, "nothing was kept"
    assert user_of(client) is None
    assert User.objects.count() == 1


def test_a_new_person_comes_in_with_an_account(client: Client) -> None:
    answers = begin(client, "/oauth/saml?next=/projects")
    taken = post(Client(enforce_csrf_checks=True), signed_for(answers))
    assert (taken.status_code, taken["Location"]) == (302, "/oauth/saml/callback")
    client.cookies["saml-login"] = taken.cookies["saml-login"].value
    answer = client.get("/oauth/saml/callback")
    assert answer["Location"] == "/projects"
    user = user_of(client)
    assert user is not None
    assert (user.email, user.name, user.username, user.provider) == ("nina@example.org", "Nina New", "nina", "saml")
    groups = Membership.objects.filter(user=user).values_list("group__source", "group__name")
    assert sorted(groups) == [("saml", "blue"), ("saml", "red")]


def test_the_second_time_it_is_the_same_account(client: Client) -> None:
    for email in ("nina@example.org", "other@example.org"):
        post(client, signed_for(begin(client), email=email))
        client.get("/oauth/saml/callback")
        assert User.objects.get(provider="saml").email == "nina@example.org"
        client.logout()


GROUPS = re.compile(r'<saml:Attribute Name="groups">.*?</saml:Attribute>', re.DOTALL)
LINK = (
    '<saml:Attribute Name="http://schemas.microsoft.com/claims/groups.link">'
    "<saml:AttributeValue>https://graph.example.org/groups</saml:AttributeValue></saml:Attribute>"
)


@pytest.mark.parametrize(
    ("sent", "stay", "log_message"),
    [
        ("", True, "let the provider send it"),
        (LINK, True, "there are too many"),
        ('<saml:Attribute Name="groups"></saml:Attribute>', False, ""),
        ('<saml:Attribute Name="groups"><saml:AttributeValue/></saml:Attribute>', False, ""),
    ],
    ids=["left out", "too many", "empty", "an empty value"],
)
def test_groups_that_are_left_out_are_not_empty(
    client: Client, sent: str, stay: bool, log_message: str, caplog: pytest.LogCaptureFixture
) -> None:
    post(client, signed_for(begin(client)))
    client.get("/oauth/saml/callback")
    client.logout()
    answers = begin(client)
    post(client, response(answers, sign(GROUPS.sub(sent, assertion(answers)))))
    assert client.get("/oauth/saml/callback")["Location"] == "/c/new"
    left = Membership.objects.filter(user__provider="saml").values_list("group__name", flat=True)
    assert sorted(left) == (["blue", "red"] if stay else [])
    assert log_message in caplog.text


def test_a_subject_that_changes_each_time_is_known_by_its_address(client: Client) -> None:
    for subject in ("a", "b"):
        post(client, signed_for(begin(client), subject=subject, format=Names.NAMEID_TRANSIENT))
        client.get("/oauth/saml/callback")
        assert User.objects.filter(provider="saml").count() == 1


@pytest.mark.security
def test_a_changed_subject_is_refused(client: Client) -> None:
    answers = begin(client)
    refused(client, post(client, signed_for(answers).replace("nina-1", "boss-1")))


@pytest.mark.security
@pytest.mark.parametrize(("old", "new"), [("nina@example.org", "boss@example.org"), (">red<", ">admins<")])
def test_a_changed_attribute_is_refused(client: Client, old: str, new: str) -> None:
    refused(client, post(client, signed_for(begin(client)).replace(old, new)))


@pytest.mark.security
@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "another"}, {"recipient": "https://evil.example/"}, {"until": "2020-01-01T00:00:00Z"},
        {"since": "2999-01-01T00:00:00Z"}, {"issuer": "https://evil.example"},
    ],
    ids=str,
)  # fmt: skip
def test_an_assertion_that_is_not_for_us_now_is_refused(client: Client, changes: dict[str, str]) -> None:
    refused(client, post(client, signed_for(begin(client), **changes)))


@pytest.mark.security
def test_what_is_not_signed_by_the_provider_is_refused(client: Client) -> None:
    answers = begin(client)
    plain = assertion(answers)
    refused(client, post(client, response(answers, plain)))
    refused(client, post(client, response(answers, sign(plain, OTHER))))
    refused(client, post(client, response(answers, sign(plain, algorithm=Names.RSA_SHA1))))
    refused(client, post(client, sign(response(answers, plain))))  # the assertion itself is not


@pytest.mark.security
def test_an_assertion_beside_the_signed_one_is_refused(client: Client) -> None:
    answers = begin(client)
    signed, forged = sign(assertion(answers)), assertion(answers, subject="boss-1", id="_forged")
    refused(client, post(client, response(answers, forged + signed)))
    refused(client, post(client, response(answers, signed + forged)))
    wrapped = forged.replace("<saml:Subject>", f"<saml:Advice>{signed}</saml:Advice><saml:Subject>")
    refused(client, post(client, response(answers, wrapped)))


@pytest.mark.security
def test_a_comment_does_not_shorten_a_subject(client: Client) -> None:
    answers = begin(client)
    inside = sign(assertion(answers, email="nina@example.org.evil.example"))
    cut = inside.replace("nina@example.org.evil.example", "nina@example.org<!-- -->.evil.example")
    post(client, response(answers, cut))
    client.get("/oauth/saml/callback")
    assert not User.objects.filter(email="nina@example.org").exists()


@pytest.mark.security
@pytest.mark.parametrize(
    "xml",
    [
        "", "x", "<a/>", "<a", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "<a>" * 300,
        '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><a>&b;</a>',
    ],
)  # fmt: skip
def test_what_is_no_response_is_refused(client: Client, xml: str) -> None:
    refused(client, post(client, xml))
    refused(client, client.post("/oauth/saml/callback", {"SAMLResponse": xml}))


@pytest.mark.security
def test_a_response_that_nobody_asked_for_is_refused(client: Client) -> None:
    refused(client, post(client, signed_for("")))


@pytest.mark.security
def test_case_50_another_browser_cannot_finish_nor_one_twice(client: Client) -> None:
    answers = begin(client)
    other = Client()
    post(other, signed_for(answers))
    refused(other, other.get("/oauth/saml/callback"), 403)
    post(client, signed_for(answers))
    assert client.get("/oauth/saml/callback")["Location"] == "/c/new"
    client.logout()
    post(client, signed_for(answers))
    assert client.get("/oauth/saml/callback").status_code == 403
    assert user_of(client) is None


@pytest.mark.security
def test_a_response_for_another_address_or_of_a_failure_is_refused(client: Client) -> None:
    answers = begin(client)
    inside = sign(assertion(answers))
    refused(client, post(client, response(answers, inside, destination="https://evil.example/")))
    refused(client, post(client, response(answers, inside, status=Names.STATUS_RESPONDER)))


@pytest.mark.security
def test_case_48_the_address_of_another_account_does_not_open_it(client: Client, owner: User) -> None:
    post(client, signed_for(begin(client), email=owner.email))
    assert client.get("/oauth/saml/callback").status_code == 403
    assert user_of(client) is None


def test_the_whole_response_can_be_signed_instead(client: Client, settings: Settings) -> None:
    settings.SAML = replace(settings.SAML, whole_response=True)
    answers = begin(client)
    refused(client, post(client, signed_for(answers)))
    refused(client, post(client, sign(response(answers, assertion(answers))).replace("nina-1", "boss-1")))
    post(client, sign(response(answers, assertion(answers))))
    assert client.get("/oauth/saml/callback")["Location"] == "/c/new"


def test_the_environment_configures_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert identity.saml() is None
    (tmp_path / "idp.pem").write_text(CERTIFICATE)
    body = "".join(CERTIFICATE.splitlines()[1:-1])
    monkeypatch.setenv("SAML_ENTRY_POINT", f"{IDP}/sso")
    monkeypatch.setenv("SAML_ISSUER", "parley")
    for form in (str(tmp_path / "idp.pem"), CERTIFICATE, CERTIFICATE.replace("\n", "\\n"), body):
        monkeypatch.setenv("SAML_CERT", form)
        provider = identity.saml()
        assert provider is not None
        assert provider.certificate == body
    assert list(identity.providers()) == ["saml"]
    monkeypatch.setenv("OPENID_ISSUER", "https://login.example.org")
    monkeypatch.setenv("OPENID_CLIENT_ID", "parley")
    assert list(identity.providers()) == ["openid"], "OpenID Connect goes before SAML"
    monkeypatch.setenv("SAML_CERT", "nonsense")
    with pytest.raises(ImproperlyConfigured, match="SAML_CERT"):
        identity.saml()


def test_the_sign_in_page_offers_it(client: Client) -> None:
    assert 'href="/oauth/saml"' in client.get("/login").content.decode()
    assert urlsplit(client.get("/oauth/saml")["Location"]).hostname == "idp.example.org"


def test_this_site_describes_itself_to_the_identity_provider(client: Client) -> None:
    answer = client.get("/oauth/saml/metadata")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/samlmetadata+xml")
    text = answer.content.decode()
    assert 'entityID="parley"' in text
    assert 'Location="http://localhost:3080/oauth/saml/callback"' in text


def test_without_saml_there_is_nothing_to_describe(client: Client, settings: Settings) -> None:
    settings.IDENTITY_PROVIDERS = {}
    assert client.get("/oauth/saml/metadata").status_code == 404
