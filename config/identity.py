"""Signing in through others, read from the environment: who vouches for people here, and what they say is worth."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import environ
from cryptography import x509
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

env = environ.Env()

APPS: Final = [
    "allauth.socialaccount",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.discord",
    "allauth.socialaccount.providers.facebook",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
]
ORDER: Final = (
    "google",
    "facebook",
    "openid",
    "github",
    "discord",
    "saml",
    "apple",
)  # unless socialLogins says another
KINDS: Final = ("access", "id", "userinfo")


@dataclass(frozen=True, slots=True)
class Provider:
    """One who vouches for people. `key` stands in addresses: ``/oauth/<key>``; `kind` is allauth's name for it."""

    key: str
    kind: str
    label: str | Promise
    client_id: str
    callback: str
    secret: str = field(default="", repr=False)
    image: str = ""
    scope: tuple[str, ...] = ()
    pkce: bool = False
    team: str = ""
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def shows_image(self) -> bool:
        """Whether the image may be shown: pages load nothing from elsewhere."""
        return self.image.startswith("data:image/") or (self.image.startswith("/") and self.image[1:2] not in "/\\")


@dataclass(frozen=True, slots=True)
class Claim:
    """Where to look: in which token (``access``, ``id`` or ``userinfo``), and along which path of names."""

    kind: str = "id"
    path: str = ""


@dataclass(frozen=True, slots=True)
class OpenId:
    """What a person signed in with OpenID Connect must be and becomes."""

    issuer: str
    audience: tuple[str, ...] = ()
    nonce: bool = True
    leeway: int = 300
    keys_url: str = ""
    keys_seconds: int = 600
    username_claim: str = ""
    name_claim: str = ""
    email_claim: str = ""
    required_roles: tuple[str, ...] = ()
    required_claim: Claim = Claim()
    admin_role: str = ""
    admin_claim: Claim = Claim()
    sync_roles: bool = False
    role_claim: Claim = Claim()
    role_priority: tuple[str, ...] = ()
    fallback_role: str = ""
    groups_claim: Claim = Claim()
    auto_redirect: bool = False
    end_session: bool = False
    after_logout: str = ""
    longest_logout: int = 2000


@dataclass(frozen=True, slots=True)
class Directory:
    """An LDAP directory that knows people's passwords. Attributes are tried in their order."""

    url: str
    base: str
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    filter: str = "mail={{username}}"
    start_tls: bool = False
    ca_file: str = ""
    verify: bool = True
    by_username: bool = False
    id_attributes: tuple[str, ...] = ("uid", "sAMAccountName", "mail")
    username_attributes: tuple[str, ...] = ("givenName", "mail")
    email_attributes: tuple[str, ...] = ("mail",)
    name_attributes: tuple[str, ...] = ("givenName", "sn")
    group_base: str = ""
    group_filter: str = "(|(member={{dn}})(uniqueMember={{dn}})(memberUid={{username}}))"
    group_name: str = "cn"


@dataclass(frozen=True, slots=True)
class Saml:
    """What a SAML identity provider is known by, and which of its attributes say what."""

    entry_point: str
    issuer: str
    certificate: str
    whole_response: bool = False
    email_claim: str = "email"
    username_claim: str = "username"
    given_name_claim: str = "given_name"
    family_name_claim: str = "family_name"
    name_claim: str = ""
    groups_claim: str = ""


def providers() -> dict[str, Provider]:
    """Return who is configured, by key."""
    enterprise = env.str("GITHUB_ENTERPRISE_BASE_URL", "").rstrip("/")
    vouching = _openid_provider()
    found = [vouching, _apple(), None if vouching else _saml_provider()]
    for key, names, label, scope, pkce in _NAMED:
        found.append(_oauth(key, names, label, scope, pkce, enterprise if key == "github" else ""))
    return {each.key: each for each in found if each is not None}


