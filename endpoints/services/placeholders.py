"""Placeholders such as ``{{LIBRECHAT_USER_EMAIL}}`` in an endpoint's headers, filled in for each request.

The operator's text is scanned once, and inserted values are not expanded again. A known name without a value becomes
empty; an unknown one stays as written.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import replace

from endpoints.providers.base import Caller, Endpoint

_PLACEHOLDER = re.compile(r"\{\{LIBRECHAT_(USER|BODY|OPENID)_([A-Z_]+)\}\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
USER_FIELDS = frozenset(
    {
        "ID",
        "NAME",
        "USERNAME",
        "EMAIL",
        "PROVIDER",
        "ROLE",
        "GOOGLEID",
        "FACEBOOKID",
        "OPENIDID",
        "SAMLID",
        "LDAPID",
        "GITHUBID",
        "DISCORDID",
        "APPLEID",
        "EMAILVERIFIED",
        "TWOFACTORENABLED",
        "TERMSACCEPTED",
        "TERMSACCEPTEDAT",
    }
)
BODY_FIELDS = frozenset({"CONVERSATIONID", "PARENTMESSAGEID", "MESSAGEID"})
# No token of a sign-in is kept here, so those of tokens are always empty.
OPENID_FIELDS = frozenset({"TOKEN", "ACCESS_TOKEN", "ID_TOKEN", "USER_ID", "USER_EMAIL", "USER_NAME", "EXPIRES_AT"})
_KNOWN = {"USER": USER_FIELDS, "BODY": BODY_FIELDS, "OPENID": OPENID_FIELDS}


def render_headers(headers: Mapping[str, str], caller: Caller) -> dict[str, str]:
    """Return the headers as they are sent for `caller`; what is beyond Latin-1 as ``b64:`` and Base64 of its UTF-8."""
    values = {"USER": caller.user, "BODY": caller.body, "OPENID": caller.openid}

    def value_of(match: "re.Match[str]") -> str:
        kind, field = match.groups()
        return _CONTROL.sub("", values[kind].get(field, "")) if field in _KNOWN[kind] else match[0]

    return {name: _sendable(_PLACEHOLDER.sub(value_of, text)) for name, text in headers.items()}


def with_rendered_headers(endpoint: Endpoint, caller: Caller) -> Endpoint:
    """Return the endpoint with its headers as they are sent for `caller`."""
    connection = endpoint.connection
    return replace(endpoint, connection=replace(connection, headers=render_headers(connection.headers, caller)))


def uses_caller_placeholders(endpoint: Endpoint) -> bool:
    """Return whether the endpoint's headers tell it who asks, or where."""
    headers = [
        endpoint.connection.headers,
        *(variant.connection.headers for variant in endpoint.models.variants.values()),
    ]
    return any(_PLACEHOLDER.search(text) for written in headers for text in written.values())


def _sendable(text: str) -> str:
    if all(ord(character) <= 0xFF for character in text):
        return text
    return "b64:" + base64.b64encode(text.encode()).decode()
