"""Checking passwords with an LDAP directory.

A person is looked up by what they typed, and the directory is then asked to let them in under the name it has for
them. Nothing is asked about a password that is empty, blank or holds a NUL: to many directories the first is a
greeting of nobody in particular, which always succeeds.
"""

import logging
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import ldap3
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from ldap3.core.exceptions import LDAPException, LDAPInvalidCredentialsResult, LDAPSizeLimitExceededResult
from ldap3.utils.conv import escape_filter_chars

from accounts.models import User
from accounts.services import social
from config.identity import Directory

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 10
MOST_GROUPS: Final = 1000
log = logging.getLogger(__name__)
Entry = Mapping[str, Any]


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
            return social.arrive(identity=identity) if identity else None
        except LDAPException as error:
            log.error("the directory cannot be asked: %s", error)  # without its trace, which may hold what was sent
        except social.Refused as refusal:
            log.warning("a person of the directory is not let in: %s", refusal.message)
        return None


def look_up(directory: Directory, *, login: str, password: str) -> social.Identity | None:
    """Return who has this login and password, or None. Raises `LDAPException` when the directory does not answer."""
    with _connection(directory, directory.bind_dn, directory.bind_password) as reader:
        found = _search(reader, directory.base, _filled(directory.filter, username=login), _attributes(directory), 2)
        if len(found) != 1:
            return None
        entry = found[0]
        try:
            _connection(directory, entry["dn"], password).unbind()
        except LDAPInvalidCredentialsResult:
            return None
        groups = _groups(reader, directory, entry) if directory.group_base else None
    return _identity(directory, entry, login, groups)


def _identity(directory: Directory, entry: Entry, login: str, groups: Sequence[str] | None) -> social.Identity | None:
    subject = _first(entry, directory.id_attributes)
    if not subject:
        log.error("%s has none of the attributes %s", entry["dn"], ", ".join(directory.id_attributes))
        return None
    return social.Identity(
        provider="ldap",
        subject=subject.lower(),
        email=_first(entry, directory.email_attributes) or (login if "@" in login else f"{login}@ldap.local"),
        email_verified=True,  # as far as anybody's is: whoever keeps the directory runs this site too
        name=" ".join(filter(None, (_first(entry, [name]) for name in directory.name_attributes))),
        username=_first(entry, directory.username_attributes),
        groups=groups,
    )


def _groups(reader: ldap3.Connection, directory: Directory, entry: Entry) -> list[str]:
    query = _filled(directory.group_filter, dn=entry["dn"], username=_first(entry, directory.id_attributes))
    found = _search(reader, directory.group_base, query, [directory.group_name], MOST_GROUPS)
    return [name for name in (_first(entry, [directory.group_name]) for entry in found) if name]


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


def _search(reader: ldap3.Connection, base: str, query: str, attributes: Sequence[str], most: int) -> list[Entry]:
    try:
        reader.search(base, query, attributes=list(attributes), size_limit=most, time_limit=READ_SECONDS)
    except LDAPSizeLimitExceededResult:
        log.warning("more than %d entries below %s", most, base)
    return [each for each in reader.response or [] if each["type"] == "searchResEntry"]


def _filled(template: str, **values: str) -> str:
    """Return the filter with `values` in their places, in which nothing of them means anything."""
    for name, value in values.items():
        template = template.replace("{{" + name + "}}", escape_filter_chars(value))
    return template if template.startswith("(") else f"({template})"


def _attributes(directory: Directory) -> list[str]:
    named = (directory.id_attributes, directory.username_attributes, directory.email_attributes)
    return sorted({name for names in (*named, directory.name_attributes) for name in names})


def _first(entry: Entry, names: Iterable[str]) -> str:
    attributes = {name.lower(): value for name, value in entry["attributes"].items()}
    for name in names:
        value = attributes.get(name.lower())
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, bytes):
            value = value.hex()  # such as an objectGUID
        if value:
            return str(value).strip()
    return ""
