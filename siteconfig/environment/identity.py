"""Identity providers and directories, and which of their claims are used, read from the environment."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography import x509
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from siteconfig.environment.reader import env

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
class IdentityProvider:
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


def providers() -> dict[str, IdentityProvider]:
    """Return who is configured, by key."""
    enterprise = env.site("GITHUB_ENTERPRISE_BASE_URL", "")
    vouching = _openid_provider()
    candidates = [vouching, _apple(), None if vouching else _saml_provider()]
    for key, names, label, scope, pkce in _NAMED:
        candidates.append(_oauth(key, names, label, scope, pkce, enterprise if key == "github" else ""))
    return {provider.key: provider for provider in candidates if provider is not None}


def openid(domain: str) -> OpenId | None:
    """Return what to make of an OpenID Connect sign-in, or None where none is configured."""
    keys_seconds = env.whole("OPENID_JWKS_URL_CACHE_TIME", 600_000) // 1000
    rules = OpenId(
        issuer=env.site("OPENID_ISSUER", ""),
        audience=env.words("OPENID_AUDIENCE"),
        nonce=env.switch("OPENID_GENERATE_NONCE", True),
        leeway=env.whole("OPENID_CLOCK_TOLERANCE", 300),
        keys_url=env.text("OPENID_JWKS_URL"),
        keys_seconds=keys_seconds if env.switch("OPENID_JWKS_URL_CACHE_ENABLED", True) else 0,
        username_claim=env.text("OPENID_USERNAME_CLAIM"),
        name_claim=env.text("OPENID_NAME_CLAIM"),
        email_claim=env.text("OPENID_EMAIL_CLAIM"),
        required_roles=env.words("OPENID_REQUIRED_ROLE"),
        required_claim=_needed_claim(
            "OPENID_REQUIRED_ROLE", "OPENID_REQUIRED_ROLE_PARAMETER_PATH", "OPENID_REQUIRED_ROLE_TOKEN_KIND"
        ),
        admin_role=env.text("OPENID_ADMIN_ROLE"),
        admin_claim=_needed_claim(
            "OPENID_ADMIN_ROLE", "OPENID_ADMIN_ROLE_PARAMETER_PATH", "OPENID_ADMIN_ROLE_TOKEN_KIND"
        ),
        sync_roles=env.switch("OPENID_ROLE_SYNC_ENABLED", False),
        role_claim=Claim(
            env.choice("OPENID_ROLE_SYNC_SOURCE", "id", KINDS), env.text("OPENID_ROLE_SYNC_CLAIM", "roles")
        ),
        role_priority=env.words("OPENID_ROLE_SYNC_ROLE_PRIORITY"),
        fallback_role=env.text("OPENID_ROLE_SYNC_FALLBACK_ROLE"),
        groups_claim=Claim(env.choice("OPENID_GROUPS_TOKEN_KIND", "id", KINDS), env.text("OPENID_GROUPS_CLAIM")),
        auto_redirect=env.switch("OPENID_AUTO_REDIRECT", False),
        end_session=env.switch("OPENID_USE_END_SESSION_ENDPOINT", False),
        after_logout=env.text("OPENID_POST_LOGOUT_REDIRECT_URI") or f"{domain}/login?redirect=false",
        longest_logout=env.whole("OPENID_MAX_LOGOUT_URL_LENGTH", 2000),
    )
    return rules if rules.issuer else None


def directory() -> Directory | None:
    """Return the directory that passwords are checked with, or None where none is configured."""
    ldap_directory = _directory()
    url = ldap_directory.url
    if not (url and ldap_directory.base):
        return None
    if not url.startswith(("ldap://", "ldaps://")) or " " in url:
        raise ImproperlyConfigured("LDAP_URL must be an address that begins with ldap:// or ldaps://.")
    if find_spec("ldap3") is None:
        raise ImproperlyConfigured("LDAP_URL needs the package ldap3, which is not installed.")
    return ldap_directory


def _directory() -> Directory:
    plain = Directory(url="", base="")
    return Directory(
        url=env.text("LDAP_URL"),
        base=env.text("LDAP_USER_SEARCH_BASE"),
        bind_dn=env.text("LDAP_BIND_DN"),
        bind_password=env.secret("LDAP_BIND_CREDENTIALS"),
        filter=env.text("LDAP_SEARCH_FILTER") or plain.filter,
        start_tls=env.switch("LDAP_STARTTLS", False),
        ca_file=env.file("LDAP_CA_CERT_PATH"),
        verify=env.switch("LDAP_TLS_REJECT_UNAUTHORIZED", True),
        by_username=env.switch("LDAP_LOGIN_USES_USERNAME", False),
        id_attributes=env.words("LDAP_ID") or plain.id_attributes,
        username_attributes=env.words("LDAP_USERNAME") or plain.username_attributes,
        email_attributes=env.words("LDAP_EMAIL") or plain.email_attributes,
        name_attributes=env.words("LDAP_FULL_NAME") or plain.name_attributes,
        group_base=env.text("LDAP_GROUP_SEARCH_BASE"),
        group_filter=env.text("LDAP_GROUP_SEARCH_FILTER") or plain.group_filter,
        group_name=env.text("LDAP_GROUP_NAME") or plain.group_name,
    )


def saml() -> Saml | None:
    """Return what to make of a SAML sign-in, or None where none is configured."""
    entry_point, issuer = env.text("SAML_ENTRY_POINT"), env.text("SAML_ISSUER")
    certificate = env.text("SAML_CERT")
    whole_response = env.switch("SAML_USE_AUTHN_RESPONSE_SIGNED", False)
    if not (entry_point and issuer and certificate):
        return None
    if find_spec("onelogin") is None:
        raise ImproperlyConfigured("SAML_ENTRY_POINT needs the package python3-saml, which is not installed.")
    return Saml(
        entry_point=entry_point,
        issuer=issuer,
        certificate=_certificate(certificate),
        whole_response=whole_response,
        email_claim=env.text("SAML_EMAIL_CLAIM") or "email",
        username_claim=env.text("SAML_USERNAME_CLAIM") or "username",
        given_name_claim=env.text("SAML_GIVEN_NAME_CLAIM") or "given_name",
        family_name_claim=env.text("SAML_FAMILY_NAME_CLAIM") or "family_name",
        name_claim=env.text("SAML_NAME_CLAIM"),
        groups_claim=env.text("SAML_GROUPS_CLAIM"),
    )


def _saml_provider() -> IdentityProvider | None:
    rules = saml()
    if rules is None:
        return None
    return IdentityProvider(
        key="saml",
        kind="saml",
        label=env.text("SAML_BUTTON_LABEL") or _("Continue with SAML"),
        image=env.text("SAML_IMAGE_URL"),
        client_id=rules.issuer,
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
        raise ImproperlyConfigured("SAML_CERT is neither a certificate nor the path of one.") from None
    return body


def _openid_provider() -> IdentityProvider | None:
    client_id, issuer = env.text("OPENID_CLIENT_ID"), env.site("OPENID_ISSUER", "")
    secret, pkce = env.text("OPENID_CLIENT_SECRET"), env.switch("OPENID_USE_PKCE", True)
    if not (client_id and issuer and (secret or pkce)):
        return None
    return IdentityProvider(
        key="openid",
        kind="openid_connect",
        label=env.text("OPENID_BUTTON_LABEL") or _("Continue with OpenID"),
        image=env.text("OPENID_IMAGE_URL"),
        client_id=client_id,
        secret=secret,
        pkce=pkce,
        scope=tuple(env.text("OPENID_SCOPE", "openid profile email").replace('"', "").split()),
        callback=_path("OPENID_CALLBACK_URL", "/oauth/openid/callback"),
        settings={"server_url": issuer},
    )


# key, variables, label, scopes, and whether it knows PKCE
_NAMED: Final = (
    (
        "google",
        ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_CALLBACK_URL"),
        _("Continue with Google"),
        ("openid", "profile", "email"),
        True,
    ),
    (
        "github",
        ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_CALLBACK_URL"),
        _("Continue with GitHub"),
        ("read:user", "user:email"),
        True,
    ),
    (
        "discord",
        ("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET", "DISCORD_CALLBACK_URL"),
        _("Continue with Discord"),
        ("identify", "email"),
        False,
    ),
    (
        "facebook",
        ("FACEBOOK_CLIENT_ID", "FACEBOOK_CLIENT_SECRET", "FACEBOOK_CALLBACK_URL"),
        _("Continue with Facebook"),
        ("public_profile", "email"),
        False,
    ),
)


def _oauth(
    key: str, names: tuple[str, str, str], label: Promise, scope: tuple[str, ...], pkce: bool, web_url: str
) -> IdentityProvider | None:
    client_id, secret = env.text(names[0]), env.text(names[1])
    if not (client_id and secret):
        return None
    return IdentityProvider(
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


def _apple() -> IdentityProvider | None:
    client_id, team = env.text("APPLE_CLIENT_ID"), env.text("APPLE_TEAM_ID")
    key_id, file = env.text("APPLE_KEY_ID"), env.text("APPLE_PRIVATE_KEY_PATH")
    if not (client_id and team and key_id and file):
        return None
    try:
        private_key = Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"APPLE_PRIVATE_KEY_PATH cannot be read: {error}") from None
    return IdentityProvider(
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
    path = env.text(name) or default
    if not path.startswith("/") or path.startswith("//"):
        raise ImproperlyConfigured(
            f"{name} must be a path on this site that begins with one slash. It's added to DOMAIN_SERVER."
        )
    return path


def _needed_claim(rule: str, path_variable: str, kind_variable: str) -> Claim:
    """Return where the roles stand that the variable `rule` is about."""
    path = env.text(path_variable)
    if env.text(rule) and not path:
        raise ImproperlyConfigured(f"{rule} needs {path_variable}, which says where to find a person's roles.")
    return Claim(env.choice(kind_variable, "id", KINDS), path)
