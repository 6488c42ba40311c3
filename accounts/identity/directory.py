"""Checking passwords with an LDAP directory.

A person is looked up by what they typed; then a bind with the name that the directory has for them checks the password.
A password that is empty, blank or contains NUL is never sent: many directories treat a bind with an empty one as
anonymous, which always succeeds.
"""

import logging
import re
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import ldap3
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ldap3.core.exceptions import (
    LDAPConstraintViolationResult,
    LDAPException,
    LDAPInappropriateAuthenticationResult,
    LDAPInsufficientAccessRightsResult,
    LDAPInvalidCredentialsResult,
    LDAPNoSuchObjectResult,
    LDAPReferralResult,
    LDAPUnwillingToPerformResult,
)
from ldap3.core.results import RESULT_REFERRAL, RESULT_SIZE_LIMIT_EXCEEDED, RESULT_TIME_LIMIT_EXCEEDED
from ldap3.utils.conv import escape_filter_chars

from accounts.models import User
from accounts.services import signin, social
from siteconfig.environment.identity import Directory

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 10
MAX_GROUPS: Final = 1000
log = logging.getLogger(__name__)
Entry = Mapping[str, Any]
_SUB_CODE: Final = re.compile(r"\bdata\s+([0-9a-f]{3})\b", re.IGNORECASE)
# Answers about one person, who may be locked out or has no password: the directory itself is well.
NOT_THIS_PERSON: Final = (
    LDAPInvalidCredentialsResult,
    LDAPConstraintViolationResult,
    LDAPInappropriateAuthenticationResult,
    LDAPInsufficientAccessRightsResult,
    LDAPNoSuchObjectResult,
    LDAPUnwillingToPerformResult,
)
# What Active Directory answers to a right password only. Others (no such person 525, wrong 52e, locked out 775) say
# something about a person to whoever guesses, so they are answered like a wrong password.
REASONS: Final[Mapping[str, Promise]] = {
    "530": gettext_lazy("The directory doesn't allow you to sign in at this time."),
    "531": gettext_lazy("The directory doesn't allow you to sign in from this site. Ask your administrator."),
    "532": gettext_lazy("Your directory password has expired. Change it there, then sign in here."),
    "533": gettext_lazy("Your directory account is disabled. Ask your administrator."),
    "701": gettext_lazy("Your directory account has expired. Ask your administrator."),
    "773": gettext_lazy("The directory requires you to change your password. Change it there, then sign in here."),
}


class DirectoryBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **other: Any
    ) -> User | None:
        login = str(other.get("email") or username or "").strip()
        if settings.DIRECTORY is None or not login or not password or not password.strip():
            return None
        if "\0" in password or "\0" in login:
            return None
        try:
            identity = look_up(settings.DIRECTORY, login=login, password=password)
            return social.sign_in_external(identity=identity) if identity else None
        except LDAPException as error:
            log.error("the directory cannot be asked: %s", error)  # without its trace, which may hold what was sent
            signin.note_silence(request)
        except social.Refused as refusal:
            log.warning("a person of the directory is not let in: %s", refusal.message)
            signin.note_refusal(request, refusal)  # another backend may know the account that is meant
        return None


def look_up(directory: Directory, *, login: str, password: str) -> social.Identity | None:
    """Return who has this login and password, or None.

    Raises `LDAPException` when the directory does not answer, and `social.Refused` when the password is right and yet
    the person may not come in.
    """
    with _connection(directory, directory.bind_dn, directory.bind_password) as reader:
        entries = _search(reader, directory.base, _filled(directory.filter, username=login), _attributes(directory), 2)
        if entries is None or len(entries) != 1:
            if entries != []:
                log.warning("the directory has more than one person for a login: nobody is let in with it")
            return None
        entry = entries[0]
        try:
            _connection(directory, entry["dn"], password).unbind()
        except NOT_THIS_PERSON as error:
            log.info("the directory does not let %s in: %s", entry["dn"], error.description)
            _raise_reason(str(error.message))
            return None
        groups = _groups(reader, directory, entry) if directory.group_base else None
    return _identity(directory, entry, login, groups)


def _raise_reason(diagnosis: str) -> None:
    """Raise `social.Refused` with what Active Directory says about a person whose password was right."""
    code = _SUB_CODE.search(diagnosis)
    if code and code[1].lower() in REASONS:
        raise social.Refused(str(REASONS[code[1].lower()]))


