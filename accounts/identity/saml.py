"""Sign-in with SAML.

The identity provider makes the browser post its signed response, and a cross-site post carries no session cookie. So
the response is verified on arrival and its content kept for a moment; the browser then returns with a normal page
request, whose session must be the one that sent the SAML request named in the response.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.sessions import LoginSession
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.identity.adapter import refuse
from accounts.identity.openid import subject_key
from accounts.models import User
from accounts.services.social import Identity
from siteconfig.environment.identity import Saml

log = logging.getLogger(__name__)
MAX_RESPONSE_CHARACTERS: Final = 512 * 1024
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
GROUPS_LINK: Final = "/claims/groups.link"  # what Entra sends in place of too many
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
BY_MAIL: Final = "mail:"  # what the subject of somebody begins with who has another name each time
EMAIL: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


class BadResponse(Exception):
    """It is not a response of the identity provider to us, now."""


def start(request: HttpRequest) -> HttpResponseBase:
    """Lead to the identity provider."""
    auth = _auth({}, issuer="unknown")
    address = auth.login(return_to="")
    state: dict[str, Any] = {"process": "login", "data": None}
    following = get_next_redirect_url(request)
    if following:
        state["next"] = following
    statekit.stash_state(request, provider_id="saml", state=state, state_id=auth.get_last_request_id())
    return redirect(address)


def take(request: HttpRequest) -> HttpResponseBase:
    """Check a response and keep what it says; then ask the browser back. Raises `BadResponse`."""
    identity, answers = read(str(request.POST.get("SAMLResponse", "")))
    back = redirect(settings.IDENTITY_PROVIDERS["saml"].callback)
    kept = _kept(request)
    kept.store["saml"] = {"identity": asdict(identity), "answers": answers}
    kept.store.set_expiry(300)
    kept.save(back)
    return back


def finish(request: HttpRequest) -> HttpResponseBase:
    """Sign in who began in this browser. Raises `BadResponse`."""
    kept = _kept(request)
    said = kept.store.get("saml")
    kept.delete()
    state = said and statekit.unstash_state(request, provider_id="saml", state_id=said["answers"])
    if not state:
        refuse(request, _("This sign-in has expired or was started in another browser."), status=403)
    identity = Identity(**said["identity"])
    provider = get_adapter().get_provider(request, "saml")
    account = SocialAccount(provider="saml", uid=identity.subject)
    login = SocialLogin(user=User(), account=account, provider=provider)
    login.identity, login.state = identity, state
    answer: HttpResponseBase = complete_social_login(request, login)
    return answer


def metadata() -> bytes:
    """Return what this site is to an identity provider: its name, and where it takes responses."""
    described = _auth({}, issuer="unknown").get_settings().get_sp_metadata()
    return described if isinstance(described, bytes) else str(described).encode()


def read(response: str) -> tuple[Identity, str]:
    """Return who a response is about, and the request that it answers. Raises `BadResponse`."""
    from onelogin.saml2.errors import OneLogin_Saml2_Error  # noqa: PLC0415 (an extra)

    if not response or len(response) > MAX_RESPONSE_CHARACTERS:
        raise BadResponse("no response")
    try:
        auth = _auth({"SAMLResponse": response}, issuer=_issuer(response))
        auth.process_response()
        answers = auth.get_last_response_in_response_to()
    except (OneLogin_Saml2_Error, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise BadResponse(str(error)) from None
    if auth.get_errors() or not auth.is_authenticated():
        raise BadResponse(auth.get_last_error_reason() or "not signed in")
    if not answers:
        raise BadResponse("it answers nothing that was asked")
    _check_addressee(auth, answers)
    return _identity(auth, _issuer(response)), answers


def _check_addressee(auth: Any, answers: str) -> None:
    """Raise `BadResponse` unless the assertion, which alone may be signed, is for this site and for that request.

    The library takes what is not said there for anything, and which request it answers from the response around it.
    There is one assertion: it has seen to that.
    """
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML  # noqa: PLC0415 (an extra)

    root, rules = OneLogin_Saml2_XML.to_etree(auth.get_last_response_xml()), _rules()
    confirmations = OneLogin_Saml2_XML.query(
        root, f"//saml:SubjectConfirmation[@Method='{BEARER}']/saml:SubjectConfirmationData"
    )
    here = f"{settings.DOMAIN}{settings.IDENTITY_PROVIDERS['saml'].callback}"
    expected = {answers, None} if rules.whole_response else {answers}  # else the response around it is signed, too
    if not any(
        confirmation.get("Recipient") == here
        and confirmation.get("NotOnOrAfter")
        and confirmation.get("InResponseTo") in expected
        for confirmation in confirmations
    ):
        raise BadResponse("it does not say that it is for this address and this request, and how long")
    if not OneLogin_Saml2_XML.query(root, "//saml:Assertion/saml:Conditions/saml:AudienceRestriction/saml:Audience"):
        raise BadResponse("it does not say which site it is for")


def _identity(auth: Any, issuer: str) -> Identity:
    rules = _rules()
    attributes = {**auth.get_friendlyname_attributes(), **auth.get_attributes()}

    def first(name: str) -> str:
        values = attributes.get(name) if name else None
        return str(values[0] or "").strip() if values else ""

    subject, form = str(auth.get_nameid() or ""), auth.get_nameid_format()
    email = first(rules.email_claim) or (subject if form == EMAIL else "")
    if form == TRANSIENT or not subject:  # another one each time
        subject = f"{BY_MAIL}{email.lower()}" if email else ""
    elif subject.startswith(BY_MAIL):
        raise BadResponse("its subject is written like one that is known by an address")
    if not subject:
        raise BadResponse("it names nobody")
    both = f"{first(rules.given_name_claim)} {first(rules.family_name_claim)}".strip()
    return Identity(
        provider="saml",
        subject=subject_key(issuer, subject),
        email=email,
        name=first(rules.name_claim) or both,
        username=first(rules.username_claim),
        groups=_groups(attributes, rules.groups_claim),
    )


def _groups(attributes: Mapping[str, Sequence[Any]], claim: str) -> list[str] | None:
    """Return the groups that the person is in; None: there is no say. What is left out is not empty."""
    if not claim:
        return None
    if claim in attributes:
        return [str(name) for name in attributes[claim] if name]
    kept_elsewhere = any(name.endswith((f"{claim}.link", GROUPS_LINK)) for name in attributes)
    why = (
        "there are too many; let the provider send only those assigned to this application"
        if kept_elsewhere
        else ("let the provider send it, also where it is empty")
    )
    log.warning("a SAML response has no attribute %s, so groups stay as they were: %s", claim, why)
    return None


def _issuer(response: str) -> str:
    """Return who says to have issued it. The certificate proves it; a name for the issuer is not configured."""
    from onelogin.saml2.utils import OneLogin_Saml2_Utils  # noqa: PLC0415 (an extra)
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML  # noqa: PLC0415 (an extra)

    try:
        root = OneLogin_Saml2_XML.to_etree(OneLogin_Saml2_Utils.b64decode(response))
        issuers = OneLogin_Saml2_XML.query(root, "//saml:Assertion/saml:Issuer")
    except Exception as error:  # noqa: BLE001 (whatever the parsers raise, it is no response)
        raise BadResponse(str(error)) from None
    if not issuers or not (issuers[0].text or "").strip():
        raise BadResponse("it names no issuer")
    return str(issuers[0].text).strip()


def _auth(posted: dict[str, str], *, issuer: str) -> Any:
    from onelogin.saml2.auth import OneLogin_Saml2_Auth  # noqa: PLC0415 (an extra)

    rules, domain = _rules(), urlsplit(settings.DOMAIN)
    callback = settings.IDENTITY_PROVIDERS["saml"].callback
    here = {
        "https": "on" if domain.scheme == "https" else "off",
        "http_host": domain.netloc,
        "script_name": callback,
        "get_data": {},
        "post_data": posted,
    }
    post, leave = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    described = {
        "strict": True,
        "sp": {
            "entityId": rules.issuer,
            "assertionConsumerService": {"url": f"{settings.DOMAIN}{callback}", "binding": post},
        },
        "idp": {
            "entityId": issuer,
            "singleSignOnService": {"url": rules.entry_point, "binding": leave},
            "x509cert": rules.certificate,
        },
        "security": {
            "wantAssertionsSigned": not rules.whole_response,
            "wantMessagesSigned": rules.whole_response,
            "wantNameId": False,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "allowSingleLabelDomains": True,
            "allowRepeatAttributeName": True,
        },
    }
    return OneLogin_Saml2_Auth(here, described)


def _kept(request: HttpRequest) -> LoginSession:
    return LoginSession(request, "saml_login", "saml-login")


def _rules() -> Saml:
    if settings.SAML is None:
        raise BadResponse("SAML is not configured")
    return settings.SAML
