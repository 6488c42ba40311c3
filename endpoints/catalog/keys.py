"""People's own keys to endpoints: stored encrypted until they expire, and inserted before a call.

A person enters a key alone, or a JSON object with the fields that their endpoint needs. Calls to a person's own address
carry nothing of the operator's, neither key nor headers; it may be private only if the operator listed its exact host
and port in `endpoints.allowedAddresses`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.services import audit
from core import secrets
from core.refusal import Refusal
from endpoints.catalog import registry
from endpoints.catalog.key_bindings import are_covered, places_of, to_text
from endpoints.models import UserKey
from endpoints.providers.base import Endpoint
from endpoints.providers.registry import provider_of
from endpoints.services.failure_words import explain
from endpoints.transport.http import RefusedAddress, check_url
from messages.events import Failed

MAX_KEY_LENGTH: Final = 16_384  # characters of what is pasted: a service account's key has about 2,400
MAX_URL_LENGTH: Final = 500
Problem = Literal["no_user_key", "expired_user_key", "no_base_url", "invalid_base_url"]
KeyValidity = Literal["none", "expired", "valid"]
# The fields of a pasted object, as the REST interface names them, and what they are called in `Endpoint.credentials`.
_CREDENTIALS: Final = {
    "accessKeyId": "aws_access_key_id",
    "secretAccessKey": "aws_secret_access_key",
    "sessionToken": "aws_session_token",
}
_KEYS: Final = ("apiKey", "GOOGLE_API_KEY", "azureOpenAIApiKey", "bearerToken")
_FIELDS: Final = {*_KEYS, *_CREDENTIALS, "baseURL"}
# What is refused for a key is said to whom the key belongs.
_OWN_CODES: Final = {
    "bad_key": "bad_user_key",
    "forbidden": "forbidden_user_key",
    "key_limit": "user_key_limit",
    "quota": "user_quota",
}
_LABELS: Final = {
    "apiKey": gettext_lazy("Key"),
    "baseURL": gettext_lazy("Address"),
    "accessKeyId": gettext_lazy("Access key id"),
    "secretAccessKey": gettext_lazy("Secret access key"),
    "sessionToken": gettext_lazy("Session token (optional)"),
}


class KeyRefused(Refusal):
    """What was pasted cannot be kept; the text says why."""


class KeyProblem(Refusal):
    """The endpoint needs something of the person that is not there.

    `code` is one of `endpoints.services.failure_words`.
    """

    status = 422

    def __init__(self, code: Problem, endpoint: Endpoint, expired_at: datetime | None = None) -> None:
        details = {"endpoint": endpoint.name} | ({"expiredAt": expired_at.isoformat()} if expired_at else {})
        super().__init__(
            str(explain(code).before_sending) % {"endpoint": endpoint.display.label}, code=code, details=details
        )
        self.endpoint = endpoint
        self.expired_at = expired_at


@dataclass(frozen=True, slots=True)
class KeyState:
    """How it stands with a person's key. No `expires_at`: none, or one that lasts until it is revoked."""

    standing: KeyValidity
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a person pasted, taken apart."""

    api_key: str = field(default="", repr=False)
    base_url: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


def needs_key(endpoint: Endpoint) -> bool:
    """Whether a person must bring something to use this endpoint."""
    return endpoint.connection.key_from_user or endpoint.connection.url_from_user


def fields_of(endpoint: Endpoint) -> dict[str, Promise]:
    """Return what a form asks for, by the names that `compose` takes, with labels."""
    names = provider_of(endpoint).key_fields
    return {name: _LABELS[name] for name in [*names, *(["baseURL"] if endpoint.connection.url_from_user else [])]}


def compose(typed: Mapping[str, str]) -> str:
    """Return what `store` takes, from the fields of a form. A key alone may itself be an object."""
    given = {name: text.strip() for name, text in typed.items() if text.strip()}
    return given.get("apiKey", "") if given.keys() <= {"apiKey"} else json.dumps(given)


def problem_of(endpoint: Endpoint, user_id: UUID) -> KeyProblem | None:
    """Return what keeps the person from using the endpoint, if anything does. No query where no key is needed."""
    try:
        resolve(endpoint, user_id)
    except KeyProblem as problem:
        return problem
    return None


def store(*, user: User, endpoint: str, value: str, expires_at: datetime | None) -> None:
    """Keep what the person pasted for an endpoint, in place of what was there. Raises `KeyRefused`."""
    known = registry.current().get(endpoint)
    if known is None or not needs_key(known):
        raise KeyRefused(_("This endpoint doesn't use personal keys."))
    pasted = parse(value)
    if known.connection.url_from_user and pasted.base_url and not is_allowed(known, pasted.base_url):
        raise KeyRefused(_("The address must be public and begin with https:// or http://."))
    if expires_at is not None and expires_at <= timezone.now():
        raise KeyRefused(_("The expiry date must be in the future."))
    UserKey.objects.update_or_create(
        user=user,
        endpoint=endpoint,
        defaults={
            "value": secrets.encrypt(value.strip()),
            "places": _places(known, pasted),
            "expires_at": expires_at,
            "updated_at": timezone.now(),
        },
    )
    audit.record(actor=user, action="user_key.stored", target=_target(user, endpoint), after={"expires_at": expires_at})


def revoke(*, user: User, endpoint: str) -> bool:
    """Forget the person's key for an endpoint; False when there was none."""
    gone = bool(UserKey.objects.filter(user=user, endpoint=endpoint).delete()[0])
    if gone:
        audit.record(actor=user, action="user_key.revoked", target=_target(user, endpoint))
    return gone