def _identity(directory: Directory, entry: Entry, login: str, groups: Sequence[str] | None) -> social.Identity:
    subject = _first(entry, directory.id_attributes)
    if not subject:
        log.error("%s has none of the attributes %s", entry["dn"], ", ".join(directory.id_attributes))
        raise social.Refused(
            _("The directory doesn't provide a permanent ID for your account. Ask your administrator.")
        )
    return social.Identity(
        provider="ldap",
        subject=subject.lower(),
        email=_address(directory, entry) or (login if "@" in login else f"{login}@ldap.local"),
        email_verified=True,  # as far as anybody's is: whoever keeps the directory runs this site too
        name=" ".join(filter(None, (_first(entry, [name]) for name in directory.name_attributes))),
        username=_first(entry, directory.username_attributes),
        groups=groups,
    )


def _address(directory: Directory, entry: Entry) -> str:
    """Return the first address that can be one; nothing where there is none."""
    written = [value for name in directory.email_attributes for value in _values(entry, name)]
    for value in written:
        with suppress(ValidationError):
            validate_email(value)
            return value
    if written:
        log.warning("%s has no address that can be used: it counts as none", entry["dn"])
    return ""


def _groups(reader: ldap3.Connection, directory: Directory, entry: Entry) -> list[str] | None:
    """Return the groups that a person is in; None where the directory tells only a part of them, or nothing."""
    query = _filled(directory.group_filter, dn=entry["dn"], username=_first(entry, directory.id_attributes))
    try:
        entries = _search(reader, directory.group_base, query, [directory.group_name], MAX_GROUPS)
    except LDAPException as error:
        log.error("groups stay as they were, as the directory does not tell them: %s", error)
        return None
    if entries is None:
        return None
    return [name for name in (_first(entry, [directory.group_name]) for entry in entries) if name]


def _connection(directory: Directory, dn: str, password: str) -> ldap3.Connection:
    """Return a connection that `dn` was let in on; without one: nobody in particular. It follows no referral."""
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED if directory.verify else ssl.CERT_NONE,
        ca_certs_file=directory.ca_file or None,
    )
    server = ldap3.Server(directory.url, connect_timeout=CONNECT_SECONDS, tls=tls, get_info=ldap3.NONE)
    return ldap3.Connection(
        server,
        user=dn or None,
        password=password or None,
        auto_bind=ldap3.AUTO_BIND_TLS_BEFORE_BIND if directory.start_tls else ldap3.AUTO_BIND_NO_TLS,
        auto_referrals=False,
        raise_exceptions=True,
        read_only=True,
        receive_timeout=READ_SECONDS,
    )


def _search(
    reader: ldap3.Connection, base: str, query: str, attributes: Sequence[str], most: int
) -> list[Entry] | None:
    """Return what is found; None where that is only a part: more than `most`, or more than there was time for."""
    reader.search(base, query, attributes=list(attributes), size_limit=most, time_limit=READ_SECONDS)
    # The library raises for other results, not for these.
    if reader.result["result"] == RESULT_REFERRAL:
        raise LDAPReferralResult(result=RESULT_REFERRAL, description=f"{base} is in another directory")
    if reader.result["result"] in {RESULT_SIZE_LIMIT_EXCEEDED, RESULT_TIME_LIMIT_EXCEEDED}:
        log.warning("the directory tells only a part of what is below %s", base)
        return None
    return [entry for entry in reader.response or [] if entry["type"] == "searchResEntry"]


def _filled(template: str, **values: str) -> str:
    """Return the filter with `values` in their places, in which nothing of them means anything."""
    for name, value in values.items():
        template = template.replace("{{" + name + "}}", escape_filter_chars(value))
    return template if template.startswith("(") else f"({template})"


def _attributes(directory: Directory) -> list[str]:
    named = (directory.id_attributes, directory.username_attributes, directory.email_attributes)
    return sorted({name for names in (*named, directory.name_attributes) for name in names})


def _first(entry: Entry, names: Iterable[str]) -> str:
    return next((value for name in names for value in _values(entry, name)), "")


def _values(entry: Entry, name: str) -> list[str]:
    """Return what a person has of an attribute, without what is empty."""
    attributes = {key.lower(): value for key, value in entry["attributes"].items()}
    value = attributes.get(name.lower())
    values = value if isinstance(value, list) else [value]
    # Bytes, such as an objectGUID, have no letters of their own.
    texts = [item.hex() if isinstance(item, bytes) else str(item).strip() for item in values if item]
    return [text for text in texts if text]