def openid(domain: str) -> OpenId | None:
    """Return what to make of an OpenID Connect sign-in, or None where none is configured."""
    issuer = env.str("OPENID_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    return OpenId(
        issuer=issuer,
        audience=_words("OPENID_AUDIENCE"),
        nonce=env.bool("OPENID_GENERATE_NONCE", True),
        leeway=env.int("OPENID_CLOCK_TOLERANCE", 300),
        keys_url=env.str("OPENID_JWKS_URL", ""),
        keys_seconds=env.int("OPENID_JWKS_URL_CACHE_TIME", 600_000) // 1000
        if env.bool("OPENID_JWKS_URL_CACHE_ENABLED", True)
        else 0,
        username_claim=env.str("OPENID_USERNAME_CLAIM", ""),
        name_claim=env.str("OPENID_NAME_CLAIM", ""),
        email_claim=env.str("OPENID_EMAIL_CLAIM", ""),
        required_roles=_words("OPENID_REQUIRED_ROLE"),
        required_claim=_claim(
            env.str("OPENID_REQUIRED_ROLE_TOKEN_KIND", "id"),
            env.str("OPENID_REQUIRED_ROLE_PARAMETER_PATH", ""),
            needed_by="OPENID_REQUIRED_ROLE",
        ),
        admin_role=env.str("OPENID_ADMIN_ROLE", ""),
        admin_claim=_claim(
            env.str("OPENID_ADMIN_ROLE_TOKEN_KIND", "id"),
            env.str("OPENID_ADMIN_ROLE_PARAMETER_PATH", ""),
            needed_by="OPENID_ADMIN_ROLE",
        ),
        sync_roles=env.bool("OPENID_ROLE_SYNC_ENABLED", False),
        role_claim=_claim(env.str("OPENID_ROLE_SYNC_SOURCE", "id"), env.str("OPENID_ROLE_SYNC_CLAIM", "roles")),
        role_priority=_words("OPENID_ROLE_SYNC_ROLE_PRIORITY"),
        fallback_role=env.str("OPENID_ROLE_SYNC_FALLBACK_ROLE", ""),
        groups_claim=_claim(env.str("OPENID_GROUPS_TOKEN_KIND", "id"), env.str("OPENID_GROUPS_CLAIM", "")),
        auto_redirect=env.bool("OPENID_AUTO_REDIRECT", False),
        end_session=env.bool("OPENID_USE_END_SESSION_ENDPOINT", False),
        after_logout=env.str("OPENID_POST_LOGOUT_REDIRECT_URI", "") or f"{domain}/login?redirect=false",
        longest_logout=env.int("OPENID_MAX_LOGOUT_URL_LENGTH", 2000),
    )


def directory() -> Directory | None:
    """Return the directory that passwords are checked with, or None where none is configured."""
    url, base = env.str("LDAP_URL", ""), env.str("LDAP_USER_SEARCH_BASE", "")
    if not (url and base):
        return None
    if not url.startswith(("ldap://", "ldaps://")):
        raise ImproperlyConfigured("LDAP_URL begins with ldap:// or ldaps://.")
    if find_spec("ldap3") is None:
        raise ImproperlyConfigured("LDAP_URL needs the package ldap3, which is not installed.")
    plain = Directory(url=url, base=base)
    return Directory(
        url=url,
        base=base,
        bind_dn=env.str("LDAP_BIND_DN", ""),
        bind_password=env.str("LDAP_BIND_CREDENTIALS", ""),
        filter=env.str("LDAP_SEARCH_FILTER", "") or plain.filter,
        start_tls=env.bool("LDAP_STARTTLS", False),
        ca_file=env.str("LDAP_CA_CERT_PATH", ""),
        verify=env.bool("LDAP_TLS_REJECT_UNAUTHORIZED", True),
        by_username=env.bool("LDAP_LOGIN_USES_USERNAME", False),
        id_attributes=_words("LDAP_ID") or plain.id_attributes,
        username_attributes=_words("LDAP_USERNAME") or plain.username_attributes,
        email_attributes=_words("LDAP_EMAIL") or plain.email_attributes,
        name_attributes=_words("LDAP_FULL_NAME") or plain.name_attributes,
        group_base=env.str("LDAP_GROUP_SEARCH_BASE", ""),
        group_filter=env.str("LDAP_GROUP_SEARCH_FILTER", "") or plain.group_filter,
        group_name=env.str("LDAP_GROUP_NAME", "") or plain.group_name,
    )


def saml() -> Saml | None:
    """Return what to make of a SAML sign-in, or None where none is configured."""
    entry_point, issuer = env.str("SAML_ENTRY_POINT", ""), env.str("SAML_ISSUER", "")
    certificate = env.str("SAML_CERT", "")
    if not (entry_point and issuer and certificate):
        return None
    if find_spec("onelogin") is None:
        raise ImproperlyConfigured("SAML_ENTRY_POINT needs the package python3-saml, which is not installed.")
    return Saml(
        entry_point=entry_point,
        issuer=issuer,
        certificate=_certificate(certificate),
        whole_response=env.bool("SAML_USE_AUTHN_RESPONSE_SIGNED", False),
        email_claim=env.str("SAML_EMAIL_CLAIM", "") or "email",
        username_claim=env.str("SAML_USERNAME_CLAIM", "") or "username",
        given_name_claim=env.str("SAML_GIVEN_NAME_CLAIM", "") or "given_name",
        family_name_claim=env.str("SAML_FAMILY_NAME_CLAIM", "") or "family_name",
        name_claim=env.str("SAML_NAME_CLAIM", ""),
        groups_claim=env.str("SAML_GROUPS_CLAIM", ""),
    )