def revoke_all(*, user: User) -> int:
    """Forget all keys of the person; return how many there were."""
    names = list(UserKey.objects.filter(user=user).order_by("endpoint").values_list("endpoint", flat=True))
    return sum(revoke(user=user, endpoint=name) for name in names)


def state(user: User, endpoint: str) -> KeyState:
    """Return how it stands with the person's key for an endpoint."""
    return states(user).get(endpoint, KeyState("none"))


def states(user: User) -> dict[str, KeyState]:
    """Return how it stands with every key of the person, by endpoint; one query."""
    now = timezone.now()
    return {
        name: KeyState("expired" if expires_at and expires_at <= now else "valid", expires_at)
        for name, expires_at in UserKey.objects.filter(user=user).values_list("endpoint", "expires_at")
    }


def resolve(endpoint: Endpoint, user_id: UUID) -> Endpoint:
    """Return the endpoint as this person uses it, with their key and address. Raises `KeyProblem`.

    No query for an endpoint with the operator's key. An endpoint whose address is the person's never carries
    anything of the operator's there.
    """
    if not needs_key(endpoint):
        return endpoint
    row = UserKey.objects.filter(user_id=user_id, endpoint=endpoint.name).first()
    if row is None:
        raise KeyProblem("no_user_key", endpoint)
    if row.expires_at is not None and row.expires_at <= timezone.now():
        raise KeyProblem("expired_user_key", endpoint, row.expires_at)
    try:
        pasted = parse(secrets.decrypt(row.value))
    except (secrets.Undecipherable, KeyRefused):  # written under another CREDS_KEY
        raise KeyProblem("no_user_key", endpoint) from None
    resolved = with_key(endpoint, pasted)
    if not row.places:  # of an earlier release: bound from now on
        UserKey.objects.filter(pk=row.pk, places="").update(places=to_text(places_of(resolved)))
    elif not are_covered(places_of(resolved), row.places):
        raise KeyProblem("no_user_key", endpoint)
    return resolved


def _places(endpoint: Endpoint, pasted: Pasted) -> str:
    try:
        return to_text(places_of(with_key(endpoint, pasted)))
    except KeyProblem:  # what is missing is said where the key is used
        return to_text(places_of(endpoint))


def with_key(endpoint: Endpoint, pasted: Pasted) -> Endpoint:
    """Return the endpoint with what a person pasted. Raises `KeyProblem`."""
    if not pasted.api_key and not pasted.credentials:
        raise KeyProblem("no_user_key", endpoint)
    if not endpoint.connection.url_from_user:
        return _keyed(endpoint, pasted)
    if not pasted.base_url:
        raise KeyProblem("no_base_url", endpoint)
    if not is_allowed(endpoint, pasted.base_url):
        raise KeyProblem("invalid_base_url", endpoint)
    connection = replace(
        endpoint.connection,
        base_url=pasted.base_url.rstrip("/"),
        api_key=pasted.api_key,
        credentials=pasted.credentials,
        headers={},
        query={},
    )
    models = replace(endpoint.models, variants={})
    return replace(
        endpoint, connection=connection, models=models, origin=replace(endpoint.origin, written_by_operator=False)
    )