def _saml_provider() -> Provider | None:
    found = saml()
    if found is None:
        return None
    return Provider(
        key="saml",
        kind="saml",
        label=env.str("SAML_BUTTON_LABEL", "") or _("Continue with SAML"),
        image=env.str("SAML_IMAGE_URL", ""),
        client_id=found.issuer,
        callback=_path("SAML_CALLBACK_URL", "/oauth/saml/callback"),
    )


def _certificate(text: str) -> str:
    """Return the certificate as base64, whether `text` is that, a PEM (also on one line) or the path of one."""
    if "-----BEGIN" not in text and len(text) < 255 and Path(text).is_file():
        text = Path(text).read_text("ascii")
    body = re.sub(r"-----[A-Z ]+-----|\\n|\s", "", text)
    try:
        x509.load_der_x509_certificate(base64.b64decode(body, validate=True))
    except ValueError:
        raise ImproperlyConfigured("SAML_CERT is no certificate, nor the path of one.") from None
    return body


def _openid_provider() -> Provider | None:
    client_id, issuer = env.str("OPENID_CLIENT_ID", ""), env.str("OPENID_ISSUER", "").rstrip("/")
    secret, pkce = env.str("OPENID_CLIENT_SECRET", ""), env.bool("OPENID_USE_PKCE", True)
    if not (client_id and issuer and (secret or pkce)):
        return None
    return Provider(
        key="openid",
        kind="openid_connect",
        label=env.str("OPENID_BUTTON_LABEL", "") or _("Continue with OpenID"),
        image=env.str("OPENID_IMAGE_URL", ""),
        client_id=client_id,
        secret=secret,
        pkce=pkce,
        scope=tuple(env.str("OPENID_SCOPE", "openid profile email").replace('"', "").split()),
        callback=_path("OPENID_CALLBACK_URL", "/oauth/openid/callback"),
        settings={"server_url": issuer},
    )


# key, variables, label, scopes, and whether it knows PKCE
_NAMED: Final = (
    ("google", ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_CALLBACK_URL"),
     _("Continue with Google"), ("openid", "profile", "email"), True),
    ("github", ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_CALLBACK_URL"),
     _("Continue with GitHub"), ("read:user", "user:email"), True),
    ("discord", ("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET", "DISCORD_CALLBACK_URL"),
     _("Continue with Discord"), ("identify", "email"), False),
    ("facebook", ("FACEBOOK_CLIENT_ID", "FACEBOOK_CLIENT_SECRET", "FACEBOOK_CALLBACK_URL"),
     _("Continue with Facebook"), ("public_profile", "email"), False),
)  # fmt: skip


def _oauth(
    key: str, names: tuple[str, str, str], label: Promise, scope: tuple[str, ...], pkce: bool, web_url: str
) -> Provider | None:
    client_id, secret = env.str(names[0], ""), env.str(names[1], "")
    if not (client_id and secret):
        return None
    return Provider(
        key=key,
        kind=key,
        label=label,
        client_id=client_id,
        secret=secret,
        scope=scope,
        pkce=pkce,
        callback=_path(names[2], f"/oauth/{key}/callback"),
        settings={"web_url": web_url},
    )


def _apple() -> Provider | None:
    client_id, team = env.str("APPLE_CLIENT_ID", ""), env.str("APPLE_TEAM_ID", "")
    key_id, file = env.str("APPLE_KEY_ID", ""), env.str("APPLE_PRIVATE_KEY_PATH", "")
    if not (client_id and team and key_id and file):
        return None
    try:
        private_key = Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"APPLE_PRIVATE_KEY_PATH cannot be read: {error}") from None
    return Provider(
        key="apple",
        kind="apple",
        label=_("Continue with Apple"),
        client_id=client_id,
        secret=key_id,
        team=team,
        scope=("name", "email"),
        callback=_path("APPLE_CALLBACK_URL", "/oauth/apple/callback"),
        settings={"certificate_key": private_key},
    )


def _path(name: str, default: str) -> str:
    path = env.str(name, "") or default
    if not path.startswith("/") or path.startswith("//"):
        raise ImproperlyConfigured(
            f"{name} is a path of this site and begins with one slash; DOMAIN_SERVER precedes it."
        )
    return path


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in env.str(name, "").split(",") if word.strip())


def _claim(kind: str, path: str, *, needed_by: str = "") -> Claim:
    if kind not in KINDS:
        raise ImproperlyConfigured(f"A claim of OpenID Connect is read from {', '.join(KINDS)}, not from {kind!r}.")
    if needed_by and env.str(needed_by, "") and not path:
        raise ImproperlyConfigured(f"{needed_by} needs {needed_by}_PARAMETER_PATH: where the roles of a person stand.")
    return Claim(kind, path)