def parse(value: str) -> Pasted:
    """Take apart what was pasted: a key, or a JSON object of fields. Raises `KeyRefused`."""
    value = value.strip()
    if not value:
        raise KeyRefused(_("Paste a key first."))
    if len(value) > MAX_KEY_LENGTH:
        raise KeyRefused(
            ngettext(
                "This is too long for a key. A key can have at most %d character.",
                "This is too long for a key. A key can have at most %d characters.",
                MAX_KEY_LENGTH,
            )
            % MAX_KEY_LENGTH
        )
    fields = _fields(value) if value.startswith("{") else {"apiKey": value}
    if not all(text.isprintable() and text.isascii() for text in fields.values()):
        raise KeyRefused(_("A key must be a single line of plain characters. Copy it again without line breaks."))
    if len(fields.get("baseURL", "")) > MAX_URL_LENGTH:
        raise KeyRefused(_("The address is too long."))
    return Pasted(
        api_key=next((fields[name] for name in _KEYS if fields.get(name)), ""),
        base_url=fields.get("baseURL", ""),
        credentials={ours: fields[name] for name, ours in _CREDENTIALS.items() if fields.get(name)},
    )


def is_allowed(endpoint: Endpoint, url: str) -> bool:
    """Whether a person may have the server call this address as the endpoint, as far as its spelling tells.

    What its name leads to is looked at when the connection is made.
    """
    try:
        check_url(url, endpoint.connection.allowed_addresses)
    except RefusedAddress:
        return False
    return "{" not in url


def forget_expired() -> int:
    """Delete the values of keys that have expired; return how many. That there was one stays known."""
    return UserKey.objects.filter(expires_at__lte=timezone.now()).exclude(value="").update(value="")


def with_user_key_error(failed: Failed, endpoint: Endpoint) -> Failed:
    """Return why the call failed, said to whom the key belongs."""
    own = _OWN_CODES.get(failed.code)
    return replace(failed, code=own) if own and needs_key(endpoint) else failed


def erase(user: User) -> None:
    """Delete the person's keys, with the account."""
    UserKey.objects.filter(user=user).delete()


def export(user: User) -> Iterator[tuple[str, Any]]:
    """Tell which keys are kept; a key itself is never told again."""
    rows = UserKey.objects.filter(user=user).order_by("endpoint")
    yield (
        "endpoint_keys",
        [{"endpoint": row.endpoint, "expiresAt": row.expires_at, "updatedAt": row.updated_at} for row in rows],
    )


def _keyed(endpoint: Endpoint, pasted: Pasted) -> Endpoint:
    """Return the endpoint, and its variants, with the person's key at the operator's address."""
    connection = replace(
        endpoint.connection,
        api_key=pasted.api_key,
        credentials={**endpoint.connection.credentials, **pasted.credentials},
    )
    variants = {model: _keyed(variant, pasted) for model, variant in endpoint.models.variants.items()}
    return replace(endpoint, connection=connection, models=replace(endpoint.models, variants=variants))


def _fields(value: str) -> dict[str, str]:
    try:
        written = json.loads(value)
    except (ValueError, RecursionError):
        raise KeyRefused(_("This looks like JSON but isn't valid. Paste only the key, or the whole object.")) from None
    written = {name: given for name, given in written.items() if given not in ("", None, {})}  # fields left empty
    texts = {name: text.strip() for name, text in written.items() if isinstance(text, str)}
    if "GOOGLE_SERVICE_KEY" in written:
        raise KeyRefused(_("Service account keys can't be used here. Paste an API key."))
    if len(texts) < len(written) or not texts.keys() <= _FIELDS:
        raise KeyRefused(_("The fields can be: %s. Each must be text.") % ", ".join(sorted(_FIELDS)))
    return texts


def _target(user: User, endpoint: str) -> audit.AuditTarget:
    return audit.AuditTarget("user_key", str(user.id), endpoint)
